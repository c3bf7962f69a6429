// What the work queue remembers of one key, and the two orders in which keys are kept.
import type { Timer } from './clock.ts';
import type { HeapItem } from './indexed-heap.ts';

/** 'user' for what a person or a drift asked for, 'background' for the start-up flood and resyncs. */
export type Priority = 'user' | 'background';

/** How a key is to be added. */
export interface AddOptions {
  /** Default 'user'. */
  readonly priority?: Priority;
  /** Default 0. */
  readonly delayMs?: number;
}

/** A run that is asked for. Times are monotonic milliseconds. */
export interface PendingRun {
  priority: Priority;
  /** When it may begin; what the time in the queue is measured from. */
  dueAt: number;
  /** Place in the order in which keys became due. */
  order: number;
}

/** A run in progress. */
export interface Run {
  readonly state: KeyState;
  readonly priority: Priority;
  readonly abort: AbortController;
  readonly startedAt: number;
  readonly deadline: Timer;
  isOverdue: boolean;
}

/** One key. */
export interface KeyState extends HeapItem {
  readonly key: string;
  /** Failures in a row. */
  failures: number;
  /** The API server's own wish after the last failure; no run begins sooner. */
  notBefore: number;
  pending: PendingRun | undefined;
  run: Run | undefined;
}

/** A key that nothing is known of yet. */
export function newKeyState(key: string): KeyState {
  return {
    key,
    failures: 0,
    notBefore: Number.NEGATIVE_INFINITY,
    pending: undefined,
    run: undefined,
    heapIndex: -1,
  };
}

/** Order of the keys that wait for their time. */
export function isDueBefore(a: KeyState, b: KeyState): boolean {
  const [first, second] = [a.pending, b.pending];
  if (first === undefined || second === undefined) return false;
  return first.dueAt === second.dueAt ? first.order < second.order : first.dueAt < second.dueAt;
}

/** Order of the keys that wait for a place: first come, first served. */
export function isServedBefore(a: KeyState, b: KeyState): boolean {
  return (a.pending?.order ?? 0) < (b.pending?.order ?? 0);
}
