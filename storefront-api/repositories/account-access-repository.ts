import type { Database, Statement, StatementRunner } from './database.ts';

/** What a change did. */
export interface AccessChange {
  /** false: it was so already. */
  readonly isChanged: boolean;
  readonly endedSessions: number;
}

/** Port: who may sign in at all. Every method may throw DatabaseUnavailable; undefined: nobody has this address. */
export interface AccountAccessRepository {
  /** Ends all sessions, and links in mails with them. */
  disable(email: string, now: Date): Promise<AccessChange | undefined>;
  enable(email: string, now: Date): Promise<AccessChange | undefined>;
}

// A sign-in holds a share lock on the row until its session is there (session-repository.ts), so it is over before this goes on.
const lockStatement: Statement = {
  name: 'access-lock',
  text: 'SELECT id, disabled_at IS NOT NULL AS "isDisabled" FROM users WHERE email = $1 FOR NO KEY UPDATE',
};

const setStatement: Statement = {
  name: 'access-set',
  text: 'UPDATE users SET disabled_at = CASE WHEN $2 THEN $3::timestamptz END, updated_at = $3 WHERE id = $1',
};

const endSessionsStatement: Statement = {
  name: 'access-end-sessions',
  text: `UPDATE sessions SET revoked_at = $2, revoked_reason = 'disabled' WHERE user_id = $1 AND revoked_at IS NULL RETURNING id`,
};

const voidTokensStatement: Statement = {
  name: 'access-void-tokens',
  text: 'UPDATE account_tokens SET used_at = $2 WHERE user_id = $1 AND used_at IS NULL',
};

interface LockedAccount {
  readonly id: string;
  readonly isDisabled: boolean;
}

async function setDisabled(
  runner: StatementRunner,
  email: string,
  [isDisabled, now]: readonly [isDisabled: boolean, now: Date],
): Promise<AccessChange | undefined> {
  const [account] = await runner.run<LockedAccount>(lockStatement, [email]);
  if (account === undefined) return undefined;
  if (account.isDisabled === isDisabled) return { isChanged: false, endedSessions: 0 };
  await runner.run(setStatement, [account.id, isDisabled, now]);
  if (!isDisabled) return { isChanged: true, endedSessions: 0 };
  const ended = await runner.run(endSessionsStatement, [account.id, now]);
  await runner.run(voidTokensStatement, [account.id, now]);
  return { isChanged: true, endedSessions: ended.length };
}

/** Adapter on PostgreSQL. */
export function accountAccessRepository(database: Database): AccountAccessRepository {
  return {
    disable: (email, now) =>
      database.transaction((runner) => setDisabled(runner, email, [true, now])),
    enable: (email, now) =>
      database.transaction((runner) => setDisabled(runner, email, [false, now])),
  };
}
