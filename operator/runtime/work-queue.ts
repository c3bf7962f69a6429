// Which key is worked on next. Rules, after controller-runtime's priority queue (pkg/controller/priorityqueue):
// - one entry per key: adding it again keeps the earliest time and the highest priority;
// - a key never runs twice at once; added while it runs, it runs once more afterwards;
// - 'user' before 'background', first come first served within each;
// - a failed key comes back after a back-off of its own, so that one bad object does not slow the others;
// - a key that is neither waiting nor running leaves nothing behind.
import { backoffDelayMs, type Random } from './backoff.ts';
import type { Clock, Timer } from './clock.ts';
import { IndexedHeap } from './indexed-heap.ts';
import type { Logger } from './logger.ts';
import type { QueueObserver, QueueSizes, RunOutcome } from './queue-observer.ts';
import {
  type ClassifyFailure,
  type Failure,
  isPanic,
  RunAbortedError,
  type RunResult,
} from './run-result.ts';
import {
  type AddOptions,
  isDueBefore,
  isServedBefore,
  type KeyState,
  newKeyState,
  type Priority,
  type Run,
} from './queue-state.ts';
import type { RuntimeSettings } from './settings.ts';

/** Does the work of one key. When the signal aborts it should stop soon; it may throw the signal's reason. */
export type Processor = (key: string, signal: AbortSignal) => Promise<RunResult>;

/** What a work queue needs. */
export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly settings: RuntimeSettings['queue'];
  readonly logger: Logger;
  readonly observer: QueueObserver;
  readonly classify: ClassifyFailure;
  readonly random?: Random;
  /**
   * Starts each run in a turn of its own. The default, `setImmediate`, lets sockets and timers have their turn between
   * runs that never wait for anything; without it 1,000 such runs would hold up the lease.
   */
  readonly defer?: (begin: () => void) => void;
}

/** Longest time that a timer is armed for; beyond 2^31 ms Node fires at once instead. */
const maxTimerMs = 3_600_000;

function checkedDelay(delayMs: number): number {
  if (!Number.isFinite(delayMs)) throw new RangeError(`delay of ${delayMs} ms is not a duration`);
  return Math.max(0, delayMs);
}

/** The queue. It starts held: keys are collected and merged, and none runs until `start`. */
export class WorkQueue {
  readonly #options: Required<WorkQueueOptions>;
  readonly #states = new Map<string, KeyState>();
  readonly #delayed = new IndexedHeap<KeyState>(isDueBefore);
  readonly #ready: Readonly<Record<Priority, IndexedHeap<KeyState>>> = {
    user: new IndexedHeap<KeyState>(isServedBefore),
    background: new IndexedHeap<KeyState>(isServedBefore),
  };
  readonly #running = new Set<Run>();
  #overdue = 0;
  #order = 0;
  #processor: Processor | undefined;
  #isDraining = false;
  #onIdle: (() => void) | undefined;
  #timer: { readonly dueAt: number; readonly handle: Timer } | undefined;

  constructor(options: WorkQueueOptions) {
    this.#options = { random: Math.random, defer: setImmediate, ...options };
  }

  /**
   * Asks for a run of the key.
   * @returns false when the key was refused: the queue is draining, or holds `maxKeys` other keys
   */
  add(key: string, { priority = 'user', delayMs = 0 }: AddOptions = {}): boolean {
    const dueAt = this.#now() + checkedDelay(delayMs);
    const isFull = !this.#states.has(key) && this.#states.size >= this.#options.settings.maxKeys;
    if (this.#isDraining || isFull) {
      this.#options.observer.rejected();
      return false;
    }
    const state = this.#states.get(key) ?? newKeyState(key);
    this.#states.set(key, state);
    this.#options.observer.added();
    this.#schedule(state, priority, dueAt);
    this.#dispatch();
    return true;
  }

  /** Lets keys run; also replaces the processor of a running queue. */
  start(processor: Processor): void {
    if (this.#isDraining) return;
    this.#processor = processor;
    this.#dispatch();
  }

  /**
   * Begins no further run and goes on collecting keys, until `start`.
   * @param reason when given, the runs in progress are told to stop, with it as the reason of their signals
   */
  hold(reason?: string): void {
    this.#processor = undefined;
    this.#disarm();
    if (reason !== undefined) this.#abortRuns(reason);
  }

  /**
   * Refuses keys, drops the waiting ones, and lets the runs in progress end. It is final. After `timeoutMs` those that
   * still run are told to stop: what they leave half done, the next start completes.
   * @returns false when some had not even ended `abortMs` later
   */
  drain(timeoutMs: number, abortMs: number): Promise<boolean> {
    this.#isDraining = true;
    this.hold();
    for (const state of this.#states.values()) this.#dropPending(state);
    if (this.#running.size === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const { clock } = this.#options;
      let timer = clock.after(timeoutMs, () => {
        timer = clock.after(abortMs, () => resolve(false));
        this.#abortRuns('the operator is stopping');
      });
      this.#onIdle = () => {
        timer.cancel();
        resolve(true);
      };
    });
  }

  /** Drops what is remembered of the key's failures, so that its next failure counts as the first. */
  forget(key: string): void {
    const state = this.#states.get(key);
    if (state !== undefined) state.failures = 0;
  }

  sizes(): QueueSizes {
    return {
      keys: this.#states.size,
      ready: this.#ready.user.size + this.#ready.background.size,
      delayed: this.#delayed.size,
      running: this.#running.size,
      overdue: this.#overdue,
    };
  }

  /** How long each run in progress has taken so far. */
  runningAgesMs(): number[] {
    return Array.from(this.#running, (run) => this.#now() - run.startedAt);
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }

  /** Merges a request into the key's one entry. */
  #schedule(state: KeyState, priority: Priority, dueAt: number): void {
    const { pending } = state;
    const asked = { dueAt, order: ++this.#order };
    if (pending === undefined) state.pending = { priority, ...asked };
    else {
      this.#unplace(state);
      if (dueAt < pending.dueAt) Object.assign(pending, asked);
      if (priority === 'user') pending.priority = 'user';
    }
    if (state.run === undefined) this.#place(state);
  }

  #place(state: KeyState): void {
    const { pending } = state;
    if (pending === undefined) return;
    pending.dueAt = Math.max(pending.dueAt, state.notBefore);
    if (pending.dueAt > this.#now()) {
      this.#delayed.push(state);
      return;
    }
    this.#ready[pending.priority].push(state);
    this.#reportDepth(pending.priority);
  }

  #unplace(state: KeyState): void {
    this.#delayed.remove(state);
    if (state.pending === undefined) return;
    this.#ready[state.pending.priority].remove(state);
    this.#reportDepth(state.pending.priority);
  }

  #dropPending(state: KeyState): void {
    this.#unplace(state);
    state.pending = undefined;
    if (state.run === undefined) this.#states.delete(state.key);
  }

  #reportDepth(priority: Priority): void {
    this.#options.observer.depth(priority, this.#ready[priority].size);
  }

  #dispatch(): void {
    if (this.#processor === undefined) return;
    this.#promoteDue();
    while (this.#running.size - this.#overdue < this.#options.settings.concurrency) {
      const state = this.#ready.user.peek() ?? this.#ready.background.peek();
      if (state === undefined) break;
      this.#begin(state, this.#processor);
    }
    this.#arm();
  }

  /** Moves what has become due to the ready heaps, in the order in which it became due. */
  #promoteDue(): void {
    const now = this.#now();
    for (let state = this.#delayed.peek(); state?.pending; state = this.#delayed.peek()) {
      if (state.pending.dueAt > now) return;
      this.#delayed.remove(state);
      state.pending.order = ++this.#order;
      this.#place(state);
    }
  }

  #arm(): void {
    const dueAt = this.#delayed.peek()?.pending?.dueAt;
    if (dueAt !== undefined && this.#timer?.dueAt === dueAt) return;
    this.#disarm();
    if (dueAt === undefined) return;
    const delayMs = Math.min(maxTimerMs, Math.max(0, dueAt - this.#now()));
    const handle = this.#options.clock.after(delayMs, () => {
      this.#timer = undefined;
      this.#dispatch();
    });
    this.#timer = { dueAt, handle };
  }

  #disarm(): void {
    this.#timer?.handle.cancel();
    this.#timer = undefined;
  }

  #begin(state: KeyState, processor: Processor): void {
    const { clock, settings, observer, defer } = this.#options;
    const { pending } = state;
    if (pending === undefined) return;
    this.#unplace(state);
    state.pending = undefined;
    const run: Run = {
      state,
      priority: pending.priority,
      abort: new AbortController(),
      startedAt: this.#now(),
      isOverdue: false,
      deadline: clock.after(settings.runDeadlineMs, () => this.#expire(run)),
    };
    state.run = run;
    this.#running.add(run);
    observer.started(run.startedAt - pending.dueAt, this.#running.size);
    defer(() => void this.#perform(run, processor));
  }

  /** The run is told to stop and gives its place to another key; its own key stays locked until it really ends. */
  #expire(run: Run): void {
    const { logger, observer, settings } = this.#options;
    run.isOverdue = true;
    this.#overdue += 1;
    observer.timedOut();
    logger.warn(
      { key: run.state.key, deadlineMs: settings.runDeadlineMs },
      'run is past its deadline',
    );
    run.abort.abort(new RunAbortedError(`not done after ${settings.runDeadlineMs} ms`));
    this.#dispatch();
  }

  /** Never rejects. */
  async #perform(run: Run, processor: Processor): Promise<void> {
    try {
      const { requeueAfterMs } = await processor(run.state.key, run.abort.signal);
      if (requeueAfterMs !== undefined) checkedDelay(requeueAfterMs);
      this.#succeed(run, requeueAfterMs);
    } catch (error) {
      this.#fail(run, this.#judge(run.state.key, error));
    }
  }

  #judge(key: string, error: unknown): Failure {
    if (error instanceof RunAbortedError) return { kind: 'transient' };
    if (isPanic(error)) return this.#panic(key, error);
    try {
      return this.#options.classify(error);
    } catch (broken) {
      return this.#panic(key, broken);
    }
  }

  #panic(key: string, error: unknown): Failure {
    this.#options.observer.panicked();
    this.#options.logger.error({ key, err: error }, 'run failed by a programming error');
    return { kind: 'transient' };
  }

  #succeed(run: Run, requeueAfterMs: number | undefined): void {
    run.state.failures = 0;
    if (requeueAfterMs !== undefined) this.#comeBack(run, 'background', requeueAfterMs);
    this.#end(run, requeueAfterMs === undefined ? 'success' : 'requeue_after');
  }

  #fail(run: Run, failure: Failure): void {
    const { settings, observer, random } = this.#options;
    const { state } = run;
    // Whatever else asks for the key meanwhile: the API server has asked to be left alone.
    state.notBefore = this.#now() + (failure.retryAfterMs ?? 0);
    if (failure.kind === 'terminal') state.failures = 0;
    if (failure.kind === 'waiting') {
      this.#comeBack(run, run.priority, failure.retryAfterMs ?? settings.waitingDelayMs);
    }
    if (failure.kind === 'transient') {
      state.failures += 1;
      const backoffMs = backoffDelayMs(state.failures, settings, random);
      this.#comeBack(run, run.priority, Math.max(backoffMs, failure.retryAfterMs ?? 0));
      observer.retried();
    }
    this.#end(run, failure.kind);
  }

  #comeBack({ state }: Run, priority: Priority, delayMs: number): void {
    if (!this.#isDraining) this.#schedule(state, priority, this.#now() + delayMs);
  }

  #end(run: Run, outcome: RunOutcome): void {
    const { state } = run;
    run.deadline.cancel();
    this.#running.delete(run);
    if (run.isOverdue) this.#overdue -= 1;
    state.run = undefined;
    if (state.pending === undefined) this.#states.delete(state.key);
    else this.#place(state);
    this.#options.observer.finished(outcome, this.#now() - run.startedAt, this.#running.size);
    this.#dispatch();
    if (this.#running.size === 0) this.#onIdle?.();
  }

  #abortRuns(reason: string): void {
    for (const run of this.#running) run.abort.abort(new RunAbortedError(reason));
  }
}
