// The only place in the operator that reads time or sets a timer, so that tests can own both.
import { performance } from 'node:perf_hooks';

/** A handle that cancels a timer. */
export interface Timer {
  cancel(): void;
}

/** Time as the runtime sees it. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch; for stamps that people and other programs read. */
  now(): number;
  /** Monotonic time in milliseconds; for every duration, since the wall clock can jump. */
  monotonic(): number;
  /** Runs `callback` once after `delayMs`. Timers keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * Resolves after `delayMs`, or at once when the signal aborts; it never rejects, so that loops check the signal in one place.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      timer.cancel();
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(delayMs, done);
    signal?.addEventListener('abort', done, { once: true });
  });
}
