// Checkouts as they are commonly written: a transaction in which each step is a statement of its own.
import type { Pool } from 'pg';
import type { CheckoutRequest } from '../../../storefront-api/domain/order.ts';

type Run = <Row>(name: string, text: string, values: unknown[]) => Promise<readonly Row[]>;

async function inTransaction(pool: Pool, work: (run: Run) => Promise<void>): Promise<void> {
  const client = await pool.connect();
  const run: Run = async <Row>(name: string, text: string, values: unknown[]) =>
    (await client.query({ name, text, values })).rows as Row[];
  try {
    await client.query('BEGIN');
    await work(run);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
}

const insertLines = `INSERT INTO order_lines (order_id, line, variant_id, sku, title_en, title_bn, options, price_minor, quantity, total_minor)
  SELECT $1, row_number() OVER (), v.id, v.sku, p.title_en, p.title_bn, v.options, v.price_minor, l.quantity,
         v.price_minor * l.quantity
    FROM cart_lines l JOIN variants v ON v.id = l.variant_id JOIN products p ON p.id = v.product_id WHERE l.cart_id = $2`;

/** Key, stock, order, lines and event: the cart stays as it is, no answer is kept, no history begun. */
export async function fiveStatements(
  pool: Pool,
  cartId: string,
  ask: CheckoutRequest,
): Promise<void> {
  await inTransaction(pool, async (run) => {
    await run(
      'five-key',
      'INSERT INTO idempotency_keys (scope, key, request_hash) VALUES ($1, $2, $3)',
      [`guest:${cartId}`, ask.key, ask.requestHash],
    );
    const [sold] = await run<{ total: number }>(
      'five-stock',
      `WITH sold AS (UPDATE variants v SET stock = stock - l.quantity FROM cart_lines l
         WHERE l.cart_id = $1 AND v.id = l.variant_id AND v.stock >= l.quantity RETURNING v.price_minor * l.quantity AS worth)
       SELECT sum(worth)::int AS total FROM sold`,
      [cartId],
    );
    await run(
      'five-order',
      `INSERT INTO orders (id, guest_hash, payment_method, items_minor, delivery_minor, total_minor, ship_to)
       VALUES ($1, $2, 'cod', $3, 0, $3, $4)`,
      [ask.orderId, ask.guestHash, sold?.total ?? 0, JSON.stringify(ask.shipTo)],
    );
    await run('five-lines', insertLines, [ask.orderId, cartId]);
    await run(
      'five-event',
      `INSERT INTO outbox (topic, payload) VALUES ('order.placed', jsonb_build_object('orderId', $1::uuid))`,
      [ask.orderId],
    );
  });
}

interface WantedLine {
  readonly sku: string;
  readonly title_en: string;
  readonly options: Readonly<Record<string, string>>;
  readonly price_minor: string;
  readonly stock: number;
  readonly quantity: number;
}

async function lockedLines(
  run: Run,
  cartId: string,
  ask: CheckoutRequest,
): Promise<readonly WantedLine[]> {
  const prior = await run(
    'same-prior',
    'SELECT request_hash, response FROM idempotency_keys WHERE scope = $1 AND key = $2',
    [`guest:${cartId}`, ask.key],
  );
  if (prior.length > 0) throw new Error('the key was used before');
  await run(
    'same-cart',
    'SELECT id FROM carts WHERE id = $1 AND user_id IS NULL FOR NO KEY UPDATE',
    [cartId],
  );
  const lines = await run<WantedLine>(
    'same-wanted',
    `SELECT v.sku, v.options, v.price_minor, v.stock, l.quantity, p.title_en FROM cart_lines l
       JOIN variants v ON v.id = l.variant_id JOIN products p ON p.id = v.product_id
      WHERE l.cart_id = $1 ORDER BY v.id FOR NO KEY UPDATE OF v`,
    [cartId],
  );
  if (lines.some(({ stock, quantity }) => stock < quantity)) throw new Error('short of stock');
  return lines;
}

/** What our statement does, in eleven. */
export async function sameEffects(pool: Pool, cartId: string, ask: CheckoutRequest): Promise<void> {
  await inTransaction(pool, async (run) => {
    const lines = await lockedLines(run, cartId, ask);
    const items = lines.reduce((sum, line) => sum + Number(line.price_minor) * line.quantity, 0);
    const [order] = await run<{ number: string }>(
      'same-order',
      `INSERT INTO orders (id, guest_hash, payment_method, items_minor, delivery_minor, total_minor, ship_to, placed_at, updated_at)
       VALUES ($1, $2, 'cod', $3, 0, $3, $4, $5, $5) RETURNING number`,
      [ask.orderId, ask.guestHash, items, JSON.stringify(ask.shipTo), ask.now],
    );
    await run('same-lines', insertLines, [ask.orderId, cartId]);
    await run(
      'same-stock',
      `UPDATE variants v SET stock = v.stock - l.quantity FROM cart_lines l WHERE l.cart_id = $1 AND v.id = l.variant_id`,
      [cartId],
    );
    await run(
      'same-history',
      `INSERT INTO order_history (order_id, to_state, at) VALUES ($1, 'placed', $2)`,
      [ask.orderId, ask.now],
    );
    const event = {
      orderId: ask.orderId,
      number: order?.number,
      totalMinor: items,
      locale: ask.locale,
    };
    await run('same-event', `INSERT INTO outbox (topic, payload) VALUES ('order.placed', $1)`, [
      JSON.stringify(event),
    ]);
    await run('same-emptied', 'DELETE FROM cart_lines WHERE cart_id = $1', [cartId]);
    await run(
      'same-turned',
      'UPDATE carts SET version = version + 1, updated_at = $2 WHERE id = $1',
      [cartId, ask.now],
    );
    const response = { ...event, state: 'placed', shipTo: ask.shipTo, lines };
    await run(
      'same-key',
      `INSERT INTO idempotency_keys (scope, key, request_hash, order_id, status, response) VALUES ($1, $2, $3, $4, 201, $5)`,
      [`guest:${cartId}`, ask.key, ask.requestHash, ask.orderId, JSON.stringify(response)],
    );
  });
}
