// New passwords. Each is one transaction in which the account's row comes first: a sign-in with the old password either waits for
// it and fails, or is done before it and its session is among those that end.
import type { Database, Statement, StatementRunner } from './database.ts';

/** A new password, by whoever knew the old one. */
export interface PasswordChange {
  readonly userId: string;
  readonly passwordVersion: number;
  readonly passwordHash: string;
  readonly now: Date;
  /** The session that goes on. */
  readonly keep: string;
}

/** A new password, by whoever got the mail. */
export interface PasswordReset {
  readonly tokenHash: Buffer;
  readonly passwordHash: string;
  readonly now: Date;
}

/** Whose password is new, and which sessions have ended for it. */
export interface ChangedPassword {
  readonly userId: string;
  readonly endedSessions: readonly string[];
}

/** Port to what mailed tokens and passwords change. Every method may throw DatabaseUnavailable. */
export interface PasswordChangeRepository {
  /** undefined: somebody else has changed it meanwhile. */
  change(change: PasswordChange): Promise<ChangedPassword | undefined>;
  /** Whose a token is that may still be used, to check the new password against the address; undefined: nobody's. */
  resetOwner(tokenHash: Buffer, now: Date): Promise<{ readonly email: string } | undefined>;
  /** undefined: the token is unknown, used or too old. */
  reset(reset: PasswordReset): Promise<ChangedPassword | undefined>;
  /** Returns whose address is verified now; undefined: the token is unknown, used or too old. */
  verifyEmail(tokenHash: Buffer, now: Date): Promise<string | undefined>;
}

interface Owner {
  readonly id: string;
  readonly email: string;
  readonly locale: string;
}

const changeStatement: Statement = {
  name: 'password-change',
  text: `UPDATE users SET password_hash = $3, password_version = password_version + 1, updated_at = $4
  WHERE id = $1 AND password_version = $2 AND disabled_at IS NULL RETURNING id, email, locale`,
};

const resetOwnerStatement: Statement = {
  name: 'password-reset-owner',
  text: `SELECT u.email FROM account_tokens t JOIN users u ON u.id = t.user_id
  WHERE t.token_hash = $1 AND t.purpose = 'reset-password' AND t.used_at IS NULL AND t.expires_at > $2 AND u.disabled_at IS NULL`,
};

const useTokenStatement: Statement = {
  name: 'account-token-use',
  text: `UPDATE account_tokens SET used_at = $3
  WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING user_id AS "userId"`,
};

// Whoever holds the mail holds the address.
const resetStatement: Statement = {
  name: 'password-reset',
  text: `UPDATE users SET password_hash = $2, password_version = password_version + 1, updated_at = $3,
    email_verified_at = COALESCE(email_verified_at, $3)
  WHERE id = $1 AND disabled_at IS NULL RETURNING id, email, locale`,
};

const verifyStatement: Statement = {
  name: 'account-verify-email',
  text: `UPDATE users SET email_verified_at = COALESCE(email_verified_at, $2), updated_at = $2
  WHERE id = $1 AND disabled_at IS NULL RETURNING id`,
};

const endSessionsStatement: Statement = {
  name: 'password-end-sessions',
  text: `UPDATE sessions SET revoked_at = $2, revoked_reason = 'password'
  WHERE user_id = $1 AND revoked_at IS NULL AND ($3::uuid IS NULL OR id <> $3) RETURNING id`,
};

const voidTokensStatement: Statement = {
  name: 'password-void-tokens',
  text: `UPDATE account_tokens SET used_at = $2 WHERE user_id = $1 AND purpose = 'reset-password' AND used_at IS NULL`,
};

const tellStatement: Statement = {
  name: 'password-tell',
  text: `INSERT INTO outbox (topic, payload, next_attempt_at, created_at)
  VALUES ('mail.password-changed', jsonb_build_object('to', $1::text, 'locale', $2::text), $3, $3)`,
};

interface Aftermath {
  readonly owner: Owner;
  readonly now: Date;
  readonly keep: string | null;
}

/** What every new password brings: other sessions and links in mails end, the owner is told. */
async function afterChange(
  runner: StatementRunner,
  { owner, now, keep }: Aftermath,
): Promise<ChangedPassword> {
  const { id, email, locale } = owner;
  const ended = await runner.run<{ id: string }>(endSessionsStatement, [id, now, keep]);
  await runner.run(voidTokensStatement, [id, now]);
  await runner.run(tellStatement, [email, locale, now]);
  return { userId: id, endedSessions: ended.map((session) => session.id) };
}

async function useToken(
  runner: StatementRunner,
  hash: Buffer,
  [purpose, now]: readonly [purpose: string, now: Date],
): Promise<string | undefined> {
  const values = [hash, purpose, now];
  return (await runner.run<{ userId: string }>(useTokenStatement, values))[0]?.userId;
}

/** Adapter on PostgreSQL. */
export function passwordChangeRepository(database: Database): PasswordChangeRepository {
  return {
    change: ({ userId, passwordVersion, passwordHash, now, keep }) =>
      database.transaction(async (runner) => {
        const values = [userId, passwordVersion, passwordHash, now];
        const [owner] = await runner.run<Owner>(changeStatement, values);
        return owner && afterChange(runner, { owner, now, keep });
      }),
    async resetOwner(tokenHash, now) {
      return (await database.read<{ email: string }>(resetOwnerStatement, [tokenHash, now]))[0];
    },
    reset: ({ tokenHash, passwordHash, now }) =>
      database.transaction(async (runner) => {
        const userId = await useToken(runner, tokenHash, ['reset-password', now]);
        if (userId === undefined) return undefined;
        const [owner] = await runner.run<Owner>(resetStatement, [userId, passwordHash, now]);
        return owner && afterChange(runner, { owner, now, keep: null });
      }),
    verifyEmail: (tokenHash, now) =>
      database.transaction(async (runner) => {
        const userId = await useToken(runner, tokenHash, ['verify-email', now]);
        if (userId === undefined) return undefined;
        return (await runner.run<{ id: string }>(verifyStatement, [userId, now]))[0]?.id;
      }),
  };
}
