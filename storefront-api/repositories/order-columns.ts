// How an order is read from its rows: as one JSON value, so that the receipt kept with a checkout's key and an order
// that is read later have the same shape.
import type { Locale } from '../domain/locale.ts';

/** RFC 3339 with milliseconds, UTC. */
export function timeText(expression: string): string {
  return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** `jsonb_build_object` of an order's line; `from` is the row's alias. */
export function lineJson(from: string, title: string): string {
  return `jsonb_build_object('sku', ${from}.sku, 'title', ${title}, 'options', ${from}.options,
    'priceMinor', ${from}.price_minor, 'quantity', ${from}.quantity, 'totalMinor', ${from}.price_minor * ${from}.quantity)`;
}

/** Pieces of the order `o`. */
const pieces = '(SELECT sum(l.quantity)::int FROM order_lines l WHERE l.order_id = o.id)';

const summaryFields = `'id', o.id, 'number', o.number, 'state', o.state, 'placedAt', ${timeText('o.placed_at')},
  'currency', o.currency, 'totalMinor', o.total_minor, 'quantity', ${pieces}`;

/** An order `o` in a list. */
export const summaryJson = `jsonb_build_object(${summaryFields})`;

/** An order `o` with everything that its buyer may see. */
export function orderJson(locale: Locale): string {
  return `jsonb_build_object(${summaryFields},
  'payment', jsonb_build_object('method', o.payment_method, 'state', o.payment_state),
  'itemsMinor', o.items_minor, 'deliveryMinor', o.delivery_minor, 'shipTo', o.ship_to,
  'lines', (SELECT jsonb_agg(${lineJson('l', `l.title_${locale}`)} ORDER BY l.line)
              FROM order_lines l WHERE l.order_id = o.id))`;
}
