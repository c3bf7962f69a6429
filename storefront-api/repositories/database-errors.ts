// Which failures mean that the database is away, and which that the connections are worthless. SQLSTATE codes:
// https://www.postgresql.org/docs/current/errcodes-appendix.html

/** Ended by an administrator, starting up or shutting down, and a primary that has become a replica (RDS failover). */
const poolEndingCodes = new Set(['57P01', '57P02', '57P03', '25006']);

const tooManyConnections = '53300';

/**
 * Too many connections; cancelled by our own time limits. The connections are fine. A lock that others held for too long (55P03)
 * belongs here and is no 409: nothing is wrong with the request nor with what it is about, nothing was written, and the same
 * request succeeds when the others are done, which is what 503 and Retry-After say (RFC 9110 section 15.6.4). Waiting longer
 * would take connections from those who want something else.
 */
const busyCodes = new Set([tooManyConnections, '57014', '55P03']);

/**
 * The server lets us in no more: password or role refused (class 28), no such database (3D000). A changed Secret that the
 * pods do not have yet looks like this, so it is waited for like any other absence.
 */
const refusedCodes = new Set(['28P01', '28000', '3D000']);

const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** Texts of `pg` for failures without a code. */
const connectionTexts = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Client has encountered a connection error',
];

/**
 * A server that cannot prove who it is, or knows no TLS: nothing was sent to it, and asking again at once would not help.
 * Codes: https://nodejs.org/api/tls.html#x509-certificate-error-codes; the text is one of `pg`.
 */
const untrustedCodes =
  /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_|EPROTO$)/;
const withoutTlsText = 'The server does not support SSL connections';

/** SQLSTATE or system code of an error; empty when it has none. */
export function errorCode(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Name of the constraint that a row violated; empty when it was something else. */
export function violatedConstraint(error: unknown): string {
  const { constraint } = (error ?? {}) as { constraint?: unknown };
  return typeof constraint === 'string' ? constraint : '';
}

/** Are the pool's connections worthless? Then all are dropped: the server at the other end has changed. */
export function isPoolEnding(error: unknown): boolean {
  const code = errorCode(error);
  return poolEndingCodes.has(code) || (code.startsWith('08') && code.length === 5);
}

/** Did the connection fail, so that a read may be tried once more? */
export function isConnectionFailure(error: unknown): boolean {
  if (isPoolEnding(error) || socketCodes.has(errorCode(error))) return true;
  const text = error instanceof Error ? error.message : '';
  return connectionTexts.some((part) => text.includes(part));
}

/** Has the server no connection left, or the role none of its own? */
export function isOutOfConnections(error: unknown): boolean {
  return errorCode(error) === tooManyConnections;
}

/** Did the server fail to prove who it is, or to speak TLS at all? */
export function isUntrusted(error: unknown): boolean {
  if (untrustedCodes.test(errorCode(error))) return true;
  return error instanceof Error && error.message === withoutTlsText;
}

/** Should the caller hear 503? */
export function isUnavailable(error: unknown): boolean {
  const code = errorCode(error);
  if (busyCodes.has(code) || refusedCodes.has(code)) return true;
  return isConnectionFailure(error) || isUntrusted(error);
}

/** Lost a race (serialisation or deadlock): the transaction may be run again. */
export function isRetryableConflict(error: unknown): boolean {
  return ['40001', '40P01'].includes(errorCode(error));
}
