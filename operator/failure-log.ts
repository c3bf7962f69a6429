// Failed reconciles in the log: once when the reason of a store changes, then once a minute, so that a poisoned store
// cannot fill a disk.
import { classifyFailure, operatorError } from './controller/classify-error.ts';
import { OperatorError } from './errors.ts';
import type { Logger } from './log.ts';
import type { Clock } from './runtime/clock.ts';

const repeatMs = 60_000;

/** Remembers what was said about each failing store. */
export class FailureLog {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #said = new Map<string, { readonly reason: string; readonly at: number }>();

  constructor(log: Logger, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** The store reconciled well or is gone. */
  succeeded(store: string): void {
    this.#said.delete(store);
  }

  /** The store failed. */
  failed(store: string, thrown: unknown): void {
    const error = operatorError(thrown);
    const reason = error instanceof OperatorError ? error.reason : 'Unforeseen';
    const now = this.#clock.monotonic();
    const said = this.#said.get(store);
    if (said?.reason === reason && now - said.at < repeatMs) return;
    this.#said.set(store, { reason, at: now });
    const message = error instanceof Error ? error.message : String(error);
    this.#log.warn({ store, reason, retry: classifyFailure(thrown).kind }, message);
  }
}
