// Removes rows that nobody needs any more, a few at a time and one replica at a time: the lock belongs to the transaction, so a
// replica that dies gives it back.
import type { Database, Statement } from './database.ts';

/** Rows removed by one statement. */
export const sweepBatch = 500;

/** Rounds of one sweep; what is left waits for the next. */
const maxRounds = 20;

/** Any number will do, as long as nothing else in the database takes it. */
const lockKey = 4_715_202;

const dayMs = 86_400_000;

/** How long rows stay after they have lost their use, in milliseconds. */
export const retentionMs = {
  /** After their end: what happened can still be looked at the day after. */
  sessions: dayMs,
  accountTokens: dayMs,
  /** Since their last change. */
  guestCarts: 30 * dayMs,
  /** Since the checkout: longer than any client repeats one. */
  idempotencyKeys: 7 * dayMs,
  sentMessages: 7 * dayMs,
  /** Since they were written; their tokens have expired. */
  unsentMails: 2 * dayMs,
  /** Since they were written. The shop does not read them: other systems have so long to do it. */
  orderEvents: 30 * dayMs,
} as const;

interface Sweep {
  readonly table: string;
  readonly text: string;
  /** The one value of the statement besides the batch. */
  readonly before: (now: Date) => Date | number;
}

const earlier = (ms: number) => (now: Date) => new Date(now.getTime() - ms);

function sweepOf(table: string, condition: string, before: Sweep['before']): Sweep {
  const text = `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${sweepBatch} FOR UPDATE SKIP LOCKED)) RETURNING 1`;
  return { table, text, before };
}

const sweeps: readonly Sweep[] = [
  sweepOf('sessions', 'expires_at < $1', earlier(retentionMs.sessions)),
  sweepOf('sessions', 'revoked_at < $1', earlier(retentionMs.sessions)),
  sweepOf('account_tokens', 'expires_at < $1', earlier(retentionMs.accountTokens)),
  sweepOf('carts', 'updated_at < $1 AND user_id IS NULL', earlier(retentionMs.guestCarts)),
  sweepOf('idempotency_keys', 'created_at < $1', earlier(retentionMs.idempotencyKeys)),
  sweepOf('outbox', 'sent_at < $1', earlier(retentionMs.sentMessages)),
  sweepOf(
    'outbox',
    "created_at < $1 AND sent_at IS NULL AND topic LIKE 'mail.%'",
    earlier(retentionMs.unsentMails),
  ),
  sweepOf('outbox', "created_at < $1 AND topic LIKE 'order.%'", earlier(retentionMs.orderEvents)),
  sweepOf('rate_limits', 'expire < $1', (now) => now.getTime()),
];

const lockStatement: Statement = {
  name: 'sweep-lock',
  text: `SELECT pg_try_advisory_xact_lock(${lockKey}) AS locked`,
};

async function sweepRound(database: Database, now: Date): Promise<Record<string, number>> {
  return database.transaction(async (runner) => {
    const removed: Record<string, number> = {};
    const [lock] = await runner.run<{ locked: boolean }>(lockStatement);
    if (lock?.locked !== true) return removed;
    for (const [at, { table, text, before }] of sweeps.entries()) {
      const rows = await runner.run({ name: `sweep-${at}`, text }, [before(now)]);
      removed[table] = (removed[table] ?? 0) + rows.length;
    }
    return removed;
  });
}

/**
 * Sweeps once. Does nothing while another replica does it.
 * @returns rows removed, by table
 * @throws DatabaseUnavailable
 */
export async function sweep(
  database: Database,
  now: Date,
): Promise<Readonly<Record<string, number>>> {
  const total: Record<string, number> = {};
  for (let round = 0; round < maxRounds; round += 1) {
    const removed = await sweepRound(database, now);
    for (const [table, count] of Object.entries(removed)) {
      total[table] = (total[table] ?? 0) + count;
    }
    if (Object.values(removed).every((count) => count < sweepBatch)) break;
  }
  return total;
}
