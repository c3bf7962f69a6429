// The shop goes on: while instances are replaced, while the database dies and comes back, and while it is there but silent.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../dev/postgres/start-postgres.ts';
import { databaseLimits } from '../../../storefront-api/repositories/database.ts';
import { migrateShop, seedShop } from '../../../storefront-api/shop-database.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { loadClient } from '../../../dev/load-client.ts';
import { type ApiProcess, ApiProcesses } from '../../support/api-process.ts';
import { eventually } from '../../support/eventually.ts';
import { startBalancer } from '../../support/loopback-balancer.ts';
import { headerOf, rawAnswer } from '../../support/raw-answer.ts';
import { aShopper, checkOut } from '../../support/shopper.ts';
import {
  aConfig,
  asAdministrator,
  seededDatabase,
  settingsOf,
  startedApi,
} from '../../support/storefront.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

interface Receipt {
  readonly order: { readonly number: number; readonly quantity: number };
}

const page = '/api/products?limit=5';

/** Readers who go on asking until the end; answers by status, `0` for requests without one. */
function readersOf(port: number): { stop: () => Promise<Readonly<Record<string, number>>> } {
  const send = loadClient();
  const end = new AbortController();
  const total: Record<string, number> = {};
  const all = (async () => {
    while (!end.signal.aborted) {
      const load = { port, path: page, connections: 20, seconds: 1, rate: 200 };
      const { statuses } = await send(load);
      for (const [status, count] of Object.entries(statuses))
        total[status] = (total[status] ?? 0) + count;
    }
  })();
  return {
    stop: async () => {
      end.abort();
      await all;
      return total;
    },
  };
}

describe('two instances behind a balancer, replaced one after the other under load', () => {
  const processes = new ApiProcesses();

  it('fail no request', async () => {
    const url = await seededDatabase();
    const env = processes.environment(url, { ENDPOINT_PROPAGATION_MS: '2000' });
    const balancer = await startBalancer();
    let instances: ApiProcess[] = [await processes.listening(env), await processes.listening(env)];
    balancer.setInstances(instances);
    await eventually(() => expect(balancer.readyCount).toBe(2));
    const readers = readersOf(balancer.port);
    for (const old of instances) {
      const exit = once(old.child, 'exit');
      old.child.kill('SIGTERM');
      expect(await exit).toEqual([0, null]);
      const fresh = await processes.listening(env);
      instances = instances.map((one) => (one === old ? fresh : one));
      balancer.setInstances(instances);
      await eventually(() => expect(balancer.readyCount).toBe(2));
    }
    const statuses = await readers.stop();
    await balancer.close();
    expect(Object.keys(statuses)).toEqual(['200']);
    expect(statuses['200']).toBeGreaterThan(200);
  }, 90_000);
});

describe('while the database', () => {
  let server: PostgresServer;
  let proxy: TcpProxy;
  let api: RunningApi;
  let fresh = 0;

  /** A page that nobody has asked for before. */
  const unknownPage = (): string => `${page}&price_max=${900_000_000 + (fresh += 1)}`;
  const ask = (path: string) => rawAnswer({ port: api.port, path });

  beforeAll(async () => {
    server = await startPostgres();
    const settings = settingsOf(server.url());
    await migrateShop(settings);
    await seedShop(settings);
    proxy = await startTcpProxy(`tcp://127.0.0.1:${server.port}`);
    const config = { ...aConfig(server.url()), database: { ...settings, port: proxy.port } };
    api = await startedApi(server.url(), { config });
  });
  afterEach(() => proxy.heal());
  afterAll(async () => {
    await api.stop();
    await proxy.close();
    await server.stop();
  });

  it('dies, readers go on reading; it is noticed when it is back, without anybody’s help', async () => {
    expect((await ask(page)).status).toBe(200);
    const readers = readersOf(api.port);
    await server.kill();
    await eventually(async () => {
      const unknown = await ask(unknownPage());
      expect([unknown.status, headerOf(unknown, 'retry-after')]).toEqual([503, '5']);
    });
    await pause(5_000); // well beyond the time to live of a page
    expect((await ask(page)).status).toBe(200);
    expect((await ask('/ready')).status).toBe(200);
    await server.restart();
    const backAt = performance.now();
    await eventually(async () => expect((await ask(unknownPage())).status).toBe(200));
    expect(performance.now() - backAt).toBeLessThan(5_000);
    expect(Object.keys(await readers.stop())).toEqual(['200']);
  }, 60_000);

  it('dies under buyers, no order that was accepted is lost and none is made twice', async () => {
    const over = new AbortController();
    const accepted: Receipt['order'][] = [];
    let refused = 0;
    /** Buys again and again; asks under the same key until it knows. */
    const buyer = async (): Promise<void> => {
      const guest = aShopper(api);
      while (!over.signal.aborted) {
        const json = { sku: 'MUSTARD-OIL-1L', quantity: 1 };
        if ((await guest.ask('POST', '/api/cart/lines', { json })).status !== 200) {
          refused += 1;
          await pause(50);
          continue;
        }
        const key = randomUUID();
        let answer = await checkOut<Receipt>(guest, key);
        while (answer.status === 503) {
          refused += 1;
          await pause(50);
          answer = await checkOut<Receipt>(guest, key);
        }
        expect(answer.status, answer.text).toBe(201);
        accepted.push(answer.body.order);
      }
    };
    await asAdministrator(server.url(), 'UPDATE variants SET stock = 100000');
    const buyers = Array.from({ length: 8 }, buyer);
    for (let kill = 1; kill <= 2; kill += 1) {
      const before = accepted.length;
      await eventually(() => expect(accepted.length).toBeGreaterThan(before + 50));
      await server.kill();
      await server.restart();
      const [backAt, known] = [performance.now(), accepted.length];
      await eventually(() => expect(accepted.length).toBeGreaterThan(known + 8), {
        intervalMs: 20,
      });
      expect(performance.now() - backAt).toBeLessThan(5_000);
    }
    over.abort();
    await Promise.all(buyers);
    expect(refused).toBeGreaterThan(0);
    const rows = await asAdministrator(
      server.url(),
      'SELECT number::int FROM orders ORDER BY number',
    );
    expect(rows.map((row) => (row as { number: number }).number)).toEqual(
      accepted.map(({ number }) => number).toSorted((a, b) => a - b),
    );
    // A cart may have been filled although the answer was lost, so it is pieces that count.
    const sold = accepted.reduce((sum, { quantity }) => sum + quantity, 0);
    const stock = "SELECT 100000 - stock AS sold FROM variants WHERE sku = 'MUSTARD-OIL-1L'";
    expect(await asAdministrator(server.url(), stock)).toEqual([{ sold }]);
  }, 60_000);

  it('swallows everything, a known page comes at once and an unknown one fails within the limits', async () => {
    expect((await ask(page)).status).toBe(200);
    proxy.stall();
    const longest = 2 * (databaseLimits.queryMs + databaseLimits.connectMs) + 3_000;
    const startedAt = performance.now();
    expect((await ask(unknownPage())).status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(longest);
    const knownAt = performance.now();
    expect((await ask(page)).status).toBe(200);
    expect(performance.now() - knownAt).toBeLessThan(databaseLimits.connectMs);
    expect((await ask('/ready')).status).toBe(200);
    proxy.heal();
    await eventually(async () => expect((await ask(unknownPage())).status).toBe(200));
  }, 60_000);
});
