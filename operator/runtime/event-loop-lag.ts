// A timer that is late tells how long the event loop was busy. Node's own `monitorEventLoopDelay` is not used: resetting
// it drops the interval under way, and so the very stall after which a probe is answered.
import { type Clock, systemClock, type Timer } from './clock.ts';

/** Fine enough for a limit of seconds, and ten wake-ups a second cost nothing. */
const tickMs = 100;

/** How long the event loop keeps others waiting. */
export class EventLoopLag {
  readonly #clock: Clock;
  #timer: Timer;
  #dueAt = 0;
  #maxMs = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
    this.#timer = this.#arm();
  }

  /** The longest delay since the last call, in milliseconds, the one under way included. */
  takeMaxMs(): number {
    this.#note();
    const maxMs = this.#maxMs;
    this.#maxMs = 0;
    return maxMs;
  }

  /** Ends the measurement. */
  stop(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    this.#dueAt = this.#clock.monotonic() + tickMs;
    return this.#clock.after(tickMs, () => {
      this.#note();
      this.#timer = this.#arm();
    });
  }

  /** A delay that was noted once is not noted again when the late timer fires. */
  #note(): void {
    const now = this.#clock.monotonic();
    this.#maxMs = Math.max(this.#maxMs, now - this.#dueAt);
    this.#dueAt = Math.max(this.#dueAt, now);
  }
}
