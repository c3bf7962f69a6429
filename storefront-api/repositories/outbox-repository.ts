// Mails that wait in the outbox. A row is leased while it is being sent, so two replicas do not send it at once; when one dies
// in between, it is sent again later: a mail may come twice, but it comes.
import type { Locale } from '../domain/locale.ts';
import type { OrderNews } from '../domain/order.ts';
import type { OrderState } from '../domain/order-state.ts';
import type { Database, Statement } from './database.ts';

/** Mails about accounts. */
export type AccountMailTopic =
  | 'mail.verify-email'
  | 'mail.already-registered'
  | 'mail.reset-password'
  | 'mail.password-changed';

interface MailTo {
  readonly id: number;
  readonly to: string;
  readonly locale: Locale;
}

/** A mail about an account. */
export interface AccountMail extends MailTo {
  readonly topic: AccountMailTopic;
  /** For the link in the mail; undefined when there is none. */
  readonly token: string | undefined;
}

/** A mail about an order that has come into a state. */
export interface OrderMail extends MailTo {
  readonly topic: `mail.order-${OrderState}`;
  readonly state: OrderState;
  readonly order: OrderNews;
}

/** A mail to be sent. */
export type Mail = AccountMail | OrderMail;

/** Port to the mails. Every method may throw DatabaseUnavailable. */
export interface OutboxRepository {
  /** Leases the mail that has been due for longest, for `mailLeaseMs`; undefined when none is due. */
  lease(now: Date): Promise<Mail | undefined>;
  /** The token is of no use to anybody any more, so it goes. */
  sent(id: number, now: Date): Promise<void>;
  failed(id: number, reason: string): Promise<void>;
}

const maxReasonLength = 500;

/** The shortest time that a leased mail belongs to whoever sends it, in milliseconds. */
export const mailLeaseMs = 30_000;

// 30 s, 1 min, 2 min ... up to about half an hour.
const leaseStatement: Statement = {
  name: 'outbox-lease-mail',
  text: `UPDATE outbox SET attempts = attempts + 1,
    next_attempt_at = $1::timestamptz + interval '${mailLeaseMs} ms' * 2 ^ least(attempts, 6)
  WHERE id = (SELECT id FROM outbox WHERE sent_at IS NULL AND topic LIKE 'mail.%' AND next_attempt_at <= $1
               ORDER BY next_attempt_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING id, topic, payload ->> 'to' AS "to", payload ->> 'locale' AS locale, payload ->> 'token' AS token,
    payload -> 'order' AS "order"`,
};

const sentStatement: Statement = {
  name: 'outbox-sent',
  text: `UPDATE outbox SET sent_at = $2, payload = payload - 'token', last_error = NULL WHERE id = $1`,
};

const failedStatement: Statement = {
  name: 'outbox-failed',
  text: 'UPDATE outbox SET last_error = $2 WHERE id = $1',
};

interface MailRow extends MailTo {
  readonly topic: Mail['topic'];
  readonly token: string | null;
  readonly order: OrderNews | null;
}

function mailOf({ token, order, ...row }: MailRow): Mail {
  if (order === null) return { ...row, token: token ?? undefined } as AccountMail;
  const state = row.topic.replace('mail.order-', '') as OrderState;
  return { ...row, state, order } as OrderMail;
}

/** Adapter on PostgreSQL. */
export function outboxRepository(database: Database): OutboxRepository {
  return {
    async lease(now) {
      const [row] = await database.run<MailRow>(leaseStatement, [now]);
      return row && mailOf(row);
    },
    async sent(id, now) {
      await database.run(sentStatement, [id, now]);
    },
    async failed(id, reason) {
      await database.run(failedStatement, [id, reason.slice(0, maxReasonLength)]);
    },
  };
}
