// Failed reconciles in the log, so that neither a poisoned store nor a bad hour of the API server can fill a disk: a store
// gets one line a minute, and one more when its reason changes to one that somebody has to act upon.
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

  /** The store failed. */
  failed(store: string, thrown: unknown): void {
    const now = this.#clock.monotonic();
    this.#forgetBefore(now - repeatMs);
    const error = operatorError(thrown);
    const reason = error instanceof OperatorError ? error.reason : 'Unforeseen';
    const { kind } = classifyFailure(thrown);
    const said = this.#said.get(store);
    // Transient reasons change with each try. A success in between makes them no more worth telling.
    if (said !== undefined && (said.reason === reason || kind === 'transient')) return;
    this.#said.delete(store);
    this.#said.set(store, { reason, at: now });
    const message = error instanceof Error ? error.message : String(error);
    this.#log.warn({ store, reason, retry: kind }, message);
  }

  /** The oldest lines are first in the map. */
  #forgetBefore(time: number): void {
    for (const [store, { at }] of this.#said) {
      if (at > time) return;
      this.#said.delete(store);
    }
  }
}
