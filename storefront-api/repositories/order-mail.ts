/** Which orders a mail tells of, in expressions of SQL. */
export interface ToldOrders {
  readonly state: string;
  readonly at: string;
  /** A query with the columns number, total_minor, payment_state, locale, email and user_id. */
  readonly orders: string;
}

/**
 * Writes a mail to the buyer into the outbox: to the address that the order was given, else to that of the account, else to nobody. Part
 * of the statement that changes the order, so neither is there without the other. It holds nothing that somebody has typed but
 * the address: whoever names a stranger's can make the shop say nothing of their own.
 */
export function tellBuyer({ state, at, orders }: ToldOrders): string {
  return `INSERT INTO outbox (topic, payload, next_attempt_at, created_at)
    SELECT 'mail.order-' || ${state},
           jsonb_build_object('to', COALESCE(o.email, u.email), 'locale', o.locale, 'order', jsonb_build_object(
             'number', o.number, 'totalMinor', o.total_minor, 'payment', o.payment_state)), ${at}, ${at}
      FROM (${orders}) o LEFT JOIN users u ON u.id = o.user_id
     WHERE COALESCE(o.email, u.email) IS NOT NULL`;
}
