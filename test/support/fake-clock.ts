// Time that only a test moves. Between two timers everything that can run without time passing does run: promises and
// immediates settle before the next timer fires, as they would in a real process.
import type { Clock, Timer } from '../../operator/runtime/clock.ts';

interface FakeTimer extends Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** Lets promise chains and immediates that are under way come to rest. */
export async function settle(turns = 2): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** A clock driven by `advance`. */
export class FakeClock implements Clock {
  #monotonicMs = 0;
  readonly #epochMs: number;
  readonly #timers = new Set<FakeTimer>();

  constructor(start = '2026-01-01T00:00:00Z') {
    this.#epochMs = Date.parse(start);
  }

  now(): number {
    return this.#epochMs + this.#monotonicMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, callback: () => void): Timer {
    const timer: FakeTimer = {
      dueAt: this.#monotonicMs + Math.max(0, delayMs),
      callback,
      cancel: () => void this.#timers.delete(timer),
    };
    this.#timers.add(timer);
    return timer;
  }

  /** Number of timers that have neither fired nor been cancelled. */
  pendingTimers(): number {
    return this.#timers.size;
  }

  /** Fires every timer due within `ms`, in the order of their times, also those set meanwhile. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonicMs + ms;
    await settle();
    for (let next = this.#nextUntil(end); next !== undefined; next = this.#nextUntil(end)) {
      this.#monotonicMs = Math.max(this.#monotonicMs, next.dueAt);
      this.#timers.delete(next);
      next.callback();
      await settle();
    }
    this.#monotonicMs = end;
  }

  #nextUntil(end: number): FakeTimer | undefined {
    let first: FakeTimer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= end && (first === undefined || timer.dueAt < first.dueAt)) first = timer;
    }
    return first;
  }
}

/** How one process sees the time of all. */
export interface ProcessTime {
  /** Its wall clock is off by so much. */
  readonly wallOffsetMs?: number;
  /** Its monotonic clock has an origin of its own. */
  readonly monotonicOffsetMs?: number;
  /** Its wall clock stands still. */
  readonly isWallFrozen?: boolean;
}

/** The clock of one of several simulated processes. A paused one (SIGSTOP) gets its timers when it goes on. */
export class ProcessClock implements Clock {
  readonly #shared: FakeClock;
  readonly #time: ProcessTime;
  readonly #startedAt: number;
  #missed: (() => void)[] = [];
  #isPaused = false;

  constructor(shared: FakeClock, time: ProcessTime = {}) {
    this.#shared = shared;
    this.#time = time;
    this.#startedAt = shared.now();
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  now(): number {
    const base = this.#time.isWallFrozen ? this.#startedAt : this.#shared.now();
    return base + (this.#time.wallOffsetMs ?? 0);
  }

  monotonic(): number {
    return this.#shared.monotonic() + (this.#time.monotonicOffsetMs ?? 0);
  }

  after(delayMs: number, callback: () => void): Timer {
    let isCancelled = false;
    const fire = (): void => {
      if (isCancelled) return;
      if (this.#isPaused) this.#missed.push(fire);
      else callback();
    };
    const timer = this.#shared.after(delayMs, fire);
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    const missed = this.#missed;
    this.#missed = [];
    for (const fire of missed) fire();
  }
}
