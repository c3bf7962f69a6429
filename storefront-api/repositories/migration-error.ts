// Why a database cannot be brought up to date, in one line for a person: it becomes the last line of the log, and with
// that the termination message of the pod.
import { type DatabaseSettings } from './database.ts';
import { errorCode, isConnectionFailure } from './database-errors.ts';

/** The schema cannot be brought up to date; the message says why and what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** SQLSTATE codes of https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const wrongCredentials = new Set(['28P01', '28000']);
const noSuchDatabase = '3D000';

/** `AggregateError` of a host with several addresses has a code and no text of its own. */
function wordsOf(error: unknown): string {
  const { message } = error as Error;
  return message || errorCode(error) || 'no reason given';
}

/** The failure to connect, in the words of somebody who knows the settings. Pure. */
export function connectionError(
  { host, port, database, user }: DatabaseSettings,
  cause: unknown,
): MigrationError {
  const server = `PostgreSQL at ${host}:${port}`;
  const code = errorCode(cause);
  if (wrongCredentials.has(code)) {
    const text = `${server} refuses ${user} (${wordsOf(cause)}): the password of that role is another one, restore it or set it anew`;
    return new MigrationError(text, { cause });
  }
  if (code === noSuchDatabase) {
    const text = `${server} has no database ${database}: create it, or change PGDATABASE`;
    return new MigrationError(text, { cause });
  }
  const remedy = isConnectionFailure(cause)
    ? 'look whether it runs and whether the network lets this program through'
    : 'look at the settings of the connection';
  return new MigrationError(`${server} cannot be reached (${wordsOf(cause)}): ${remedy}`, {
    cause,
  });
}
