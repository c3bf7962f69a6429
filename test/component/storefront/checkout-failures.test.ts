// S95: checkouts whose connection dies, or that wait for somebody who does not let go.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { orderMove } from '../../../storefront-api/domain/order-state.ts';
import { Database, databaseLimits } from '../../../storefront-api/repositories/database.ts';
import { orderRepository } from '../../../storefront-api/repositories/order-repository.ts';
import { sha256 } from '../../../storefront-api/routes/checkout.ts';
import { eventually } from '../../support/eventually.ts';
import {
  allWaiting,
  type Receipt,
  hilsa,
  inCrowds,
  insist,
  noOrphans,
  oil,
  put,
  waiting,
  withScarceShop,
} from '../../support/scarce-shop.ts';
import { checkOut, aShopper } from '../../support/shopper.ts';
import { settingsOf } from '../../support/storefront.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';

const { shop, setStock, books, orphans, hold } = withScarceShop();

describe('S95 a connection that dies', () => {
  it('in the middle of the statement leaves nothing behind, and the retry makes one order', async () => {
    await setStock(oil, 10);
    const buyer = aShopper(shop.api);
    await put(buyer, oil, 2);
    const key = randomUUID();
    const release = await hold(oil); // so that the statement stops half way
    const answer = checkOut<Receipt>(buyer, key);
    let kills = 0;
    const killing = eventually(async () => {
      const killed = await shop.sql(`SELECT pg_terminate_backend(pid) FROM (${waiting}) w`);
      kills += killed.length;
      expect(kills).toBeGreaterThanOrEqual(2); // the first attempt and the API's own second one
    });
    expect((await answer).status).toBe(503);
    await killing;
    expect(await books(oil)).toEqual({ stock: 10, sold: 0, cancelled: 0 });
    expect(await shop.sql('SELECT key FROM idempotency_keys')).toEqual([]);
    await release();
    const [first, second] = [await insist(buyer, key), await insist(buyer, key)];
    expect([first.status, second.text]).toEqual([201, first.text]);
    expect(await books(oil)).toEqual({ stock: 8, sold: 2, cancelled: 0 });
  });

  it('at any moment makes none or one of each checkout', async () => {
    await setStock(hilsa, 500);
    const buyers = Array.from({ length: 80 }, () => aShopper(shop.api));
    await inCrowds(buyers, async (buyer) => void (await put(buyer, hilsa, 1)));
    const over = new AbortController();
    const killer = (async () => {
      while (!over.signal.aborted) {
        await shop.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
          AND application_name = 'storefront-api' AND state = 'active' ORDER BY random() LIMIT 1`);
      }
    })();
    await inCrowds(buyers, async (buyer) => {
      const key = randomUUID();
      const answer = await insist(buyer, key);
      expect(answer.status, answer.text).toBe(201);
    });
    over.abort();
    await killer;
    expect(await books(hilsa)).toEqual({ stock: 420, sold: 80, cancelled: 0 });
    expect(await orphans()).toEqual(noOrphans);
  }, 60_000);
});

describe('S95 a cancellation whose answer is lost', () => {
  it.each([
    ['after it was done', true],
    ['while it waits, so that its repetition waits for it', false],
  ])('%s is done once and said to be done', async (_, isDoneFirst) => {
    await setStock(oil, 10);
    const buyer = aShopper(shop.api);
    await put(buyer, oil, 2);
    const { body } = await checkOut<Receipt>(buyer, randomUUID());
    const proxy = await startTcpProxy(shop.url);
    const database = new Database({ ...settingsOf(shop.url), port: proxy.port, poolSize: 2 });
    const release = await hold(oil);
    const moved = orderRepository(database).move({
      orderId: body.order.id,
      reader: { kind: 'guest', tokenHash: sha256(body.orderToken) },
      move: orderMove('cancelled'),
      note: '',
      now: new Date(),
    });
    const waits = (count: number): Promise<void> =>
      eventually(async () => expect(await shop.sql(allWaiting)).toHaveLength(count), {
        intervalMs: 10,
      });
    await waits(1);
    if (isDoneFirst) {
      proxy.stall({ existingOnly: true });
      await release();
      const cancelled = { stock: 10, sold: 0, cancelled: 2 };
      await eventually(async () => expect(await books(oil)).toEqual(cancelled), { intervalMs: 10 });
      proxy.heal();
    } else {
      proxy.resetAll();
      await waits(2);
      await release();
    }
    expect(await moved).toMatchObject({ isMoved: true });
    expect(await books(oil)).toEqual({ stock: 10, sold: 0, cancelled: 2 });
    const steps = `SELECT to_state FROM order_history WHERE to_state = 'cancelled' AND order_id = '${body.order.id}'`;
    expect(await shop.sql(steps)).toHaveLength(1);
    await database.end();
    await proxy.close();
  });
});

describe('S95 a piece that somebody does not let go', () => {
  it('is waited for so long and no longer; the retry makes one order, and others buy meanwhile', async () => {
    await setStock(oil, 10);
    await setStock(hilsa, 10);
    const [buyer, other] = [aShopper(shop.api), aShopper(shop.api)];
    await put(buyer, oil, 2);
    await put(other, hilsa, 1);
    const key = randomUUID();
    const { drops } = shop.api.database;
    const release = await hold(oil);
    const startedAt = performance.now();
    const waited = checkOut(buyer, key);
    await eventually(async () => expect(await shop.sql(waiting)).toHaveLength(1), {
      intervalMs: 10,
    });
    expect((await checkOut(other, randomUUID())).status).toBe(201);
    const otherMs = performance.now() - startedAt;
    const { status, headers, body } = await waited;
    const waitedMs = performance.now() - startedAt;
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(body).toMatchObject({ type: 'urn:dhakacart:problem:unavailable' });
    expect(otherMs).toBeLessThan(databaseLimits.lockMs);
    expect(waitedMs).toBeGreaterThanOrEqual(databaseLimits.lockMs);
    expect(waitedMs).toBeLessThan(databaseLimits.statementMs);
    expect(shop.api.database.drops).toBe(drops);
    expect(await books(oil)).toEqual({ stock: 10, sold: 0, cancelled: 0 });
    await release();
    expect((await checkOut(buyer, key)).status).toBe(201);
    expect(await books(oil)).toEqual({ stock: 8, sold: 2, cancelled: 0 });
    expect(await orphans()).toEqual(noOrphans);
  });
});
