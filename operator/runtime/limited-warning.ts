// A failure that repeats is worth one line a minute: an API server that is away must not fill a disk, nor hide what else
// happens.
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

const shortestGapMs = 60_000;

/** One kind of warning; the first comes at once, further ones at most once a minute, with the count of those left out. */
export class LimitedWarning {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #message: string;
  #saidAt = Number.NEGATIVE_INFINITY;
  #omitted = 0;

  constructor(message: string, options: { readonly logger: Logger; readonly clock: Clock }) {
    this.#message = message;
    this.#logger = options.logger;
    this.#clock = options.clock;
  }

  /** It happened, because of `error`. */
  warn(error: unknown): void {
    const now = this.#clock.monotonic();
    if (now - this.#saidAt < shortestGapMs) {
      this.#omitted += 1;
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    const omitted = this.#omitted === 0 ? {} : { omitted: this.#omitted };
    this.#logger.warn({ reason, ...omitted }, this.#message);
    this.#saidAt = now;
    this.#omitted = 0;
  }
}
