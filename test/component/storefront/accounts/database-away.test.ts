// Accounts while the database is away: nobody gets in uncounted, nobody is believed on a token alone.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../../dev/postgres/start-postgres.ts';
import { sessionBeliefMs } from '../../../../storefront-api/accounts/session-authenticator.ts';
import { migrateShop } from '../../../../storefront-api/shop-database.ts';
import type { RunningApi } from '../../../../storefront-api/start-api.ts';
import { aConfig, fetchFrom, settingsOf, startedApi } from '../../../support/storefront.ts';
import { sendJson, signedInShopper } from '../../../support/shoppers.ts';

let nowMs = Date.parse('2026-11-25T10:00:00Z');
let server: PostgresServer;
let api: RunningApi;
beforeAll(async () => {
  // Durable, since it is killed: a session whose commit had not reached the disk would be gone, and its token refused.
  server = await startPostgres();
  await migrateShop(settingsOf(server.url()));
  const base = aConfig(server.url());
  const rateLimits = { ...base.shop.rateLimits, login: { requests: 5, windowSeconds: 900 } };
  const config = { ...base, shop: { ...base.shop, rateLimits } };
  api = await startedApi(server.url(), { config, clock: () => new Date(nowMs) });
});
afterAll(async () => {
  await api.stop();
  await server.stop();
});

describe('while the database is away', () => {
  it('S42 attempts are still counted, and a session is believed for two seconds', async () => {
    const { headers } = await signedInShopper(api);
    const me = async (): Promise<number> => (await fetchFrom(api, '/api/me', { headers })).status;
    expect(await me()).toBe(200);
    await server.kill();
    nowMs += sessionBeliefMs;
    const withoutDatabase = await fetchFrom(api, '/api/me', { headers });
    expect(withoutDatabase.status).toBe(503);
    expect(withoutDatabase.headers.get('retry-after')).toMatch(/^\d+$/);
    const statuses: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      const body = { email: `x${n}@example.com`, password: 'not the password' };
      statuses.push((await sendJson(api, ['POST', '/api/auth/login'], { body })).status);
    }
    expect(statuses).toEqual([503, 503, 503, 503, 503, 429, 429]);
    expect((await fetchFrom(api, '/health')).status).toBe(200);
    await server.restart();
    await expect.poll(me, { timeout: 15_000 }).toBe(200);
  });
});
