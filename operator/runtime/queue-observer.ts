import type { Priority } from './queue-state.ts';

/** How a run ended, for metrics. */
export type RunOutcome = 'success' | 'requeue_after' | 'terminal' | 'waiting' | 'transient';

/** Sizes of a queue at one moment. */
export interface QueueSizes {
  /** Keys known: waiting, ready or running. */
  readonly keys: number;
  readonly ready: number;
  readonly delayed: number;
  readonly running: number;
  /** Of those running, the ones past their deadline; they no longer take a place of the concurrency. */
  readonly overdue: number;
}

/** Hears what a work queue does. Durations are in milliseconds. */
export interface QueueObserver {
  added(): void;
  /** A key was refused: the queue is full or draining. */
  rejected(): void;
  depth(priority: Priority, size: number): void;
  started(waitedMs: number, active: number): void;
  finished(outcome: RunOutcome, durationMs: number, active: number): void;
  retried(): void;
  timedOut(): void;
  panicked(): void;
}
