import type { Logger } from './log.ts';

/** Something to be done again and again. */
export interface RepeatedTask {
  readonly name: string;
  readonly everyMs: number;
  readonly work: () => Promise<void>;
}

/** Does tasks in the background, each never twice at once. A failure is logged and the task goes on. */
export class RepeatingWork {
  readonly #log: Logger;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  #isStopped = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Does the task after its pause for the first time. */
  add(task: RepeatedTask): void {
    if (this.#isStopped) return;
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
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await Promise.all(this.#running);
  }

  async #run(task: RepeatedTask): Promise<void> {
    try {
      await task.work();
    } catch (error) {
      this.#log.warn({ err: error, task: task.name }, 'background work failed, it goes on');
    }
    this.add(task);
  }
}
