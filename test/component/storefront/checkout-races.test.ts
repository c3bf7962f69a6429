// S95: many who want the same pieces, connections that die, and everything that shoppers may do in any order. Always:
// what was in stock is what is left, plus what was sold and not cancelled.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { Client } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Order } from '../../../storefront-api/domain/order.ts';
import { unlimited } from '../../../storefront-api/middleware/rate-limit.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { eventually } from '../../support/eventually.ts';
import { type Answer, aShopper, checkOut, type Shopper } from '../../support/shopper.ts';
import {
  aConfig,
  asAdministrator,
  seededDatabase,
  settingsOf,
  startedApi,
} from '../../support/storefront.ts';

interface Receipt {
  readonly order: Order;
  readonly orderToken: string;
}

const hilsa = 'HILSA-PADMA-1KG';
const oil = 'MUSTARD-OIL-1L';

let url: string;
let api: RunningApi;
beforeAll(async () => {
  url = await seededDatabase();
  api = await startedApi(url, {
    limiter: unlimited,
    config: aConfig(url, { database: { ...settingsOf(url), poolSize: 8 } }),
  });
});
afterAll(() => api.stop());
beforeEach(async () => {
  await sql('TRUNCATE orders, idempotency_keys, outbox, carts CASCADE');
  await sql('UPDATE variants SET stock = 0');
});

const sql = (text: string) => asAdministrator(url, text);
const setStock = (sku: string, stock: number) =>
  sql(`UPDATE variants SET stock = ${stock} WHERE sku = '${sku}'`);
const put = (shopper: Shopper, sku: string, quantity: number) =>
  shopper.ask('POST', '/api/cart/lines', { json: { sku, quantity } });

/** What the tables say of a variant, and whether they agree with each other. */
async function books(sku: string): Promise<{ stock: number; sold: number; cancelled: number }> {
  const [row] = await sql(`SELECT v.stock,
      COALESCE(sum(l.quantity) FILTER (WHERE o.state <> 'cancelled'), 0)::int AS sold,
      COALESCE(sum(l.quantity) FILTER (WHERE o.state = 'cancelled'), 0)::int AS cancelled
    FROM variants v LEFT JOIN order_lines l ON l.variant_id = v.id LEFT JOIN orders o ON o.id = l.order_id
   WHERE v.sku = '${sku}' GROUP BY v.id`);
  return row as { stock: number; sold: number; cancelled: number };
}

/** Orders, keys and events that have no counterpart: always none. */
async function orphans(): Promise<unknown> {
  const [row] = await sql(`SELECT
    (SELECT count(*)::int FROM orders o WHERE NOT EXISTS (SELECT FROM idempotency_keys k WHERE k.order_id = o.id)) AS orders,
    (SELECT count(*)::int FROM orders o WHERE NOT EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id)) AS empty,
    (SELECT count(*)::int FROM orders o WHERE o.items_minor <>
       (SELECT sum(l.total_minor) FROM order_lines l WHERE l.order_id = o.id)) AS sums,
    (SELECT count(*)::int FROM orders) - (SELECT count(*)::int FROM outbox WHERE topic = 'order.placed') AS events`);
  return row;
}
const noOrphans = { orders: 0, empty: 0, sums: 0, events: 0 };

/** Asks again under the same key while the shop says that it cannot now, as a page does. */
async function insist(shopper: Shopper, key: string): Promise<Answer<Receipt>> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await checkOut<Receipt>(shopper, key);
    if (answer.status !== 503 || attempt === 100) return answer;
  }
}

/** Somebody else's transaction that locks a variant's row, or changes it; call the result to commit it. */
async function hold(
  sku: string,
  statement = 'SELECT 1 FROM variants WHERE sku = $1 FOR UPDATE',
): Promise<() => Promise<void>> {
  const holder = new Client({ connectionString: url });
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query(statement, [sku]);
  return async () => {
    await holder.query('COMMIT');
    await holder.end();
  };
}

/** Checkouts that wait for a lock now. */
const waiting = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'WITH prior%'`;

async function inCrowds<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const queue = [...all];
  const atOnce = 40;
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

describe('S95 the last pieces', () => {
  it('go to nobody twice: 500 buyers, two lines of one SKU each, 50 pieces', async () => {
    await setStock(hilsa, 50);
    const buyers = Array.from({ length: 500 }, () => aShopper(api));
    await inCrowds(buyers, async (buyer) => {
      expect((await put(buyer, hilsa, 1)).status).toBe(200);
      expect((await put(buyer, hilsa, 1)).status).toBe(200);
    });
    const answers: Answer<Receipt>[] = [];
    await inCrowds(buyers, async (buyer) => {
      answers.push(await insist(buyer, randomUUID()));
    });
    const count = (status: number): number =>
      answers.filter((answer) => answer.status === status).length;
    expect([count(201), count(409)]).toEqual([25, 475]);
    expect(await books(hilsa)).toEqual({ stock: 0, sold: 50, cancelled: 0 });
    expect(new Set(answers.flatMap(({ body }) => body.order?.number ?? [])).size).toBe(25);
    expect(await orphans()).toEqual(noOrphans);
  }, 120_000);

  it('are found in either order of the lines, without a deadlock that anybody notices', async () => {
    await setStock(hilsa, 1_000);
    await setStock(oil, 1_000);
    const buyers = Array.from({ length: 60 }, () => aShopper(api));
    await inCrowds(buyers, async (buyer) => {
      const order = buyers.indexOf(buyer) % 2 === 0 ? [hilsa, oil] : [oil, hilsa];
      for (const sku of order) await put(buyer, sku, 1);
      expect((await insist(buyer, randomUUID())).status).toBe(201);
    });
    expect(await books(hilsa)).toEqual({ stock: 940, sold: 60, cancelled: 0 });
    expect(await books(oil)).toEqual({ stock: 940, sold: 60, cancelled: 0 });
  });
});

describe('S95 a checkout that began before the stock changed', () => {
  const began = async (before: number, after: number): Promise<Answer<Receipt>> => {
    const buyer = aShopper(api);
    await setStock(oil, 9);
    await put(buyer, oil, 2);
    await setStock(oil, before);
    const release = await hold(oil, `UPDATE variants SET stock = ${after} WHERE sku = $1`);
    const answer = checkOut<Receipt>(buyer, randomUUID());
    await eventually(async () => expect(await sql(waiting)).toHaveLength(1), { intervalMs: 10 });
    await release();
    return answer;
  };

  it('takes what came back meanwhile, although its snapshot has too little', async () => {
    expect((await began(0, 5)).status).toBe(201);
    expect(await books(oil)).toEqual({ stock: 3, sold: 2, cancelled: 0 });
  });

  it('does not take what went meanwhile, although its snapshot has enough', async () => {
    expect((await began(5, 1)).status).toBe(409);
    expect(await books(oil)).toEqual({ stock: 1, sold: 0, cancelled: 0 });
  });
});

describe('S95 buyers and those who change their mind', () => {
  it('leave the stock as the orders say, with everything at once', async () => {
    await setStock(hilsa, 30);
    await setStock(oil, 30);
    const buyers = Array.from({ length: 120 }, (_, at) => [at, aShopper(api)] as const);
    await inCrowds(buyers, async ([at, buyer]) => {
      await put(buyer, at % 3 === 0 ? oil : hilsa, 1 + (at % 3));
      await put(buyer, at % 2 === 0 ? oil : hilsa, 1);
      const { status, body } = await insist(buyer, randomUUID());
      expect([201, 409]).toContain(status);
      if (status !== 201 || at % 2 === 0) return;
      const headers = { 'x-order-token': body.orderToken };
      const path = `/api/orders/${body.order.id}/cancel`;
      expect((await buyer.ask('POST', path, { headers })).status).toBe(200);
    });
    for (const sku of [hilsa, oil]) {
      const { stock, sold, cancelled } = await books(sku);
      expect([sku, stock + sold]).toEqual([sku, 30]);
      expect(cancelled).toBeGreaterThan(0);
    }
    expect(await orphans()).toEqual(noOrphans);
  });
});

describe('S95 two checkouts of one cart that wait for the same piece', () => {
  it.each([
    ['under one key get one order and the same answer', true, [201, 201]],
    ['under two keys get one order, and the other finds the cart empty', false, [201, 409]],
  ])('%s', async (_, isSameKey, statuses) => {
    await setStock(oil, 10);
    const buyer = aShopper(api);
    await put(buyer, oil, 2);
    const release = await hold(oil);
    const key = randomUUID();
    const answers = [key, isSameKey ? key : randomUUID()].map((one) =>
      checkOut<Receipt>(buyer, one),
    );
    await eventually(async () => expect(await sql(waiting)).toHaveLength(2), { intervalMs: 10 });
    await release();
    const found = await Promise.all(answers);
    expect(found.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual(statuses);
    expect(await books(oil)).toEqual({ stock: 8, sold: 2, cancelled: 0 });
    if (isSameKey) expect(found[0]?.text).toBe(found[1]?.text);
  });
});

describe('S95 a connection that dies', () => {
  it('in the middle of the statement leaves nothing behind, and the retry makes one order', async () => {
    await setStock(oil, 10);
    const buyer = aShopper(api);
    await put(buyer, oil, 2);
    const key = randomUUID();
    const release = await hold(oil); // so that the statement stops half way
    const answer = checkOut<Receipt>(buyer, key);
    let kills = 0;
    const killing = eventually(async () => {
      const killed = await sql(`SELECT pg_terminate_backend(pid) FROM (${waiting}) w`);
      kills += killed.length;
      expect(kills).toBeGreaterThanOrEqual(2); // the first attempt and the API's own second one
    });
    expect((await answer).status).toBe(503);
    await killing;
    expect(await books(oil)).toEqual({ stock: 10, sold: 0, cancelled: 0 });
    expect(await sql('SELECT key FROM idempotency_keys')).toEqual([]);
    await release();
    const [first, second] = [await insist(buyer, key), await insist(buyer, key)];
    expect([first.status, second.text]).toEqual([201, first.text]);
    expect(await books(oil)).toEqual({ stock: 8, sold: 2, cancelled: 0 });
  });

  it('at any moment makes none or one of each checkout', async () => {
    await setStock(hilsa, 500);
    const buyers = Array.from({ length: 80 }, () => aShopper(api));
    await inCrowds(buyers, async (buyer) => void (await put(buyer, hilsa, 1)));
    const over = new AbortController();
    const killer = (async () => {
      while (!over.signal.aborted) {
        await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()
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

describe('S95 whatever shoppers do in whatever order', () => {
  /** A shopper as the model knows one: pieces in the cart, the order that may still be cancelled. */
  interface Modelled {
    readonly shopper: Shopper;
    inCart: Map<string, number>;
    last:
      | { readonly id: string; readonly token: string; readonly lines: Map<string, number> }
      | undefined;
    key: string;
  }

  const skus = [hilsa, oil] as const;
  const step = fc.record({
    who: fc.nat({ max: 2 }),
    sku: fc.constantFrom(...skus),
    quantity: fc.integer({ min: 1, max: 4 }),
    what: fc.constantFrom('add', 'set', 'remove', 'checkout', 'checkout', 'replay', 'cancel'),
  });
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

  async function addPieces(
    { shopper, inCart }: Modelled,
    { sku, quantity }: Step,
    stock: Map<string, number>,
  ) {
    const sum = (inCart.get(sku) ?? 0) + quantity;
    const fits = sum <= (stock.get(sku) ?? 0);
    expect((await put(shopper, sku, quantity)).status).toBe(fits ? 200 : 409);
    if (fits) inCart.set(sku, sum);
  }

  async function setPieces(
    { shopper, inCart }: Modelled,
    { sku, quantity }: Step,
    stock: Map<string, number>,
  ) {
    const { status } = await shopper.ask('PATCH', `/api/cart/lines/${sku}`, { json: { quantity } });
    const fits = quantity <= (stock.get(sku) ?? 0);
    expect(status).toBe(!inCart.has(sku) ? 404 : fits ? 200 : 409);
    if (status === 200) inCart.set(sku, quantity);
  }

  async function order(one: Modelled, stock: Map<string, number>) {
    const { shopper, inCart } = one;
    const key = randomUUID();
    const isPossible =
      inCart.size > 0 && [...inCart].every(([sku, wanted]) => wanted <= (stock.get(sku) ?? 0));
    const { status, body } = await checkOut<Receipt>(shopper, key);
    expect(status).toBe(isPossible ? 201 : 409);
    if (!isPossible) return;
    for (const [sku, taken] of inCart) stock.set(sku, (stock.get(sku) ?? 0) - taken);
    one.last = { id: body.order.id, token: body.orderToken, lines: inCart };
    one.inCart = new Map();
    one.key = key;
  }

  async function cancel(one: Modelled, stock: Map<string, number>) {
    const { shopper, last } = one;
    if (last === undefined) return;
    const headers = { 'x-order-token': last.token };
    expect((await shopper.ask('POST', `/api/orders/${last.id}/cancel`, { headers })).status).toBe(
      200,
    );
    for (const [sku, back] of last.lines) stock.set(sku, (stock.get(sku) ?? 0) + back);
    one.last = undefined;
  }

  async function take(one: Modelled, next: Step, stock: Map<string, number>): Promise<void> {
    switch (next.what) {
      case 'add':
        return addPieces(one, next, stock);
      case 'set':
        return setPieces(one, next, stock);
      case 'remove':
        await one.shopper.ask('DELETE', `/api/cart/lines/${next.sku}`);
        one.inCart.delete(next.sku);
        return;
      case 'checkout':
        return order(one, stock);
      case 'replay':
        if (one.key !== '') expect((await checkOut(one.shopper, one.key)).status).toBe(201);
        return;
      case 'cancel':
        return cancel(one, stock);
    }
  }

  it('the shop and its model agree on carts, orders and stock', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        await sql('TRUNCATE orders, idempotency_keys, outbox, carts CASCADE');
        const initial = 12;
        for (const sku of skus) await setStock(sku, initial);
        const stock = new Map<string, number>(skus.map((sku) => [sku, initial]));
        const people = Array.from(
          { length: 3 },
          (): Modelled => ({ shopper: aShopper(api), inCart: new Map(), last: undefined, key: '' }),
        );
        for (const next of steps) await take(people[next.who] as Modelled, next, stock);
        for (const sku of skus) {
          const { stock: left, sold } = await books(sku);
          expect([sku, left, left + sold]).toEqual([sku, stock.get(sku), initial]);
        }
        for (const { shopper, inCart } of people) {
          const { body } = await shopper.ask<{ lines: { sku: string; quantity: number }[] }>(
            'GET',
            '/api/cart',
          );
          expect(new Map(body.lines.map(({ sku, quantity }) => [sku, quantity]))).toEqual(inCart);
        }
        expect(await orphans()).toEqual(noOrphans);
      }),
      { numRuns: 20, seed: 20_261_125 },
    );
  }, 120_000);
});
