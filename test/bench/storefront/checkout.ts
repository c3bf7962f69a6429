// Checkouts: ours in one statement against transactions of several, and a crowd that wants more than there is.
import { createHash, randomUUID } from 'node:crypto';
import { Client, Pool } from 'pg';
import type { CheckoutOutcome, CheckoutRequest } from '../../../storefront-api/domain/order.ts';
import { checkoutRepository } from '../../../storefront-api/repositories/checkout-repository.ts';
import { Database } from '../../../storefront-api/repositories/database.ts';
import { databaseSettings } from '../../../storefront-api/database-config.ts';
import { atLeast, atMost, type BenchReport } from '../bench-report.ts';
import { fiveStatements, sameEffects } from './checkout-peers.ts';
import { quantile } from './slices.ts';

type Part = Pick<BenchReport, 'gates' | 'figures'>;

const connections = 16;

/** As the design asks: this many orders by this many clients on less stock than they want. */
const crowd = {
  orders: 10_000,
  clients: 64,
  variants: 20,
  stockShare: 0.6,
  replayEvery: 10,
} as const;

const address = {
  name: 'Rahima Khatun',
  phone: '+8801712345678',
  division: 'Dhaka',
  district: 'Gazipur',
  upazila: 'Kaliakair',
  street: 'House 7, Road 3',
} as const;

const requestHash = createHash('sha256').update('the same for all').digest();

function request(): CheckoutRequest {
  return {
    orderId: randomUUID(),
    key: randomUUID(),
    requestHash,
    guestHash: requestHash,
    payment: 'cod',
    email: undefined,
    shipTo: address,
    expectedTotalMinor: undefined,
    locale: 'en',
    now: new Date(),
  };
}

/** Carts of two lines each; returns their ids. The n-th takes the n-th two of `variants`, round and round. */
async function fillCarts(client: Client, count: number, variants: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `WITH chosen AS (SELECT id, price_minor, row_number() OVER (ORDER BY id) - 1 AS place,
                            count(*) OVER () AS all_of_them FROM variants WHERE ${variants}),
      made AS (INSERT INTO carts SELECT gen_random_uuid() FROM generate_series(1, $1::int) RETURNING id),
      numbered AS (SELECT id, row_number() OVER () AS n FROM made),
      lines AS (INSERT INTO cart_lines (cart_id, variant_id, quantity, seen_price_minor)
        SELECT m.id, c.id, 1 + (m.n % 2)::int, c.price_minor FROM numbered m
          JOIN chosen c ON c.place IN ((m.n * 2) % c.all_of_them, (m.n * 2 + 1) % c.all_of_them))
     SELECT id FROM numbered`,
    [count],
  );
  return rows.map(({ id }) => id);
}

/** Runs `work` on each item, `atOnce` at once; resolves to items a second. */
async function rate<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item, index: number) => Promise<void>,
): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      await work(items[index] as Item, index);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return items.length / ((performance.now() - startedAt) / 1_000);
}

interface Parts {
  readonly client: Client;
  readonly database: Database;
  readonly pool: Pool;
}

const contenders = ['ours', 'sameEffects', 'fiveStatements'] as const;
type Contender = (typeof contenders)[number];

async function compare({ client, database, pool }: Parts, rounds: number): Promise<Part> {
  const ordersPerSlice = 600;
  const checkouts = checkoutRepository(database);
  const place: Readonly<Record<Contender, (cartId: string) => Promise<void>>> = {
    ours: async (cartId) => {
      const { kind } = await checkouts.place({ kind: 'guest', cartId }, request());
      if (kind !== 'placed') throw new Error(`a checkout ended as ${kind}`);
    },
    sameEffects: (cartId) => sameEffects(pool, cartId, request()),
    fiveStatements: (cartId) => fiveStatements(pool, cartId, request()),
  };
  const rates: Record<Contender, number[]> = { ours: [], sameEffects: [], fiveStatements: [] };
  for (let round = -1; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const carts = await fillCarts(client, ordersPerSlice, 'stock > 1000');
      const measured = await rate(carts, connections, place[name]);
      if (round >= 0) rates[name].push(measured); // the first round compiles and plans
    }
  }
  const ratio = (peer: Contender): number =>
    quantile(
      rates.ours.map((ours, round) => ours / (rates[peer][round] ?? 0)),
      0.5,
    );
  return {
    gates: [
      atLeast('checkout against the same effects, a statement each', ratio('sameEffects'), [
        1.4,
        'x',
      ]),
      atLeast('checkout against five statements that do less', ratio('fiveStatements'), [1.4, 'x']),
    ],
    figures: {
      'checkout, orders/s (best tenth)': quantile(rates.ours, 0.9),
      'same effects, orders/s (best tenth)': quantile(rates.sameEffects, 0.9),
      'five statements, orders/s (best tenth)': quantile(rates.fiveStatements, 0.9),
    },
  };
}

interface Books {
  readonly oversold: number;
  readonly orders: number;
  readonly left: number;
  readonly sold: number;
}

/** A crowd; every tenth asks a second time under its key, as a page does when the answer is slow. */
async function contend({ client, database }: Parts): Promise<Part> {
  const scarce = 'id IN (SELECT id FROM variants ORDER BY id LIMIT 20)';
  await client.query('TRUNCATE orders, idempotency_keys, outbox, carts CASCADE');
  const wanted = crowd.orders * 3; // lines of one and two pieces
  const stock = Math.floor((wanted * crowd.stockShare) / crowd.variants);
  await client.query(`UPDATE variants SET stock = ${stock} WHERE ${scarce}`);
  const carts = await fillCarts(client, crowd.orders, scarce);
  const checkouts = checkoutRepository(database);
  const placed = new Set<string>();
  const outcomes: Record<string, number> = {};
  let duplicates = 0;
  const place = async (cartId: string, ask: CheckoutRequest): Promise<CheckoutOutcome> => {
    const outcome = await checkouts.place({ kind: 'guest', cartId }, ask);
    if (outcome.kind === 'placed') placed.add(outcome.order.id);
    return outcome;
  };
  const ordersPerSecond = await rate(carts, crowd.clients, async (cartId, index) => {
    const ask = request();
    const isTwice = index % crowd.replayEvery === 0;
    const twice = isTwice
      ? [place(cartId, ask), place(cartId, { ...ask, orderId: randomUUID() })]
      : [place(cartId, ask)];
    const [first, second] = await Promise.all(twice);
    outcomes[first?.kind ?? ''] = (outcomes[first?.kind ?? ''] ?? 0) + 1;
    if (first?.kind === 'placed' && second?.kind === 'placed' && first.order.id !== second.order.id)
      duplicates += 1;
  });
  const { rows } = await client.query<Books>(`SELECT
      (SELECT count(*)::int FROM variants WHERE stock < 0) AS oversold,
      (SELECT count(*)::int FROM orders) AS orders,
      (SELECT sum(stock)::int FROM variants WHERE ${scarce}) AS left,
      (SELECT COALESCE(sum(quantity), 0)::int FROM order_lines) AS sold`);
  const books = rows[0] ?? { oversold: 0, orders: 0, left: 0, sold: 0 };
  const difference = stock * crowd.variants - books.left - books.sold;
  return {
    gates: [
      atMost('pieces sold that were not there', books.oversold + Math.abs(difference), [0, '']),
      atMost('orders made twice', duplicates + Math.max(0, books.orders - placed.size), [0, '']),
      atMost('orders told and lost', Math.max(0, placed.size - books.orders), [0, '']),
    ],
    figures: {
      'crowd, orders placed': books.orders,
      'crowd, refused for want of stock': outcomes['short'] ?? 0,
      'crowd, answers/s': ordersPerSecond,
    },
  };
}

/** Both measurements, on a database that nothing else uses. */
export async function measureCheckout(url: string, rounds: number): Promise<Part> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const settings = databaseSettings({ env: { DATABASE_URL: url }, readFile: () => '' });
  const database = new Database({ ...settings, poolSize: connections + 4 });
  const pool = new Pool({ connectionString: url, max: connections });
  try {
    await client.query(`INSERT INTO variants (product_id, sku, price_minor, stock)
      SELECT id, 'BENCH-' || id, 10000 + id % 5000, 1000000 FROM products WHERE slug LIKE 'product-%'`);
    await client.query('VACUUM ANALYZE variants');
    const parts = [
      await compare({ client, database, pool }, rounds),
      await contend({ client, database, pool }),
    ];
    return {
      gates: parts.flatMap(({ gates }) => gates),
      figures: Object.assign({}, ...parts.map(({ figures }) => figures)) as BenchReport['figures'],
    };
  } finally {
    await Promise.all([client.end(), database.end(), pool.end()]);
  }
}
