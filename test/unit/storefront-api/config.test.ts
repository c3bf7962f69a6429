import { describe, expect, it } from 'vitest';
import { apiConfig, helpText, parseCommand, signingKeys } from '../../../storefront-api/config.ts';
import type { ConfigSources } from '../../../storefront-api/config-sources.ts';
import { databaseSettings } from '../../../storefront-api/database-config.ts';
import { ConfigError } from '../../../storefront-api/errors.ts';
import { environmentVariables } from '../../../operator/desired/environment-variables.ts';
import { generatedSecrets } from '../../../operator/desired/generated-secrets.ts';
import { webServerText } from '../../../operator/desired/web-server.ts';
import { configFiles } from '../../../operator/desired/config-map.ts';
import { aStore } from '../../support/a-store.ts';

const secret = Buffer.alloc(48, 1).toString('base64url');
const jwks = JSON.stringify({ keys: [{ kty: 'oct', kid: 'k1', k: secret, alg: 'HS256' }] });

function sources(
  env: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
): ConfigSources {
  return {
    env,
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' });
      return text;
    },
  };
}

const ipv4 = { servesIpv6: false };
const files = {
  '/config': configFiles(aStore(), 'api', ipv4)['config.json'] ?? '',
  '/jwks': jwks,
  '/secret': `${secret}\n`,
};
const env = {
  CONFIG_FILE: '/config',
  JWT_KEYS_FILE: '/jwks',
  SESSION_SECRET_FILE: '/secret',
  DATABASE_URL: 'postgres://shop:pw@db.example:5433/dhaka',
};

describe('what the operator gives', () => {
  it('is understood as it is', () => {
    const store = aStore({ spec: { hosts: ['shop.example.com', 'www.example.com'] } });
    const { keys } = generatedSecrets(store).find(
      ({ manifest }) => manifest.metadata.name === 'dhaka-db',
    ) ?? { keys: [] };
    const kept = Object.fromEntries(
      keys.map((key) => [key.name, key.format === 'fixed' ? key.value : 'drawn']),
    );
    const given = environmentVariables(store, 'api').map(
      ({ name, value, valueFrom }) =>
        [name, value ?? kept[valueFrom?.secretKeyRef?.key ?? ''] ?? ''] as const,
    );
    const byName = Object.fromEntries(given);
    const config = apiConfig(
      sources(byName, {
        [byName['PGPASSWORD_FILE'] ?? '']: kept['password'] ?? '',
        [byName['CONFIG_FILE'] ?? '']: configFiles(store, 'api', ipv4)['config.json'] ?? '',
        [byName['JWT_KEYS_FILE'] ?? '']: jwks,
        [byName['SESSION_SECRET_FILE'] ?? '']: secret,
      }),
    );
    expect(config).toMatchObject({
      port: 8080,
      metricsPort: 9464,
      sessionSecret: secret,
      database: {
        host: 'dhaka-db.shop.svc',
        port: 5432,
        database: 'shop',
        user: 'shop',
        password: 'drawn',
        tls: false,
      },
      shop: {
        storeName: 'dhaka',
        hosts: ['shop.example.com', 'www.example.com'],
        allowedOrigins: ['https://shop.example.com', 'https://www.example.com'],
        rateLimits: store.spec.security.rateLimits,
        sessions: store.spec.security.sessions,
      },
    });
  });
});

describe('the HSTS of the store', () => {
  const year = 31_536_000;

  it.each([
    [{}, 'max-age=63072000'],
    [{ maxAgeSeconds: 0 }, 'max-age=0'],
    [{ includeSubdomains: true }, 'max-age=63072000; includeSubDomains'],
    [
      { maxAgeSeconds: year, includeSubdomains: true, preload: true },
      `max-age=${year}; includeSubDomains; preload`,
    ],
  ])('%j is understood by the API: %s', (hsts, header) => {
    const store = aStore({ spec: { exposure: { policy: { hsts } } } });
    const text = configFiles(store, 'api', ipv4)['config.json'] ?? '';
    const config = apiConfig(sources(env, { ...files, '/config': text }));
    expect(config.shop.strictTransportSecurity).toBe(header);
    expect(webServerText(store, ipv4)).toContain(`"${header}"`);
  });
});

const smtp = {
  MAIL_DELIVERY: 'smtp',
  SMTP_HOST: 'smtp.example.com',
  MAIL_FROM: 'Dhaka Shop <shop@example.com>',
};

describe('settings of the API', () => {
  it('take the password of the database from a file', () => {
    const database = databaseSettings(
      sources(
        { PGHOST: 'db', PGDATABASE: 'd', PGUSER: 'u', PGPASSWORD_FILE: '/pw' },
        { '/pw': 'secret word\n' },
      ),
    );
    expect(database).toEqual({
      host: 'db',
      port: 5432,
      database: 'd',
      user: 'u',
      password: 'secret word',
      tls: { rejectUnauthorized: true },
      poolSize: 10,
    });
  });

  it.each([
    [{ DATABASE_SSL_MODE: 'disable' }, false],
    [{ DATABASE_SSL_MODE: 'require' }, { rejectUnauthorized: false }],
    [
      { DATABASE_SSL_MODE: 'verify-full', DATABASE_CA_FILE: '/ca' },
      { rejectUnauthorized: true, ca: 'CA' },
    ],
    [
      { DATABASE_SSL_MODE: 'verify-ca', DATABASE_CA_FILE: '/ca' },
      expect.objectContaining({ rejectUnauthorized: true, ca: 'CA' }),
    ],
    [{}, { rejectUnauthorized: true }],
    [{ DATABASE_URL: 'postgres://u@localhost/d' }, false],
    [{ DATABASE_URL: 'postgres://u@[::1]/d' }, false],
  ])('%o give TLS %o', (change, tls) => {
    expect(databaseSettings(sources({ ...env, ...change }, { '/ca': 'CA' })).tls).toEqual(tls);
  });

  it.each([
    [{}, { port: 587, tls: 'starttls', user: undefined, password: '' }],
    [{ SMTP_TLS: 'implicit' }, { port: 465, tls: 'implicit' }],
    [
      { SMTP_TLS: 'off', SMTP_HOST: '127.0.0.1' },
      { port: 25, tls: 'off' },
    ],
    [
      { SMTP_USER: 'shop', SMTP_PASSWORD_FILE: '/secret', SMTP_PORT: '2525' },
      { port: 2525, user: 'shop', password: expect.stringMatching(/\S$/) as string },
    ],
    [{ NODE_ENV: 'production' }, { from: smtp.MAIL_FROM }],
  ])('%o tell how to reach the mail server', (change, expected) => {
    const { mail } = apiConfig(sources({ ...env, ...smtp, ...change }, files));
    expect(mail).toMatchObject({ delivery: 'smtp', smtp: expected });
  });

  it.each<[Record<string, string>, RegExp]>([
    [{ PORT: 'http' }, /^PORT: "http" is not a whole number from 0 to 65535$/],
    [{ PORT: '65536' }, /^PORT:/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL: "loud" is not one of trace,/],
    [{ CONFIG_FILE: '' }, /^CONFIG_FILE is not set/],
    [{ CONFIG_FILE: '/nowhere' }, /^CONFIG_FILE: \/nowhere cannot be read \(ENOENT\)/],
    [{ CONFIG_FILE: '/secret' }, /^CONFIG_FILE: the file is not JSON$/],
    [{ CONFIG_FILE: '/jwks' }, /^CONFIG_FILE: storeName/],
    [{ JWT_KEYS_FILE: '/secret' }, /^JWT_KEYS_FILE: the file is not JSON$/],
    [{ JWT_KEYS_FILE: '/config' }, /^JWT_KEYS_FILE: keys/],
    [{ SESSION_SECRET_FILE: '/short' }, /^SESSION_SECRET_FILE: the secret has under 32 bytes/],
    [{ DATABASE_URL: 'mysql://a@b/c' }, /^DATABASE_URL is not like postgres:/],
    [{ DATABASE_URL: 'postgres://a@b' }, /^DATABASE_URL has no database/],
    [{ DATABASE_URL: 'postgres://b/c' }, /^DATABASE_URL has no user/],
    [{ DATABASE_URL: 'postgres://a@b/c?sslmode=disable' }, /use DATABASE_SSL_MODE/],
    [{ DATABASE_URL: '' }, /^PGHOST is not set: give it, or DATABASE_URL$/],
    [{ PGHOST: 'x' }, /^DATABASE_URL and PGHOST are both set/],
    [{ DATABASE_SSL_MODE: 'prefer' }, /^DATABASE_SSL_MODE: "prefer" is not one of/],
    [{ DATABASE_SSL_MODE: 'verify-ca' }, /^DATABASE_CA_FILE is not set: verify-ca needs it$/],
    [{ DATABASE_SSL_MODE: 'disable', DATABASE_CA_FILE: '/short' }, /^DATABASE_CA_FILE is set, but/],
    [{ DATABASE_POOL_SIZE: '0' }, /^DATABASE_POOL_SIZE/],
    [{ MAIL_DELIVERY: 'post' }, /^MAIL_DELIVERY: "post" is not one of none, smtp, log/],
    [{ MAIL_DELIVERY: 'smtp' }, /^SMTP_HOST is not set, but MAIL_DELIVERY is smtp/],
    [{ ...smtp, MAIL_FROM: '' }, /^MAIL_FROM is not set/],
    [{ ...smtp, MAIL_FROM: 'a@example.com, b@example.com' }, /^MAIL_FROM is not one address/],
    [
      { ...smtp, MAIL_FROM: 'a@example.com>\r\nBcc: <b@example.com' },
      /^MAIL_FROM is not one address/,
    ],
    [
      { ...smtp, SMTP_TLS: 'off' },
      /^SMTP_TLS: "off" is for a server on this machine, not for smtp/,
    ],
    [{ ...smtp, SMTP_USER: 'shop' }, /^SMTP_USER and SMTP_PASSWORD .* belong together/],
    [{ ...smtp, SMTP_PASSWORD: 's' }, /^SMTP_USER and SMTP_PASSWORD .* belong together/],
    [{ ...smtp, SMTP_PORT: '0' }, /^SMTP_PORT: "0" is not a whole number from 1/],
    [{ MAIL_DELIVERY: 'log', NODE_ENV: 'production' }, /^MAIL_DELIVERY: "log" is for development/],
    [{ REQUIRE_VERIFIED_EMAIL: 'yes' }, /^REQUIRE_VERIFIED_EMAIL/],
  ])('refuse %o, naming the variable', (change, message) => {
    const given = sources({ ...env, ...change }, { ...files, '/short': 'short' });
    expect(() => apiConfig(given)).toThrow(ConfigError);
    expect(() => apiConfig(given)).toThrow(message);
  });

  it('S11 name the key that is too short, and two keys of one name', () => {
    const set = (...keys: readonly object[]): string =>
      JSON.stringify({ keys: keys.map((key) => ({ kty: 'oct', kid: 'k', k: secret, ...key })) });
    const short = Buffer.alloc(31, 2).toString('base64url');
    expect(() => signingKeys(set({ k: short }))).toThrow(/^JWT_KEYS_FILE: key k has 31 bytes/);
    expect(() => signingKeys(set({}, {}))).toThrow(/^JWT_KEYS_FILE: two keys have the kid k$/);
    expect(() => signingKeys(set())).toThrow(ConfigError);
    expect(signingKeys(set({}, { kid: 'l' }))).toHaveLength(2);
  });

  it('S11 never show a secret', () => {
    const short = Buffer.alloc(31, 2).toString('base64url');
    for (const text of [
      JSON.stringify({ keys: [{ kty: 'oct', kid: 'k', k: short }] }),
      `{"keys": "${short}`,
    ]) {
      try {
        signingKeys(text);
        expect.unreachable();
      } catch (error) {
        expect(String(error)).not.toContain(short);
      }
    }
  });
});

describe('the command line', () => {
  it.each([
    [[], 'serve'],
    [['serve'], 'serve'],
    [['migrate'], 'migrate'],
    [['seed'], 'seed'],
    [['--help'], 'help'],
    [['migrate', '-h'], 'help'],
  ])('%j is %s', (args, command) => {
    expect(parseCommand(args)).toEqual({ command, email: '' });
  });

  it.each(['create-staff', 'disable-account', 'enable-account'])(
    'takes an address for %s, and only there',
    (command) => {
      const args = [command, '--email', 'a@example.com'];
      expect(parseCommand(args)).toEqual({ command, email: 'a@example.com' });
      expect(helpText).toContain(`\n  ${command} `);
    },
  );

  it.each([
    [['--port', '1']],
    [['migrate', 'seed']],
    [['create-staff']],
    [['disable-account']],
    [['enable-account']],
    [['seed', '--email', 'a@b.c']],
    [['destroy']],
    [['-x']],
  ])('%j is refused', (args) => {
    expect(() => parseCommand(args)).toThrow(/see --help|use serve, migrate, seed/);
  });

  it('helps with every variable that is read', () => {
    const names = new Set<string>();
    const spy = new Proxy<Record<string, string>>(env, {
      get: (target, name) => {
        names.add(String(name));
        return target[String(name)];
      },
    });
    apiConfig(sources(spy, files));
    for (const name of names) expect(helpText).toContain(name);
  });
});
