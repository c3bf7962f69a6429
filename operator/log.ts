// Structured logs on standard output, one JSON document per line. Secret values have no way in: nothing logs request
// bodies or Secret data, and what might carry a credential by accident is redacted by name.
import { type Logger, type LoggerOptions, pino } from 'pino';

export type { Logger } from 'pino';

/** Levels in the order of severity. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** One of the levels. */
export type LogLevel = (typeof logLevels)[number];

const credentialNames = ['token', 'password', 'authorization', 'data', 'stringData'];

/**
 * Makes the root logger.
 * @param file where to write; standard output when absent
 */
export function createLogger(level: LogLevel, file?: string): Logger {
  const options: LoggerOptions = {
    level,
    base: { component: 'dhakacart-operator' },
    messageKey: 'message',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: credentialNames.flatMap((name) => [name, `*.${name}`]),
      censor: '[redacted]',
    },
  };
  return file === undefined ? pino(options) : pino(options, pino.destination(file));
}
