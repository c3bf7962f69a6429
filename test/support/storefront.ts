// What component tests of the shop stand on: databases of their own, and the API in this process on a loopback port.
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { ApiConfig } from '../../storefront-api/config.ts';
import { databaseSettings } from '../../storefront-api/database-config.ts';
import { createLogger } from '../../storefront-api/log.ts';
import type { DatabaseSettings } from '../../storefront-api/repositories/database.ts';
import type { RuntimeRole } from '../../storefront-api/repositories/runtime-role.ts';
import { migrateShop, seedShop } from '../../storefront-api/shop-database.ts';
import { type RunningApi, type StartOptions, startApi } from '../../storefront-api/start-api.ts';
import { aShopConfig } from './shop-config.ts';

/** Settings of a connection URL. */
export function settingsOf(url: string): DatabaseSettings {
  return databaseSettings({ env: { DATABASE_URL: url }, readFile: () => '' });
}

/** One statement as the administrator. */
export async function asAdministrator(url: string, sql: string): Promise<readonly unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as unknown[];
  } finally {
    await client.end();
  }
}

/** A new empty database; returns its URL. */
export async function emptyDatabase(): Promise<string> {
  const administrator = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdministrator(administrator, `CREATE DATABASE ${name}`);
  return administrator.replace(/\/postgres$/, `/${name}`);
}

/** A new database with the schema. */
export async function migratedDatabase(runtimeRole?: RuntimeRole): Promise<string> {
  const url = await emptyDatabase();
  await migrateShop(settingsOf(url), runtimeRole);
  return url;
}

/** A new database with the schema and the demonstration catalogue. */
export async function seededDatabase(): Promise<string> {
  const url = await migratedDatabase();
  await seedShop(settingsOf(url));
  return url;
}

/** Settings for tests: loopback, free ports, no waiting at the end. */
export function aConfig(url: string, change: Partial<ApiConfig> = {}): ApiConfig {
  return {
    port: 0,
    metricsPort: 0,
    logLevel: 'silent',
    shop: aShopConfig({
      hosts: ['127.0.0.1', 'shop.example.com'],
      allowedOrigins: ['https://shop.example.com'],
    }),
    signingKeys: [{ kid: 'test', secret: Buffer.alloc(48, 7) }],
    jwtKeysFile: '',
    sessionSecret: 'a-secret-for-tests-that-is-long-enough',
    database: { ...settingsOf(url), poolSize: 4 },
    mail: { delivery: 'none' },
    requireVerifiedEmail: false,
    endpointPropagationMs: 0,
    testPayments: true,
    ...change,
  };
}

/** The API on a loopback port, answers checked. */
export function startedApi(url: string, change: Partial<StartOptions> = {}): Promise<RunningApi> {
  return startApi({
    config: aConfig(url),
    log: createLogger('silent'),
    host: '127.0.0.1',
    validateOutput: true,
    withProcessMetrics: false,
    // A busy machine must not make a test's requests be refused.
    admissionBounds: { most: 10_000, least: 10_000 },
    ...change,
  });
}

/** `fetch` on a running API. */
export function fetchFrom(
  api: Pick<RunningApi, 'port'>,
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`http://127.0.0.1:${api.port}${path}`, init);
}
