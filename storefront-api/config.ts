// The API's settings. The operator gives the variables, the ConfigMap and the Secrets; everything is checked before
// anything starts.
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type ConfigSources, integer, oneOf, requiredFile } from './config-sources.ts';
import { databaseSettings } from './database-config.ts';
import { ConfigError } from './errors.ts';
import { type LogLevel, logLevels } from './log.ts';
import { mailConfig, type MailConfig, mailDeliveries } from './mail/mail-config.ts';
import type { DatabaseSettings } from './repositories/database.ts';

/** What the process is to do. */
export const commands = [
  'serve',
  'migrate',
  'seed',
  'create-staff',
  'disable-account',
  'enable-account',
] as const;

/** One of them. */
export type Command = (typeof commands)[number];

/** Those about one account, which `--email` names. */
const accountCommands: readonly Command[] = ['create-staff', 'disable-account', 'enable-account'];

const rateLimit = z.strictObject({
  requests: z.int().min(1).max(1_000_000),
  windowSeconds: z.int().min(1).max(86_400),
});

const seconds = z.int().min(60).max(2_592_000);

const maintenance = z.strictObject({
  mode: z.enum(['Off', 'ReadOnly', 'Full']),
  message: z.strictObject({ en: z.string().max(600), bn: z.string().max(600) }),
});

/** `config.json` as the operator writes it: the fields and bounds of `spec.security`. */
export const shopConfigSchema = z.strictObject({
  storeName: z.string().min(1).max(63),
  hosts: z.array(z.string().min(1).max(253)).min(1).max(100),
  allowedOrigins: z.array(z.url({ protocol: /^https?$/ }).max(300)).max(200),
  rateLimits: z.strictObject({
    browse: rateLimit,
    write: rateLimit,
    login: rateLimit,
    reset: rateLimit,
    checkout: rateLimit,
  }),
  sessions: z.strictObject({
    absoluteSeconds: seconds,
    accessTokenSeconds: seconds,
    idleSeconds: seconds,
  }),
  trustedProxyHops: z.int().min(0).max(10),
  /** Header of every answer, RFC 6797; two years, the usual one of the preload list, when nobody says otherwise. */
  strictTransportSecurity: z
    .string()
    .regex(/^max-age=\d{1,9}(; includeSubDomains)?(; preload)?$/)
    .default('max-age=63072000; includeSubDomains'),
  maintenance,
});

/** What the shop's owner has decided. */
export type ShopConfig = Readonly<z.output<typeof shopConfigSchema>>;

/** A key that signs access tokens. */
export interface SigningKey {
  readonly kid: string;
  readonly secret: Buffer;
}

/** Settings of `serve`. */
export interface ApiConfig {
  readonly port: number;
  readonly metricsPort: number;
  readonly logLevel: LogLevel;
  readonly shop: ShopConfig;
  /** The first signs, all verify. */
  readonly signingKeys: readonly SigningKey[];
  readonly jwtKeysFile: string;
  readonly sessionSecret: string;
  readonly database: DatabaseSettings;
  readonly mail: MailConfig;
  /**
   * Accounts whose address is not verified cannot sign in. Only then can nobody find out who has an account by registering
   * and signing in; it needs mails that arrive.
   */
  readonly requireVerifiedEmail: boolean;
  /** Time for load balancers to forget this pod after it says that it is not ready. */
  readonly endpointPropagationMs: number;
  /** May orders be paid with the test provider, which always says yes? */
  readonly testPayments: boolean;
}

/** RFC 7518 section 3.2: an HS256 key has at least the size of the hash. */
const minSecretBytes = 32;
const maxSigningKeys = 10;

const jwkSet = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('oct'),
        kid: z.string().min(1).max(128),
        k: z.string(),
        alg: z.literal('HS256').optional(),
      }),
    )
    .min(1)
    .max(maxSigningKeys),
});

/** Text of `--help`. */
export const helpText = `Usage: node storefront-api/main.ts [serve|migrate|seed] [--help]
       node storefront-api/main.ts create-staff|disable-account|enable-account --email ADDRESS

  serve            answers the shop's API (the default)
  migrate          brings the database up to date, then exits
  seed             adds the demonstration catalogue where it is missing, then exits
  create-staff     adds an account of the staff, then exits; the password comes from STAFF_PASSWORD or standard input
  disable-account  ends the sessions of an account within 2 s and lets nobody sign in to it, then exits; its orders stay
  enable-account   lets its owner sign in again, then exits

Settings are environment variables:
  PORT                    the API's port; 0 takes a free one [8080]
  METRICS_PORT            port of /metrics and /health/*; 0 takes a free one [9464]
  LOG_LEVEL               ${logLevels.join('|')} [info]
  CONFIG_FILE             config.json of the shop
  JWT_KEYS_FILE           JWK Set with the keys of access tokens, 32 bytes or more each
  SESSION_SECRET_FILE     secret of cookies and cursors, 32 bytes or more
  MAIL_DELIVERY           ${mailDeliveries.join('|')}; the log only in development [none]
  SMTP_HOST SMTP_PORT SMTP_USER SMTP_PASSWORD|SMTP_PASSWORD_FILE MAIL_FROM
  SMTP_TLS                starttls|implicit|off; off only on loopback [starttls]
  SMTP_CA_FILE            certificates that sign the mail server's
  REQUIRE_VERIFIED_EMAIL  true|false: sign in only after the link of a mail was followed [false]
  ENDPOINT_PROPAGATION_MS time between "not ready" and the end of new connections at SIGTERM [5000]
  TEST_PAYMENTS           on|off: offer a payment method that always succeeds; never in a real shop [off]
  DATABASE_URL            postgres://user:password@host:5432/database; or instead
  PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD|PGPASSWORD_FILE
  DATABASE_SSL_MODE       disable|require|verify-ca|verify-full [verify-full; disable on loopback]
  DATABASE_CA_FILE        certificates that sign the server's
  DATABASE_POOL_SIZE      connections, 1 to 100 [10]
  DATABASE_RUNTIME_ROLE   migrate: role that gets the right to read and write rows, and no more
  DATABASE_RUNTIME_PASSWORD_FILE
                          migrate: makes that role if it is missing, and sets its password
  DATABASE_RUNTIME_ROLE_MODE
                          migrate: create|existing; existing only tries that password [create]
`;

/** What the command line asks for. */
export interface CommandLine {
  readonly command: Command | 'help';
  /** Of commands about one account; empty otherwise. */
  readonly email: string;
}

/**
 * Reads the command line.
 * @throws ConfigError on an unknown command or flag, or one that is missing
 */
export function parseCommand(args: readonly string[]): CommandLine {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      options: { help: { type: 'boolean', short: 'h' }, email: { type: 'string', default: '' } },
      allowPositionals: true,
    });
  } catch (cause) {
    const words = (cause as Error).message.split('. ')[0] ?? '';
    throw new ConfigError(`${words}; settings are environment variables, see --help`, { cause });
  }
  const { help, email } = parsed.values;
  if (help === true) return { command: 'help', email };
  const [word = 'serve', ...rest] = parsed.positionals;
  const command = commands.find((name) => name === word);
  if (command === undefined || rest.length > 0) {
    throw new ConfigError(
      `unknown command "${parsed.positionals.join(' ')}": use ${commands.join(', ')}`,
    );
  }
  if (accountCommands.includes(command) !== (email !== '')) {
    throw new ConfigError(
      `${accountCommands.join(', ')} take --email ADDRESS, the other commands do not; see --help`,
    );
  }
  return { command, email };
}

function jsonOf<T>(name: string, text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ConfigError(`${name}: the file is not JSON`); // the cause would quote the secret
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new ConfigError(`${name}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`);
}

/**
 * Keys of access tokens from the text of a JWK Set (RFC 7517).
 * @throws ConfigError when it is none, a key is short or two have the same name
 */
export function signingKeys(text: string): readonly SigningKey[] {
  const { keys } = jsonOf('JWT_KEYS_FILE', text, jwkSet);
  const names = keys.map(({ kid }) => kid);
  const twice = names.find((kid, at) => names.indexOf(kid) !== at);
  if (twice !== undefined) throw new ConfigError(`JWT_KEYS_FILE: two keys have the kid ${twice}`);
  return keys.map(({ kid, k }) => {
    const secret = Buffer.from(k, 'base64url');
    if (secret.length < minSecretBytes) {
      throw new ConfigError(
        `JWT_KEYS_FILE: key ${kid} has ${secret.length} bytes: use ${minSecretBytes} or more (openssl rand 48)`,
      );
    }
    return { kid, secret };
  });
}

function sessionSecret(text: string): string {
  const secret = text.trim();
  if (Buffer.byteLength(secret) < minSecretBytes) {
    throw new ConfigError(
      `SESSION_SECRET_FILE: the secret has under ${minSecretBytes} bytes: write a new one (openssl rand -base64 48)`,
    );
  }
  return secret;
}

/** Least severe level that is logged. */
export function logLevel(sources: ConfigSources): LogLevel {
  return oneOf(sources, 'LOG_LEVEL', { fallback: 'info', choices: logLevels });
}

/**
 * Reads the settings of `serve`.
 * @throws ConfigError on the first setting that cannot be used
 */
export function apiConfig(sources: ConfigSources): ApiConfig {
  return {
    port: integer(sources, 'PORT', { fallback: 8080, min: 0, max: 65_535 }),
    metricsPort: integer(sources, 'METRICS_PORT', { fallback: 9464, min: 0, max: 65_535 }),
    logLevel: logLevel(sources),
    shop: jsonOf('CONFIG_FILE', requiredFile(sources, 'CONFIG_FILE'), shopConfigSchema),
    signingKeys: signingKeys(requiredFile(sources, 'JWT_KEYS_FILE')),
    jwtKeysFile: sources.env['JWT_KEYS_FILE'] ?? '',
    sessionSecret: sessionSecret(requiredFile(sources, 'SESSION_SECRET_FILE')),
    database: databaseSettings(sources),
    mail: mailConfig(sources),
    requireVerifiedEmail:
      oneOf(sources, 'REQUIRE_VERIFIED_EMAIL', {
        fallback: 'false',
        choices: ['true', 'false'] as const,
      }) === 'true',
    testPayments:
      oneOf(sources, 'TEST_PAYMENTS', { fallback: 'off', choices: ['on', 'off'] }) === 'on',
    endpointPropagationMs: integer(sources, 'ENDPOINT_PROPAGATION_MS', {
      fallback: 5_000,
      min: 0,
      max: 60_000,
    }),
  };
}
