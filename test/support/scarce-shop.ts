// A shop whose stock is fought over: what the tests of S95 put into it, and what its books must say afterwards. Always: what was in
// stock is what is left, plus what was sold and not cancelled.
import { Client } from 'pg';
import { beforeEach } from 'vitest';
import type { Order } from '../../storefront-api/domain/order.ts';
import { type Answer, checkOut, type Shopper } from './shopper.ts';
import { type Shop, withShop } from './with-shop.ts';

/** What a checkout answers. */
export interface Receipt {
  readonly order: Order;
  readonly orderToken: string;
}

/** Two SKUs of the demonstration catalogue. */
export const hilsa = 'HILSA-PADMA-1KG';
export const oil = 'MUSTARD-OIL-1L';

/** Pieces of a SKU. */
export interface Books {
  readonly stock: number;
  readonly sold: number;
  readonly cancelled: number;
}

/** The shop and its books. */
export interface ScarceShop {
  readonly shop: Shop;
  readonly setStock: (sku: string, stock: number) => Promise<unknown>;
  /** What the tables say of a variant. */
  readonly books: (sku: string) => Promise<Books>;
  /** Orders, keys and events that have no counterpart: always none. */
  readonly orphans: () => Promise<unknown>;
  /** Somebody else's transaction that locks a variant's row, or changes it; call the result to commit it. */
  readonly hold: (sku: string, statement?: string) => Promise<() => Promise<void>>;
}

/** What `orphans` should say. */
export const noOrphans = { orders: 0, empty: 0, sums: 0, events: 0 };

const booksOf = (sku: string): string => `SELECT v.stock,
      COALESCE(sum(l.quantity) FILTER (WHERE o.state <> 'cancelled'), 0)::int AS sold,
      COALESCE(sum(l.quantity) FILTER (WHERE o.state = 'cancelled'), 0)::int AS cancelled
    FROM variants v LEFT JOIN order_lines l ON l.variant_id = v.id LEFT JOIN orders o ON o.id = l.order_id
   WHERE v.sku = '${sku}' GROUP BY v.id`;

const orphanCounts = `SELECT
    (SELECT count(*)::int FROM orders o WHERE NOT EXISTS (SELECT FROM idempotency_keys k WHERE k.order_id = o.id)) AS orders,
    (SELECT count(*)::int FROM orders o WHERE NOT EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.id)) AS empty,
    (SELECT count(*)::int FROM orders o WHERE o.items_minor <>
       (SELECT sum(l.total_minor) FROM order_lines l WHERE l.order_id = o.id)) AS sums,
    (SELECT count(*)::int FROM orders) - (SELECT count(*)::int FROM outbox WHERE topic = 'order.placed') AS events`;

const lockVariant = 'SELECT 1 FROM variants WHERE sku = $1 FOR UPDATE';

/** The shop of the current file; each test begins without carts, orders and stock. */
export function withScarceShop(): ScarceShop {
  const shop = withShop({ poolSize: 8 });
  beforeEach(async () => {
    await emptied(shop);
    await shop.sql('UPDATE variants SET stock = 0');
  });
  return {
    shop,
    setStock: (sku, stock) => shop.sql(`UPDATE variants SET stock = ${stock} WHERE sku = '${sku}'`),
    books: async (sku) => (await shop.sql(booksOf(sku)))[0] as Books,
    orphans: async () => (await shop.sql(orphanCounts))[0],
    hold: async (sku, statement = lockVariant) => {
      const holder = new Client({ connectionString: shop.url });
      await holder.connect();
      await holder.query('BEGIN');
      await holder.query(statement, [sku]);
      return async () => {
        await holder.query('COMMIT');
        await holder.end();
      };
    },
  };
}

/** Forgets carts and orders. */
export async function emptied({ sql }: Shop): Promise<void> {
  await sql('TRUNCATE orders, idempotency_keys, outbox, carts CASCADE');
}

/** Puts pieces into a cart. */
export const put = (shopper: Shopper, sku: string, quantity: number): Promise<Answer> =>
  shopper.ask('POST', '/api/cart/lines', { json: { sku, quantity } });

/** Asks again under the same key while the shop says that it cannot now, as a page does. */
export async function insist(shopper: Shopper, key: string): Promise<Answer<Receipt>> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await checkOut<Receipt>(shopper, key);
    if (answer.status !== 503 || attempt === 100) return answer;
  }
}

/** Whoever waits for a lock now. */
export const allWaiting = `SELECT pid FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock'`;

/** Checkouts that wait for a lock now. */
export const waiting = `${allWaiting} AND query LIKE 'WITH prior%'`;

/** Does the work for each, 40 at once. */
export async function inCrowds<T>(
  all: readonly T[],
  work: (one: T) => Promise<void>,
): Promise<void> {
  const queue = [...all];
  const atOnce = 40;
  const worker = async (): Promise<void> => {
    for (let one = queue.shift(); one !== undefined; one = queue.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
