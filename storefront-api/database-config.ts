// How to reach PostgreSQL: DATABASE_URL, or the PG* variables of libpq; never both, since one would silently win.
import { ConfigError } from './errors.ts';
import {
  type ConfigSources,
  fileOf,
  integer,
  loopbackHosts,
  oneOf,
  optional,
} from './config-sources.ts';
import type { DatabaseSettings } from './repositories/database.ts';
import type { RuntimeRole } from './repositories/runtime-role.ts';

const tlsModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const;
const partNames = ['PGHOST', 'PGDATABASE', 'PGUSER', 'PGPASSWORD', 'PGPASSWORD_FILE'];
const defaultPort = 5432;
const defaultPoolSize = 10;
const maxPoolSize = 100;

type Target = Pick<DatabaseSettings, 'host' | 'port' | 'database' | 'user' | 'password'>;

function targetOfUrl(text: string): Target {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    throw new ConfigError('DATABASE_URL is not like postgres://user:password@host:5432/database');
  }
  if (url.search !== '') {
    throw new ConfigError(
      'DATABASE_URL must have no parameters: use DATABASE_SSL_MODE and DATABASE_CA_FILE',
    );
  }
  const target = {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || defaultPort),
    database: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  };
  for (const part of ['host', 'database', 'user'] as const) {
    if (target[part] === '')
      throw new ConfigError(
        `DATABASE_URL has no ${part}: postgres://user:password@host:5432/database`,
      );
  }
  return target;
}

function targetOfParts(sources: ConfigSources): Target {
  const required = (name: string): string => {
    const value = optional(sources, name);
    if (value === undefined) throw new ConfigError(`${name} is not set: give it, or DATABASE_URL`);
    return value;
  };
  return {
    host: required('PGHOST'),
    port: integer(sources, 'PGPORT', { fallback: defaultPort, min: 1, max: 65_535 }),
    database: required('PGDATABASE'),
    user: required('PGUSER'),
    password:
      fileOf(sources, 'PGPASSWORD_FILE')?.trimEnd() ?? optional(sources, 'PGPASSWORD') ?? '',
  };
}

/** Certificates are checked unless the server is on this machine or somebody says otherwise. */
function tlsOf(sources: ConfigSources, host: string): DatabaseSettings['tls'] {
  const fallback = loopbackHosts.includes(host) || host.startsWith('/') ? 'disable' : 'verify-full';
  const mode = oneOf(sources, 'DATABASE_SSL_MODE', { fallback, choices: tlsModes });
  const ca = fileOf(sources, 'DATABASE_CA_FILE');
  switch (mode) {
    case 'disable':
      if (ca !== undefined) {
        throw new ConfigError(
          'DATABASE_CA_FILE is set, but DATABASE_SSL_MODE is disable: set it to verify-full',
        );
      }
      return false;
    case 'require':
      return { rejectUnauthorized: false };
    case 'verify-ca':
      if (ca === undefined)
        throw new ConfigError('DATABASE_CA_FILE is not set: verify-ca needs it');
      return { ca, rejectUnauthorized: true, checkServerIdentity: () => undefined };
    case 'verify-full':
      return { ...(ca !== undefined && { ca }), rejectUnauthorized: true };
  }
}

/**
 * Reads the database's settings.
 * @throws ConfigError naming the variable
 */
export function databaseSettings(sources: ConfigSources): DatabaseSettings {
  const url = optional(sources, 'DATABASE_URL');
  const part = partNames.find((name) => optional(sources, name) !== undefined);
  if (url !== undefined && part !== undefined) {
    throw new ConfigError(`DATABASE_URL and ${part} are both set: keep one of them`);
  }
  const target = url === undefined ? targetOfParts(sources) : targetOfUrl(url);
  return {
    ...target,
    tls: tlsOf(sources, target.host),
    poolSize: integer(sources, 'DATABASE_POOL_SIZE', {
      fallback: defaultPoolSize,
      min: 1,
      max: maxPoolSize,
    }),
  };
}

/**
 * The role that `migrate` gives its rights to; undefined when the API serves as the owner of the schema.
 * @throws ConfigError when a password has no role
 */
export function runtimeRole(sources: ConfigSources): RuntimeRole | undefined {
  const name = optional(sources, 'DATABASE_RUNTIME_ROLE');
  const password = fileOf(sources, 'DATABASE_RUNTIME_PASSWORD_FILE')?.trimEnd();
  const mode = oneOf(sources, 'DATABASE_RUNTIME_ROLE_MODE', {
    fallback: 'create',
    choices: ['create', 'existing'] as const,
  });
  if (name !== undefined) return { name, password, isGiven: mode === 'existing' };
  if (password === undefined) return undefined;
  throw new ConfigError(
    'DATABASE_RUNTIME_PASSWORD_FILE is set, but DATABASE_RUNTIME_ROLE is not: name the role',
  );
}
