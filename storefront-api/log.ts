// Structured logs on standard output, one JSON document per line. Bodies, cookies and tokens have no way in; what might
// carry a credential by accident is redacted by name.
import { type Logger, type LoggerOptions, pino } from 'pino';

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
  'authorization',
  'cookie',
  'secret',
  'connectionString',
];

/** Makes the root logger. */
export function createLogger(level: LogLevel): Logger {
  const options: LoggerOptions = {
    level,
    base: { component: 'storefront-api' },
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: credentialNames.flatMap((name) => [name, `*.${name}`]),
      censor: '[redacted]',
    },
  };
  return pino(options);
}
