// Sessions: one row for each sign-in, whatever refresh token it has at the moment.
import type { SessionSummary } from '../domain/account.ts';
import type { Actor, Role } from '../domain/actor.ts';
import type { Database, Statement } from './database.ts';

/** Why a session ended before its time. */
export type RevocationReason = 'logout' | 'logout-all' | 'reuse' | 'password';

/** A sign-in that has just been proven. */
export interface NewSession {
  readonly id: string;
  readonly userId: string;
  /** Of the password that was checked: a change in between makes the sign-in fail. */
  readonly passwordVersion: number;
  readonly refreshHash: Buffer;
  readonly device: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

/** A refresh token in exchange for another. */
export interface Rotation {
  readonly sessionId: string;
  readonly presentedHash: Buffer;
  readonly nextHash: Buffer;
  readonly now: Date;
  /** Sessions that were last used before this are too idle. */
  readonly idleSince: Date;
  /** The same exchange may be asked for again when it was made since then. */
  readonly graceSince: Date;
}

/** A session in force. */
export interface LiveSession {
  readonly userId: string;
  readonly role: Role;
  readonly expiresAt: Date;
}

/** What is known of the tokens of a session that refused one. */
export interface TokenState {
  readonly isLive: boolean;
  readonly currentHash: Buffer;
  readonly previousHash: Buffer | null;
}

/** Which sessions of an account end. */
export interface Revocation {
  readonly userId: string;
  readonly reason: RevocationReason;
  readonly now: Date;
  /** This one alone. */
  readonly only?: string;
}

/** Port to the sessions. Every method may throw DatabaseUnavailable. */
export interface SessionRepository {
  /** undefined: the account is disabled or has another password by now. The oldest beyond the limit end. */
  open(session: NewSession): Promise<LiveSession | undefined>;
  /** undefined: the token is neither in force nor the one that was just exchanged for this other, or the session is over. */
  rotate(rotation: Rotation): Promise<LiveSession | undefined>;
  tokenState(sessionId: string, now: Date): Promise<TokenState | undefined>;
  /** Whose session it is, with the role of this moment; undefined: it is over, or the account is disabled. */
  actorOf(sessionId: string, now: Date): Promise<Actor | undefined>;
  /** Ends the session that has this token in force, or had it before the present one. Returns its id. */
  endByToken(sessionId: string, hash: Buffer, now: Date): Promise<string | undefined>;
  /** Ends a session because one of its old tokens came back. */
  endForReuse(sessionId: string, now: Date): Promise<void>;
  /** Ids of the sessions that ended. */
  revoke(revocation: Revocation): Promise<readonly string[]>;
  list(userId: string, now: Date, idleSince: Date): Promise<readonly SessionSummary[]>;
}

/** Most sessions of one account at a time. */
export const maxSessions = 20;

// The share lock waits for a change of the password that is under way, and then sees its outcome.
const openStatement: Statement = {
  name: 'session-open',
  text: `WITH owner AS (SELECT id, role FROM users
                 WHERE id = $2 AND password_version = $3 AND disabled_at IS NULL FOR SHARE),
  surplus AS (UPDATE sessions SET revoked_at = $6, revoked_reason = 'logout'
               WHERE id IN (SELECT s.id FROM sessions s JOIN owner ON s.user_id = owner.id
                             WHERE s.revoked_at IS NULL ORDER BY s.created_at DESC, s.id OFFSET ${maxSessions - 1})),
  added AS (INSERT INTO sessions (id, user_id, refresh_hash, device, created_at, last_used_at, expires_at)
            SELECT $1, id, $4, $5, $6, $6, $7 FROM owner RETURNING expires_at)
  SELECT owner.id AS "userId", owner.role, added.expires_at AS "expiresAt" FROM owner, added`,
};

// Run again with the same tokens it finds what it has done; the time of the exchange stays, so the grace does not grow.
const rotateStatement: Statement = {
  name: 'session-rotate',
  text: `UPDATE sessions s SET previous_refresh_hash = $2, refresh_hash = $3, last_used_at = $4,
    rotated_at = CASE WHEN s.refresh_hash = $2 THEN $4 ELSE s.rotated_at END
  FROM users u WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $4 AND s.last_used_at > $5
   AND (s.refresh_hash = $2 OR (s.refresh_hash = $3 AND s.previous_refresh_hash = $2 AND s.rotated_at >= $6))
   AND u.id = s.user_id AND u.disabled_at IS NULL
  RETURNING u.id AS "userId", u.role, s.expires_at AS "expiresAt"`,
};

const tokenStateStatement: Statement = {
  name: 'session-token-state',
  text: `SELECT revoked_at IS NULL AND expires_at > $2 AS "isLive", refresh_hash AS "currentHash",
    previous_refresh_hash AS "previousHash" FROM sessions WHERE id = $1`,
};

const actorStatement: Statement = {
  name: 'session-actor',
  text: `SELECT u.id AS "userId", s.id AS "sessionId", u.role FROM sessions s JOIN users u ON u.id = s.user_id
  WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > $2 AND u.disabled_at IS NULL`,
};

const endByTokenStatement: Statement = {
  name: 'session-end-by-token',
  text: `UPDATE sessions SET revoked_at = $3, revoked_reason = 'logout'
  WHERE id = $1 AND $2 IN (refresh_hash, previous_refresh_hash) AND revoked_at IS NULL RETURNING id`,
};

const endForReuseStatement: Statement = {
  name: 'session-end-for-reuse',
  text: `UPDATE sessions SET revoked_at = $2, revoked_reason = 'reuse' WHERE id = $1 AND revoked_at IS NULL`,
};

const revokeStatement: Statement = {
  name: 'session-revoke',
  text: `UPDATE sessions SET revoked_at = $3, revoked_reason = $2
  WHERE user_id = $1 AND revoked_at IS NULL AND ($4::uuid IS NULL OR id = $4) RETURNING id`,
};

const listStatement: Statement = {
  name: 'session-list',
  text: `SELECT id, device, created_at AS "createdAt", last_used_at AS "lastUsedAt", expires_at AS "expiresAt" FROM sessions
  WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND last_used_at > $3 ORDER BY created_at DESC, id LIMIT ${maxSessions}`,
};

/** Adapter on PostgreSQL. */
export function sessionRepository(database: Database): SessionRepository {
  return {
    async open({ id, userId, passwordVersion, refreshHash, device, now, expiresAt }) {
      const values = [id, userId, passwordVersion, refreshHash, device, now, expiresAt];
      return (await database.run<LiveSession>(openStatement, values))[0];
    },
    async rotate({ sessionId, presentedHash, nextHash, now, idleSince, graceSince }) {
      const values = [sessionId, presentedHash, nextHash, now, idleSince, graceSince];
      return (await database.runRepeatable<LiveSession>(rotateStatement, values))[0];
    },
    async tokenState(sessionId, now) {
      return (await database.read<TokenState>(tokenStateStatement, [sessionId, now]))[0];
    },
    async actorOf(sessionId, now) {
      return (await database.read<Actor>(actorStatement, [sessionId, now]))[0];
    },
    async endByToken(sessionId, hash, now) {
      const values = [sessionId, hash, now];
      return (await database.run<{ id: string }>(endByTokenStatement, values))[0]?.id;
    },
    async endForReuse(sessionId, now) {
      await database.run(endForReuseStatement, [sessionId, now]);
    },
    async revoke({ userId, reason, now, only }) {
      const values = [userId, reason, now, only ?? null];
      return (await database.run<{ id: string }>(revokeStatement, values)).map(({ id }) => id);
    },
    list: (userId, now, idleSince) =>
      database.read<SessionSummary>(listStatement, [userId, now, idleSince]),
  };
}
