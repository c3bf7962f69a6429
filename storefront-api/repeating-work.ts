import type { Logger } from './log.ts';

/** Something to be done again and again. */
export interface RepeatedTask {
  readonly name: string;
  readonly everyMs: number;
  /** The signal says that the process ends: what takes long should come to an end. */
  readonly work: (signal: AbortSignal) => Promise<void>;
}

/** Does tasks in the background, each never twice at once. A failure is logged and the task goes on. */
export class RepeatingWork {
  readonly #log: Logger;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Does the task after its pause for the first time. */
  add(task: RepeatedTask): void {
    if (this.#stop.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const run = this.#run(task).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }, task.everyMs);
    timer.unref();
    this.#timers.add(timer);
  }

  /** Begins nothing any more and waits for what runs. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#running);
  }

  async #run(task: RepeatedTask): Promise<void> {
    try {
      await task.work(this.#stop.signal);
    } catch (error) {
      this.#log.warn({ err: error, task: task.name }, 'background work failed, it goes on');
    }
    this.add(task);
  }
}
