// Structured logs on standard output, one JSON document per line. Bodies, cookies and tokens have no way in; what might
// carry a credential by accident is redacted by name.
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger } from 'pino';

/** Levels in the order of severity; `silent` is for tests. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** One of the levels. */
export type LogLevel = (typeof logLevels)[number];

const credentialNames = [
  'token',
  'accessToken',
  'refreshToken',
  'password',
  'newPassword',
  'currentPassword',
  'passwordHash',
  'authorization',
  'cookie',
  'orderToken',
  'secret',
  'connectionString',
  'email',
  'phone',
];

/** Causes that are followed; an error that causes itself must not keep us here. */
const maxCauses = 5;

/**
 * What is logged of an error. PostgreSQL puts whole rows into `detail` and `where` of its errors, so only what is named here
 * is kept (https://www.postgresql.org/docs/current/protocol-error-fields.html). Pure.
 */
function errorFields(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack, cause } = error;
  const { code } = error as { readonly code?: unknown };
  return {
    type: name,
    message,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    stack,
    ...(cause !== undefined && depth < maxCauses && { cause: errorFields(cause, depth + 1) }),
  };
}

/** Makes the root logger; it writes to standard output unless there is another destination. */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    level,
    base: { component: 'storefront-api' },
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: (error: unknown) => errorFields(error) },
    redact: {
      paths: credentialNames.flatMap((name) => [name, `*.${name}`]),
      censor: '[redacted]',
    },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
