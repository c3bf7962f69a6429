/** What the runtime logs through; a pino logger satisfies it. Fields first, then the message, lower case. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
