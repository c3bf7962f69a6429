// Reading orders and moving them on. A move is one statement: state, history, event, the mail to the buyer and, when an order is
// cancelled, the stock that comes back.
import { randomUUID } from 'node:crypto';
import type { Locale } from '../domain/locale.ts';
import type { Order, OrderQuery, OrderReader, OrderStep, OrderSummary } from '../domain/order.ts';
import type { OrderMove, OrderState } from '../domain/order-state.ts';
import { maxStock } from '../domain/staff-catalogue.ts';
import type { Database, SqlValue, Statement } from './database.ts';
import { orderJson, summaryJson, timeText } from './order-columns.ts';
import { tellBuyer } from './order-mail.ts';

/** An order and how it got where it is. */
export interface OrderDetail {
  readonly order: Order;
  readonly history: readonly OrderStep[];
}

/** A page of a list. */
export interface OrderPage {
  readonly items: readonly OrderSummary[];
  /** Number of the page's last order, when there are more. */
  readonly next: number | undefined;
}

/** A change of an order's state. */
export interface MoveRequest {
  readonly orderId: string;
  readonly reader: OrderReader;
  readonly move: OrderMove;
  /** For staff; buyers do not see it. */
  readonly note: string;
  readonly now: Date;
}

/** How a move ends: `was` is the state in which an order stays that is not moved; `undefined`: this reader has no such order. */
export type MoveOutcome = { readonly isMoved: boolean; readonly was: OrderState } | undefined;

/** Port. */
export interface OrderRepository {
  list(query: OrderQuery): Promise<OrderPage>;
  find(orderId: string, reader: OrderReader, locale: Locale): Promise<OrderDetail | undefined>;
  move(request: MoveRequest): Promise<MoveOutcome>;
}

/** The condition on `orders o` that this reader may see it ($2); the id is $1. */
const readable: Readonly<Record<OrderReader['kind'], string>> = {
  account: 'o.id = $1::uuid AND o.user_id = $2::uuid',
  guest: 'o.id = $1::uuid AND o.guest_hash = $2::bytea',
  staff: 'o.id = $1::uuid AND $2::uuid IS NOT NULL',
};

function readerValue(reader: OrderReader): string | Buffer {
  return reader.kind === 'guest' ? reader.tokenHash : reader.userId;
}

function findStatement(kind: OrderReader['kind'], locale: Locale): Statement {
  const notes = kind === 'staff' ? ", 'note', h.note, 'actorId', h.actor_id" : '';
  return {
    name: `order-${kind}-${locale}`,
    text: `SELECT ${orderJson(locale)} AS order,
       (SELECT jsonb_agg(jsonb_build_object('state', h.to_state, 'at', ${timeText('h.at')}${notes}) ORDER BY h.id)
          FROM order_history h WHERE h.order_id = o.id) AS history
  FROM orders o WHERE ${readable[kind]}`,
  };
}

const told = tellBuyer({
  state: '$3::text',
  at: '$9::timestamptz',
  orders: 'SELECT number, total_minor, payment_state, locale, email, user_id FROM moved',
});

// The order's row is locked before its state is read, so of two moves at once the second sees the first; and a move that is repeated
// since its answer was lost finds its own id, also when the first run ends while the second waits for it. The variants are locked in the
// order of their ids, found by an array of them, and changed from what the locked rows hold, as a checkout does.
function moveStatement(kind: OrderReader['kind']): Statement {
  return {
    name: `order-move-${kind}`,
    text: `WITH target AS (SELECT o.id, o.state, o.move_id FROM orders o WHERE ${readable[kind]} FOR NO KEY UPDATE),
  moved AS (
    UPDATE orders o SET state = $3::text, move_id = $12::uuid, version = o.version + 1, updated_at = $9::timestamptz,
           payment_state = CASE o.payment_state WHEN 'due' THEN $6::text WHEN 'paid' THEN $7::text ELSE o.payment_state END
      FROM target t WHERE o.id = t.id AND t.state = ANY ($4::text[])
    RETURNING o.id, o.number, t.state AS was, o.total_minor, o.payment_state, o.locale, o.email, o.user_id),
  back AS (
    SELECT l.variant_id, sum(l.quantity)::int AS quantity FROM moved JOIN order_lines l ON l.order_id = moved.id
     WHERE $5::boolean AND l.variant_id IS NOT NULL GROUP BY l.variant_id),
  held AS MATERIALIZED (
    SELECT v.id, LEAST($11::int, v.stock + b.quantity) AS stock FROM variants v JOIN back b ON b.variant_id = v.id
     WHERE v.id = ANY (ARRAY(SELECT variant_id FROM back)) ORDER BY v.id FOR NO KEY UPDATE OF v),
  restocked AS (
    UPDATE variants v SET stock = h.stock FROM held h WHERE v.id = h.id AND v.id = ANY (ARRAY(SELECT id FROM held))),
  history AS (
    INSERT INTO order_history (order_id, from_state, to_state, actor_id, note, at)
    SELECT id, was, $3::text, $10::uuid, $8::text, $9::timestamptz FROM moved),
  event AS (
    INSERT INTO outbox (topic, payload)
    SELECT 'order.' || $3::text, jsonb_build_object('orderId', id, 'number', number, 'from', was) FROM moved),
  told AS (${told})
  SELECT t.state AS was, t.move_id IS NOT DISTINCT FROM $12::uuid OR EXISTS (SELECT FROM moved) AS is_moved FROM target t`,
  };
}

function listStatement(query: OrderQuery): { statement: Statement; values: readonly SqlValue[] } {
  const values: SqlValue[] = [];
  const conditions: string[] = [];
  const parts: string[] = [];
  const add = (name: string, condition: (place: string) => string, value: SqlValue): void => {
    values.push(value);
    parts.push(name);
    conditions.push(condition(`$${values.length}`));
  };
  const { userId, state, before, limit } = query;
  if (userId !== undefined) add('user', (place) => `o.user_id = ${place}::uuid`, userId);
  if (state !== undefined) add('state', (place) => `o.state = ${place}`, state);
  if (before !== undefined) add('before', (place) => `o.number < ${place}::bigint`, before);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const statement = {
    name: ['orders', ...parts].join('-'),
    text: `SELECT ${summaryJson} AS order FROM orders o ${where} ORDER BY o.number DESC LIMIT $${values.length + 1}`,
  };
  return { statement, values: [...values, limit + 1] };
}

/** Adapter on PostgreSQL. */
export function orderRepository(database: Database): OrderRepository {
  return {
    async list(query) {
      const { statement, values } = listStatement(query);
      const rows = await database.read<{ readonly order: OrderSummary }>(statement, values);
      const items = rows.slice(0, query.limit).map(({ order }) => order);
      return { items, next: rows.length > query.limit ? items.at(-1)?.number : undefined };
    },
    async find(orderId, reader, locale) {
      const statement = findStatement(reader.kind, locale);
      const [row] = await database.read<OrderDetail>(statement, [orderId, readerValue(reader)]);
      return row;
    },
    async move({ orderId, reader, move, note, now }) {
      const [row] = await database.runRepeatable<{ was: OrderState; is_moved: boolean }>(
        moveStatement(reader.kind),
        [
          orderId,
          readerValue(reader),
          move.to,
          move.from,
          move.restocks,
          move.due,
          move.paid,
          note,
          now,
          reader.kind === 'guest' ? null : reader.userId,
          maxStock,
          randomUUID(),
        ],
      );
      return row && { isMoved: row.is_moved, was: row.was };
    },
  };
}
