import type { Database, Statement } from './database.ts';

/** Port: how staff end somebody's sessions. */
export interface StaffSessionRepository {
  /** Ends every session of an account; undefined: there is no such account. */
  revokeAll(userId: string, now: Date): Promise<number | undefined>;
}

const revokeStatement: Statement = {
  name: 'staff-sessions-revoke',
  text: `WITH ended AS (
    UPDATE sessions SET revoked_at = $2, revoked_reason = 'staff' WHERE user_id = $1 AND revoked_at IS NULL RETURNING id)
  SELECT (SELECT count(*)::int FROM ended) AS ended FROM users WHERE id = $1`,
};

/** Adapter on PostgreSQL. */
export function staffSessionRepository(database: Database): StaffSessionRepository {
  return {
    async revokeAll(userId, now) {
      const [row] = await database.run<{ ended: number }>(revokeStatement, [userId, now]);
      return row?.ended;
    },
  };
}
