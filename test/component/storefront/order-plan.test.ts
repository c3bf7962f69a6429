// With many variants and orders, a checkout, a move and every page of orders must find their rows along an index.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CheckoutRequest, OrderQuery } from '../../../storefront-api/domain/order.ts';
import { orderMove } from '../../../storefront-api/domain/order-state.ts';
import { checkoutRepository } from '../../../storefront-api/repositories/checkout-repository.ts';
import { Database, type Statement } from '../../../storefront-api/repositories/database.ts';
import { orderRepository } from '../../../storefront-api/repositories/order-repository.ts';
import { goodCheckout } from '../../support/shopper.ts';
import { asAdministrator, seededDatabase, settingsOf } from '../../support/storefront.ts';

const rowCount = 5_000;
const userId = randomUUID();
const cartId = randomUUID();
let url: string;
let database: Database;

beforeAll(async () => {
  url = await seededDatabase();
  await asAdministrator(
    url,
    `INSERT INTO variants (product_id, sku, price_minor, stock)
       SELECT (SELECT min(id) FROM products) + n % 40, 'V-' || n, 100, 10 FROM generate_series(1, ${rowCount}) n;
     INSERT INTO users (id, email, password_hash) VALUES ('${userId}', 'a@example.com', '$argon2id$v=19$x');
     INSERT INTO users (email, password_hash)
       SELECT 'u' || n || '@example.com', '$argon2id$v=19$x' FROM generate_series(1, ${rowCount}) n;
     INSERT INTO orders (id, user_id, payment_method, items_minor, total_minor, ship_to, state)
       SELECT gen_random_uuid(), CASE WHEN n % 100 = 0 THEN '${userId}'::uuid END, 'cod', 100, 100, '{}',
              CASE WHEN n % 50 = 0 THEN 'placed' ELSE 'delivered' END FROM generate_series(1, ${rowCount}) n;
     INSERT INTO order_lines (order_id, line, variant_id, sku, title_en, title_bn, price_minor, quantity, total_minor)
       SELECT o.id, 1, v.id, v.sku, 'A', 'A', 100, 1, 100 FROM orders o JOIN variants v ON v.sku = 'V-' || (o.number % 1000 + 1);
     INSERT INTO idempotency_keys (scope, key, request_hash, order_id)
       SELECT 'guest:' || id, 'key', sha256(id::text::bytea), id FROM orders;
     INSERT INTO carts (id) SELECT gen_random_uuid() FROM generate_series(1, 2000);
     INSERT INTO cart_lines (cart_id, variant_id, quantity, seen_price_minor)
       SELECT c.id, v.id, 1, 100 FROM carts c, LATERAL (SELECT id FROM variants ORDER BY id LIMIT 3) v;
     INSERT INTO carts (id) VALUES ('${cartId}');
     INSERT INTO cart_lines (cart_id, variant_id, quantity, seen_price_minor)
       SELECT '${cartId}', id, 1, 100 FROM variants WHERE sku IN ('V-17', 'V-4711')`,
  );
  await asAdministrator(url, 'ANALYZE');
  database = new Database({ ...settingsOf(url), poolSize: 1 });
});
afterAll(() => database.end());

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

function allNodes(node: PlanNode): readonly PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(allNodes)];
}

/** A database that explains what it is asked to run: the plan that serves whatever values a named statement gets. */
class Explaining {
  readonly scanned: string[] = [];

  readonly read = async ({ text }: Statement): Promise<readonly []> => {
    const [row] = await database.run<{ 'QUERY PLAN': readonly [{ Plan: PlanNode }] }>({
      name: '',
      text: `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`,
    });
    const plan = row?.['QUERY PLAN'][0].Plan;
    const nodes = plan === undefined ? [] : allNodes(plan);
    const scans = nodes.filter((node) => node['Node Type'] === 'Seq Scan');
    this.scanned.push(...scans.map((node) => node['Relation Name'] ?? ''));
    return [];
  };
  readonly runRepeatable = this.read;
}

async function scannedBy(
  work: (explaining: Database) => Promise<unknown>,
): Promise<readonly string[]> {
  const explaining = new Explaining();
  await work(explaining as unknown as Database);
  return explaining.scanned;
}

const request: CheckoutRequest = {
  orderId: randomUUID(),
  key: 'a-key-of-good-length',
  requestHash: Buffer.alloc(32),
  guestHash: undefined,
  payment: 'cod',
  email: undefined,
  shipTo: goodCheckout.address,
  expectedTotalMinor: undefined,
  locale: 'en',
  now: new Date(),
};
const cancellation = {
  orderId: randomUUID(),
  reader: { kind: 'account', userId },
  move: orderMove('cancelled'),
  note: '',
  now: new Date(),
} as const;
const checkOut = (explaining: Database): Promise<unknown> =>
  checkoutRepository(explaining).place({ kind: 'guest', cartId }, request);
const cancel = (explaining: Database): Promise<unknown> =>
  orderRepository(explaining).move(cancellation);
const page: OrderQuery = { userId: undefined, state: undefined, before: undefined, limit: 20 };

describe(`with ${rowCount} variants and orders no table is read whole`, () => {
  it.each([{ kind: 'guest', cartId } as const, { kind: 'account', userId } as const])(
    'by a checkout of a cart of a $kind',
    async (owner) => {
      const scanned = await scannedBy((explaining) =>
        checkoutRepository(explaining).place(owner, request),
      );
      // A few products are read faster as a whole.
      expect(scanned.filter((table) => table !== 'products')).toEqual([]);
    },
  );

  it('by a cancellation', async () => {
    expect(await scannedBy(cancel)).toEqual([]);
  });

  it.each<[string, Partial<OrderQuery>]>([
    ['of an account', { userId }],
    ['of an account after a page', { userId, before: 103_000 }],
    ['of everybody', {}],
    ['in a state', { state: 'placed' }],
    ['in a state after a page', { state: 'placed', before: 103_000 }],
  ])('by a page of orders %s', async (_, query) => {
    const scanned = await scannedBy((explaining) =>
      orderRepository(explaining).list({ ...page, ...query }),
    );
    expect(scanned).toEqual([]);
  });
});

// A new shop has no statistics, and later ones may be old: the planner then takes carts and orders for big ones.
describe('with statistics that promise hundreds of lines variants are not read whole', () => {
  beforeAll(() =>
    asAdministrator(
      url,
      `ALTER TABLE cart_lines ALTER COLUMN cart_id SET (n_distinct = 10);
       ALTER TABLE order_lines ALTER COLUMN order_id SET (n_distinct = 10);
       ANALYZE cart_lines, order_lines`,
    ),
  );

  it.each([
    ['checkout', checkOut],
    ['cancellation', cancel],
  ])('by a %s', async (_, work) => {
    expect(await scannedBy(work)).not.toContain('variants');
  });
});
