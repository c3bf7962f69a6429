// `npm run storefront`: the shop's API on a PostgreSQL of its own, with the demonstration catalogue and keys that are
// drawn for this run; stays until Ctrl-C.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { databaseSettings } from '../storefront-api/database-config.ts';
import type { ApiConfig } from '../storefront-api/config.ts';
import { createLogger } from '../storefront-api/log.ts';
import type { DatabaseSettings } from '../storefront-api/repositories/database.ts';
import { migrateShop, seedShop } from '../storefront-api/shop-database.ts';
import { type RunningApi, startApi } from '../storefront-api/start-api.ts';
import { interrupted } from './interrupted.ts';
import { type PostgresServer, startPostgres } from './postgres/start-postgres.ts';
import { StepPrinter } from './step-printer.ts';

const help = `Usage: npm run storefront [-- --port N] [--database-url URL] [--check]

Starts PostgreSQL and the shop's API on 127.0.0.1; stays until Ctrl-C and leaves nothing behind.

  --port N             port of the API, 0 takes a free one (default 8080)
  --database-url URL   use this server (postgres://user:password@host:5432/database), keep its data
  --check              ask the API once, then exit
  --help               this text
`;

const secretBytes = 48;
const defaultPort = 8_080;

/** Wide enough that nobody meets it while trying the shop out by hand. */
const developmentLimit = { requests: 10_000, windowSeconds: 60 };

function portOf(text: string | undefined): number {
  const port = Number(text ?? defaultPort);
  if (!/^\d+$/.test(text ?? '0') || port > 65_535) {
    throw new Error(`--port: "${text}" is not a whole number from 0 to 65535`);
  }
  return port;
}

function developmentConfig(port: number, database: DatabaseSettings): ApiConfig {
  return {
    port,
    metricsPort: 0,
    logLevel: 'warn',
    shop: {
      storeName: 'dev',
      hosts: ['localhost', '127.0.0.1'],
      allowedOrigins: ['http://localhost:5173', 'http://127.0.0.1:5173'],
      rateLimits: {
        browse: developmentLimit,
        write: developmentLimit,
        login: developmentLimit,
        reset: developmentLimit,
        checkout: developmentLimit,
      },
      sessions: { absoluteSeconds: 86_400, accessTokenSeconds: 900, idleSeconds: 43_200 },
      trustedProxyHops: 0,
      strictTransportSecurity: 'max-age=63072000; includeSubDomains',
      maintenance: { mode: 'Off', message: { en: '', bn: '' } },
    },
    signingKeys: [{ kid: 'development', secret: randomBytes(secretBytes) }],
    jwtKeysFile: '',
    sessionSecret: randomBytes(secretBytes).toString('base64url'),
    database,
    // There is no mailbox: what a mail would say is in the log.
    mail: { delivery: 'log-with-token' },
    requireVerifiedEmail: false,
    endpointPropagationMs: 0,
    testPayments: true,
  };
}

async function prepare(settings: DatabaseSettings, steps: StepPrinter): Promise<void> {
  steps.done(`${(await migrateShop(settings)).length} migrations`);
  steps.done(`${(await seedShop(settings)).products} products`);
}

function greeting({ port, metricsPort }: RunningApi, databaseUrl: string): string {
  const url = `http://127.0.0.1:${port}`;
  return `
The shop answers at ${url}/api (metrics: http://127.0.0.1:${metricsPort}/metrics)

  curl -s '${url}/api/products?limit=2'
  curl -s '${url}/api/products/hilsa-padma-1kg?locale=bn'
  curl -s '${url}/api/products?q=saree&sort=price-asc&facets=true'
  curl -s ${url}/api/auth/register -H 'content-type: application/json' \\
       -d '{"email": "me@example.com", "password": "eleven green mangoes"}'

An account of the staff, with the password from STAFF_PASSWORD:

  DATABASE_URL=${databaseUrl} \\
    node_modules/.bin/node storefront-api/main.ts create-staff --email staff@example.com

Ctrl-C ends it and leaves nothing behind.
`;
}

async function askOnce({ port }: RunningApi): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/api/products`);
  const { items } = (await response.json()) as { items: readonly unknown[] };
  if (response.status !== 200 || items.length === 0) {
    throw new Error(`the API answered ${response.status} with ${items.length} products`);
  }
  process.stdout.write(`GET /api/products: ${response.status}, ${items.length} products\n`);
}

async function serveUntil(
  end: Promise<void>,
  options: ReturnType<typeof optionsOf>,
): Promise<void> {
  const steps = new StepPrinter(process.stdout);
  let postgres: PostgresServer | undefined;
  let api: RunningApi | undefined;
  try {
    if (options.databaseUrl === undefined) {
      postgres = await startPostgres();
      steps.done('PostgreSQL');
    }
    const url = options.databaseUrl ?? postgres?.url() ?? '';
    const settings = databaseSettings({ env: { DATABASE_URL: url }, readFile: () => '' });
    await prepare(settings, steps);
    const config = developmentConfig(options.port, settings);
    api = await startApi({ config, log: createLogger(config.logLevel), host: '127.0.0.1' });
    steps.done('API');
    process.stdout.write(greeting(api, url));
    await (options.isCheck ? askOnce(api) : end);
  } finally {
    await api?.stop();
    await postgres?.stop();
  }
}

function optionsOf(args: string[]): {
  readonly port: number;
  readonly databaseUrl: string | undefined;
  readonly isCheck: boolean;
  readonly isHelp: boolean;
} {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: 'string' },
      'database-url': { type: 'string' },
      check: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  return {
    port: portOf(values.port),
    databaseUrl: values['database-url'],
    isCheck: values.check === true,
    isHelp: values.help === true,
  };
}

try {
  const options = optionsOf(process.argv.slice(2));
  if (options.isHelp) process.stdout.write(help);
  else await serveUntil(interrupted(), options);
  process.exit(0);
} catch (error) {
  process.stderr.write(`storefront: ${(error as Error).message}\n`);
  process.exit(1);
}
