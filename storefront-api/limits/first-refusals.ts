// The first refusal of a window, told from those that follow: the log has a line for each client and window, not one for each
// request of an attack. Each replica tells for itself; the metrics count them all.
import type { Count, CountedEvent } from './counters.ts';
import { MemoryCounters } from './memory-counters.ts';

/** Remembers which refusals have been told. Memory is bounded as that of the counters is. */
export class FirstRefusals {
  readonly #told = new MemoryCounters();

  /** Is this the first refusal since the window began? Asking counts as telling. */
  isFirst({ name, key, now }: Omit<CountedEvent, 'allowance'>, { resetSeconds }: Count): boolean {
    const allowance = { requests: 1, windowSeconds: Math.max(1, resetSeconds) };
    return this.#told.consume({ name, key, allowance, now }).isAllowed;
  }
}
