// Mails that wait in the outbox. A row is leased while it is being sent, so two replicas do not send it at once; one that dies
// in between sends it again later: a mail may come twice, but it comes.
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
  /** Leases the mails that are due, the oldest first. */
  lease(limit: number, now: Date): Promise<readonly Mail[]>;
  /** The token is of no use to anybody any more, so it goes. */
  sent(id: number, now: Date): Promise<void>;
  failed(id: number, reason: string): Promise<void>;
}

const maxReasonLength = 500;

// 30 s, 1 min, 2 min ... up to about half an hour.
const leaseStatement: Statement = {
  name: 'outbox-lease-mails',
  text: `UPDATE outbox SET attempts = attempts + 1, next_attempt_at = $2::timestamptz + interval '30 s' * 2 ^ least(attempts, 6)
  WHERE id IN (SELECT id FROM outbox WHERE sent_at IS NULL AND topic LIKE 'mail.%' AND next_attempt_at <= $2
                ORDER BY next_attempt_at, id LIMIT $1 FOR UPDATE SKIP LOCKED)
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
    async lease(limit, now) {
      const rows = await database.run<MailRow>(leaseStatement, [limit, now]);
      return rows.map(mailOf);
    },
    async sent(id, now) {
      await database.run(sentStatement, [id, now]);
    },
    async failed(id, reason) {
      await database.run(failedStatement, [id, reason.slice(0, maxReasonLength)]);
    },
  };
}
