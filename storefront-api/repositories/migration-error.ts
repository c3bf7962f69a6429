// Why a database cannot be brought up to date, in one line for a person: it becomes the last line of the log, and with
// that the termination message of the pod.
import { type DatabaseSettings } from './database.ts';
import {
  errorCode,
  isConnectionFailure,
  isOutOfConnections,
  isUntrusted,
} from './database-errors.ts';

/** What is to blame, for programs: the exit code of `migrate` follows from it. */
export type MigrationBlame = 'unreachable' | 'refused' | 'schema';

/** The schema cannot be brought up to date; the message says why and what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly blame: MigrationBlame;

  constructor(message: string, options: ErrorOptions & { readonly blame?: MigrationBlame } = {}) {
    super(message, options);
    this.blame = options.blame ?? 'schema';
  }
}

/** SQLSTATE codes of https://www.postgresql.org/docs/current/errcodes-appendix.html. */
const wrongPassword = '28P01';
const notLetIn = '28000';
const noSuchDatabase = '3D000';

/** `AggregateError` of a host with several addresses has a code and no text of its own. */
function wordsOf(error: unknown): string {
  const { message } = error as Error;
  return message || errorCode(error) || 'no reason given';
}

/** What to do about a server that answers and lets nobody in. */
function refusal({ database, user }: DatabaseSettings, cause: unknown): string | undefined {
  const words = wordsOf(cause);
  switch (errorCode(cause)) {
    case wrongPassword:
      return `refuses ${user} (${words}): the password of that role is another one, restore it or set it anew`;
    case notLetIn:
      return `does not let ${user} in (${words}): look at the role, at pg_hba.conf, and whether DATABASE_SSL_MODE should ask for TLS`;
    case noSuchDatabase:
      return `has no database ${database}: create it, or change PGDATABASE`;
    default:
      return undefined;
  }
}

/** The failure to connect, in the words of somebody who knows the settings. Pure. */
export function connectionError(settings: DatabaseSettings, cause: unknown): MigrationError {
  const server = `PostgreSQL at ${settings.host}:${settings.port}`;
  const refused = refusal(settings, cause);
  if (refused !== undefined) {
    return new MigrationError(`${server} ${refused}`, { cause, blame: 'refused' });
  }
  const blame = 'unreachable';
  if (isUntrusted(cause)) {
    const text = `${server} does not prove who it is (${wordsOf(cause)}): look at DATABASE_SSL_MODE, at the certificates in DATABASE_CA_FILE, and at the name in PGHOST`;
    return new MigrationError(text, { cause, blame });
  }
  if (isOutOfConnections(cause)) {
    const text = `${server} has no connection left (${wordsOf(cause)}): end some, see pg_stat_activity, or raise max_connections or the limit of the role`;
    return new MigrationError(text, { cause, blame });
  }
  const remedy = isConnectionFailure(cause)
    ? 'look whether it runs and whether the network lets this program through'
    : 'look at the settings of the connection';
  const text = `${server} cannot be reached (${wordsOf(cause)}): ${remedy}`;
  return new MigrationError(text, { cause, blame });
}

/** A server that was lost after it had let us in. Pure. */
export function lossError({ host, port }: DatabaseSettings, cause: unknown): MigrationError {
  const text = `PostgreSQL at ${host}:${port} went away in the middle (${wordsOf(cause)}): nothing is half done, run this again`;
  return new MigrationError(text, { cause, blame: 'unreachable' });
}
