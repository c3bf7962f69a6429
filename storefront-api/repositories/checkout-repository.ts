// A checkout is one statement: the key, the stock, the order, its lines, its history, the event, the mail and the emptied
// cart commit together or not at all, in one round trip (docs/adr/0011).
import type { CartOwner } from '../domain/cart.ts';
import { deliveryRule } from '../domain/delivery.ts';
import type { CheckoutOutcome, CheckoutRequest, Order, ShortLine } from '../domain/order.ts';
import { ownedCart } from './cart-repository.ts';
import type { Database, SqlValue, Statement } from './database.ts';
import { lineJson } from './order-columns.ts';
import { tellBuyer } from './order-mail.ts';

/** Port. */
export interface CheckoutRepository {
  /** Turns a cart into an order, exactly once for a key. */
  place(owner: CartOwner, request: CheckoutRequest): Promise<CheckoutOutcome>;
}

/** Runs of a checkout whose cart others keep changing; the second finds what the first waited for. */
const cartAttempts = 3;

// The cart. Its row is locked, so checkouts of one cart take turns. The statement's snapshot may be older than a change
// that it waited for: then the version read before the lock is not the one read after it, and nothing happens.
const lockedCart = (where: string): string => `SELECT c.id FROM carts c
   WHERE ${where} AND NOT EXISTS (SELECT FROM prior) AND c.version = (SELECT c.version FROM carts c WHERE ${where})
     FOR NO KEY UPDATE`;

// The variants, locked in the order of their ids, so that two checkouts never wait for each other. Price and stock are
// those of the locked rows. A cart has one line for a variant (primary key), so nothing has to be summed.
const wantedLines = `SELECT v.id, v.sku, v.options, v.price_minor, v.stock, l.quantity, l.added_at, p.title_en, p.title_bn,
         CASE WHEN p.status = 'active' THEN v.stock ELSE 0 END AS available
    FROM cart JOIN cart_lines l ON l.cart_id = cart.id JOIN variants v ON v.id = l.variant_id
    JOIN products p ON p.id = v.product_id
   ORDER BY v.id FOR NO KEY UPDATE OF v`;

// The rule of domain/delivery.ts; its amounts come along.
const billed = `SELECT b.*, b.items + d.delivery AS total, d.delivery
    FROM (SELECT count(*)::int AS lines, COALESCE(sum(price_minor * quantity), 0)::bigint AS items,
                 COALESCE(sum(quantity), 0)::int AS pieces,
                 COALESCE(bool_and(available >= quantity), false) AS is_possible FROM wanted) b,
         LATERAL (SELECT CASE WHEN b.items >= $6::bigint THEN 0 ELSE $5::bigint END AS delivery) d`;

// What the shopper is told, kept with the key: a retry gets the same answer.
const receiptOf = `SELECT n.*, jsonb_build_object(
           'id', $2::uuid, 'number', n.number, 'state', 'placed', 'placedAt', $13::text, 'currency', 'BDT',
           'totalMinor', n.total, 'quantity', n.pieces,
           'payment', jsonb_build_object('method', $8::text, 'state', $9::text),
           'itemsMinor', n.items, 'deliveryMinor', n.delivery, 'shipTo', $11::jsonb,
           'lines', (SELECT jsonb_agg(${lineJson('w', "CASE $12::text WHEN 'bn' THEN w.title_bn ELSE w.title_en END")}
                            ORDER BY w.added_at, w.id) FROM wanted w)) AS response
    FROM (SELECT nextval(pg_get_serial_sequence('orders', 'number')) AS number, b.*
            FROM bill b WHERE b.is_possible AND ($7::bigint IS NULL OR $7::bigint = b.total)) n`;

const told = tellBuyer({
  state: `'placed'`,
  at: '$13::timestamptz',
  orders: `SELECT number, total AS total_minor, $9::text AS payment_state, $12::text AS locale, $16::text AS email,
              $14::uuid AS user_id FROM receipt, claimed`,
});

function checkoutStatement(owner: CartOwner): Statement {
  const { where } = ownedCart(owner);
  return {
    name: `checkout-${owner.kind}`,
    text: `WITH prior AS (
    SELECT request_hash, response FROM idempotency_keys WHERE scope = $3::text AND key = $4::text),
  cart AS (${lockedCart(where)}),
  wanted AS MATERIALIZED (${wantedLines}),
  bill AS MATERIALIZED (${billed}),
  receipt AS MATERIALIZED (${receiptOf}),
  claimed AS (
    INSERT INTO idempotency_keys (scope, key, request_hash, order_id, status, response)
    SELECT $3::text, $4::text, $10::bytea, $2::uuid, 201, response FROM receipt
    ON CONFLICT DO NOTHING RETURNING order_id),
  placed AS (
    INSERT INTO orders (id, number, user_id, guest_hash, payment_method, payment_state, items_minor, delivery_minor,
                        total_minor, email, ship_to, locale, placed_at, updated_at)
    OVERRIDING SYSTEM VALUE
    SELECT order_id, number, $14::uuid, $15::bytea, $8::text, $9::text, items, delivery, total, $16::text, $11::jsonb,
           $12::text, $13::timestamptz, $13::timestamptz FROM receipt, claimed),
  lines AS (
    INSERT INTO order_lines (order_id, line, variant_id, sku, title_en, title_bn, options, price_minor, quantity, total_minor)
    SELECT order_id, row_number() OVER (ORDER BY added_at, id), id, sku, title_en, title_bn, options, price_minor,
           quantity, price_minor * quantity FROM wanted, claimed),
  -- From the locked stock, not from v.stock: this scan begins with the snapshot's row, which may be older than the lock,
  -- and the CHECK would judge what is computed from that. A condition on v.stock would even skip the row in silence.
  -- The array only shows the way: the planner takes its ids for ten and looks them up. How many lines a cart has it must
  -- guess, and for a guess of hundreds, as in a shop that was empty a moment ago, it reads all variants.
  sold AS (
    UPDATE variants v SET stock = w.stock - w.quantity FROM wanted w, claimed
     WHERE v.id = w.id AND v.id = ANY (ARRAY(SELECT id FROM wanted))),
  history AS (
    INSERT INTO order_history (order_id, to_state, actor_id, at)
    SELECT order_id, 'placed', $14::uuid, $13::timestamptz FROM claimed),
  event AS (
    INSERT INTO outbox (topic, payload)
    SELECT 'order.placed', jsonb_build_object('orderId', order_id, 'number', number, 'totalMinor', total,
                                              'locale', $12::text) FROM receipt, claimed),
  told AS (${told}),
  emptied AS (DELETE FROM cart_lines l USING cart, claimed WHERE l.cart_id = cart.id),
  turned AS (
    UPDATE carts c SET version = c.version + 1, updated_at = $13::timestamptz FROM cart, claimed WHERE c.id = cart.id)
  SELECT b.lines, b.total,
         EXISTS (SELECT FROM claimed) AS is_placed,
         COALESCE((SELECT response FROM prior), (SELECT response FROM receipt)) AS response,
         (SELECT request_hash FROM prior) AS prior_hash,
         EXISTS (SELECT FROM carts c WHERE ${where}) AND NOT EXISTS (SELECT FROM cart) AS is_overtaken,
         (SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity, 'available', available) ORDER BY added_at, id)
            FROM wanted WHERE available < quantity) AS short
    FROM bill b`,
  };
}

interface CheckoutRow {
  readonly lines: number;
  readonly total: number;
  readonly is_placed: boolean;
  readonly response: Order | null;
  readonly prior_hash: Buffer | null;
  readonly is_overtaken: boolean;
  readonly short: readonly ShortLine[] | null;
}

function valuesOf(owner: CartOwner, request: CheckoutRequest): readonly SqlValue[] {
  const { id } = ownedCart(owner);
  const { orderId, key, requestHash, guestHash, payment, email, shipTo, locale, now } = request;
  const { feeMinor, freeFromMinor } = deliveryRule(shipTo.division);
  return [
    id,
    orderId,
    `${owner.kind}:${id}`,
    key,
    feeMinor,
    freeFromMinor,
    request.expectedTotalMinor ?? null,
    payment,
    payment === 'test' ? 'paid' : 'due',
    requestHash,
    JSON.stringify(shipTo),
    locale,
    now.toISOString(),
    owner.kind === 'account' ? owner.userId : null,
    guestHash ?? null,
    email ?? null,
  ];
}

/** What a row means; undefined when the cart changed meanwhile and the statement must be run again. Pure. */
function outcome(row: CheckoutRow | undefined, requestHash: Buffer): CheckoutOutcome | undefined {
  if (row === undefined) return undefined;
  const { response, prior_hash: priorHash } = row;
  if (priorHash !== null && response !== null) {
    return priorHash.equals(requestHash)
      ? { kind: 'placed', order: response }
      : { kind: 'other-request' };
  }
  if (row.is_placed && response !== null) return { kind: 'placed', order: response };
  if (row.is_overtaken || response !== null) return undefined;
  if (row.lines === 0) return { kind: 'empty' };
  if (row.short !== null) return { kind: 'short', lines: row.short };
  return { kind: 'other-total', totalMinor: row.total };
}

/** Adapter on PostgreSQL. */
export function checkoutRepository(database: Database): CheckoutRepository {
  return {
    async place(owner, request) {
      const statement = checkoutStatement(owner);
      const values = valuesOf(owner, request);
      for (let attempt = 1; attempt <= cartAttempts; attempt += 1) {
        const [row] = await database.runRepeatable<CheckoutRow>(statement, values);
        const found = outcome(row, request.requestHash);
        if (found !== undefined) return found;
      }
      return { kind: 'busy' };
    },
  };
}
