// Counters of this replica alone. Memory is bounded: when it is full, the counter that began longest ago goes, so whoever owns
// very many addresses can win back a window, and nothing more.
import type { Count, CountedEvent } from './counters.ts';

/** Most counters; one takes about 150 bytes. */
export const maxMemoryCounters = 100_000;

interface Window {
  consumed: number;
  readonly endsAtMs: number;
}

/** Counts without waiting. */
export class MemoryCounters {
  readonly #windows = new Map<string, Window>();
  readonly #max: number;

  constructor(max = maxMemoryCounters) {
    this.#max = max;
  }

  /** Counters in use. */
  get size(): number {
    return this.#windows.size;
  }

  /** Counts an event. */
  consume({ name, key, allowance, now }: CountedEvent): Count {
    const { requests, windowSeconds } = allowance;
    const nowMs = now.getTime();
    const window = this.#windowOf(`${name}:${key}`, nowMs, windowSeconds * 1000);
    window.consumed += 1;
    return {
      isAllowed: window.consumed <= requests,
      consumed: window.consumed,
      resetSeconds: Math.max(0, Math.ceil((window.endsAtMs - nowMs) / 1000)),
    };
  }

  /** Begins at nothing again. */
  forget(name: string, key: string): void {
    this.#windows.delete(`${name}:${key}`);
  }

  #windowOf(id: string, nowMs: number, lengthMs: number): Window {
    const known = this.#windows.get(id);
    if (known !== undefined && known.endsAtMs > nowMs) return known;
    this.#windows.delete(id); // a Map keeps the order of insertion: a new window goes to the end
    const window = { consumed: 0, endsAtMs: nowMs + lengthMs };
    this.#windows.set(id, window);
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > this.#max && oldest !== undefined) this.#windows.delete(oldest);
    return window;
  }
}
