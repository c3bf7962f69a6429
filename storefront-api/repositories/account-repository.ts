// Accounts and what is mailed about them. Whatever must be told to the owner is written with the change itself (the outbox), to
// the stored address only: an address from a request is never mailed to (CVE-2019-19844).
import type { Account } from '../domain/account.ts';
import type { Locale } from '../domain/locale.ts';
import type { Database, Statement } from './database.ts';

/** What a sign-in is checked against. */
export interface Credential {
  readonly userId: string;
  readonly email: string;
  readonly passwordHash: string;
  readonly passwordVersion: number;
  readonly isDisabled: boolean;
  readonly isEmailVerified: boolean;
}

/** A token to be mailed: the secret goes to the outbox, the hash stays. */
export interface MailedToken {
  readonly token: string;
  readonly hash: Buffer;
  readonly now: Date;
  readonly expiresAt: Date;
}

/** Somebody who registers. */
export interface NewAccount {
  readonly email: string;
  readonly name: string;
  readonly locale: Locale;
  readonly passwordHash: string;
  readonly verification: MailedToken;
}

/** What an owner may change; undefined leaves a field as it is. */
export interface AccountChange {
  readonly name?: string | undefined;
  readonly phone?: string | null | undefined;
  readonly locale?: Locale | undefined;
}

/** Somebody of the staff, made by the operator of the shop. */
export interface NewStaff {
  readonly email: string;
  readonly passwordHash: string;
  readonly now: Date;
}

/** Port to the accounts. Every method may throw DatabaseUnavailable. */
export interface AccountRepository {
  /** One statement whether or not the address is taken; its owner is mailed either way. */
  register(account: NewAccount): Promise<void>;
  /** false: the address is taken. */
  createStaff(staff: NewStaff): Promise<boolean>;
  credentialOf(email: string): Promise<Credential | undefined>;
  credentialById(userId: string): Promise<Credential | undefined>;
  /** The same password under a costlier hash; does nothing when the password has changed. */
  rehash(credential: Credential, passwordHash: string): Promise<void>;
  /** Mails a link to choose a new password, when there is such an account and it is not disabled. */
  requestReset(email: string, reset: MailedToken): Promise<void>;
  find(userId: string): Promise<Account | undefined>;
  update(userId: string, change: AccountChange, now: Date): Promise<Account | undefined>;
}

const registerStatement: Statement = {
  name: 'account-register',
  text: `WITH known AS (SELECT email, locale FROM users WHERE email = $1 AND disabled_at IS NULL),
  added AS (INSERT INTO users (email, name, locale, password_hash, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $7, $7) ON CONFLICT (email) DO NOTHING RETURNING id, email, locale),
  token AS (INSERT INTO account_tokens (token_hash, user_id, purpose, created_at, expires_at)
            SELECT $6, id, 'verify-email', $7, $8 FROM added)
  INSERT INTO outbox (topic, payload, next_attempt_at, created_at)
  SELECT 'mail.verify-email', jsonb_build_object('to', email, 'locale', locale, 'token', $5::text), $7, $7 FROM added
   UNION ALL
  SELECT 'mail.already-registered', jsonb_build_object('to', email, 'locale', locale), $7, $7 FROM known`,
};

const createStaffStatement: Statement = {
  name: 'account-create-staff',
  text: `INSERT INTO users (email, password_hash, role, email_verified_at) VALUES ($1, $2, 'staff', $3)
  ON CONFLICT (email) DO NOTHING RETURNING id`,
};

const credentialColumns = `id AS "userId", email, password_hash AS "passwordHash", password_version AS "passwordVersion",
  disabled_at IS NOT NULL AS "isDisabled", email_verified_at IS NOT NULL AS "isEmailVerified"`;

const credentialOfStatement: Statement = {
  name: 'account-credential',
  text: `SELECT ${credentialColumns} FROM users WHERE email = $1`,
};

const credentialByIdStatement: Statement = {
  name: 'account-credential-by-id',
  text: `SELECT ${credentialColumns} FROM users WHERE id = $1`,
};

const rehashStatement: Statement = {
  name: 'account-rehash',
  text: 'UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2',
};

const requestResetStatement: Statement = {
  name: 'account-request-reset',
  text: `WITH known AS (SELECT id, email, locale FROM users WHERE email = $1 AND disabled_at IS NULL),
  token AS (INSERT INTO account_tokens (token_hash, user_id, purpose, created_at, expires_at)
            SELECT $3, id, 'reset-password', $4, $5 FROM known)
  INSERT INTO outbox (topic, payload, next_attempt_at, created_at)
  SELECT 'mail.reset-password', jsonb_build_object('to', email, 'locale', locale, 'token', $2::text), $4, $4 FROM known`,
};

const accountColumns = `id, email, name, phone, locale, role, email_verified_at IS NOT NULL AS "isEmailVerified"`;

const findStatement: Statement = {
  name: 'account-find',
  text: `SELECT ${accountColumns} FROM users WHERE id = $1`,
};

const updateStatement: Statement = {
  name: 'account-update',
  text: `UPDATE users SET name = COALESCE($2, name), phone = CASE WHEN $3 THEN $4 ELSE phone END,
    locale = COALESCE($5, locale), updated_at = $6 WHERE id = $1 RETURNING ${accountColumns}`,
};

/** Adapter on PostgreSQL. */
export function accountRepository(database: Database): AccountRepository {
  const first = async <Row>(rows: Promise<readonly Row[]>): Promise<Row | undefined> =>
    (await rows)[0];
  return {
    async register({ email, name, locale, passwordHash, verification }) {
      const { token, hash, now, expiresAt } = verification;
      const values = [email, name, locale, passwordHash, token, hash, now, expiresAt];
      await database.run(registerStatement, values);
    },
    async createStaff({ email, passwordHash, now }) {
      return (await database.run(createStaffStatement, [email, passwordHash, now])).length > 0;
    },
    credentialOf: (email) => first(database.read<Credential>(credentialOfStatement, [email])),
    credentialById: (id) => first(database.read<Credential>(credentialByIdStatement, [id])),
    async rehash({ userId, passwordHash: old }, passwordHash) {
      await database.run(rehashStatement, [userId, old, passwordHash]);
    },
    async requestReset(email, { token, hash, now, expiresAt }) {
      await database.run(requestResetStatement, [email, token, hash, now, expiresAt]);
    },
    find: (userId) => first(database.read<Account>(findStatement, [userId])),
    update: (userId, { name, phone, locale }, now) => {
      const values = [
        userId,
        name ?? null,
        phone !== undefined,
        phone ?? null,
        locale ?? null,
        now,
      ];
      return first(database.run<Account>(updateStatement, values));
    },
  };
}
