// What the benchmark's processes say to each other.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { join } from 'node:path';

const canPin = cpus().length > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Keeps a process, and what it starts from now on, on one core; without taskset, on any. */
export function pin(pid: number, core: number): void {
  if (canPin) spawnSync('taskset', ['-a', '-c', '-p', String(core), String(pid)]);
}

/** Are processes kept on their cores? */
export const isPinned = canPin;

/** Another process of the benchmark, which answers one question at a time. */
export class Worker {
  readonly #child: ChildProcess;

  constructor(file: string, args: readonly string[], core: number) {
    const command = [process.execPath, join(import.meta.dirname, file), ...args];
    const [program = '', ...rest] = canPin ? ['taskset', '-c', String(core), ...command] : command;
    this.#child = spawn(program, rest, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What the process says next. */
  async hear<Answer>(): Promise<Answer> {
    const isOver = new AbortController();
    const { signal } = isOver;
    const ended = once(this.#child, 'exit', { signal }).then(([code]) => {
      throw new Error(`a process of the benchmark ended with ${String(code)}`);
    });
    ended.catch(() => undefined);
    try {
      const heard = once(this.#child, 'message', { signal });
      heard.catch(() => undefined);
      const [message] = (await Promise.race([heard, ended])) as [Answer];
      return message;
    } finally {
      isOver.abort();
    }
  }

  ask<Answer>(question: unknown): Promise<Answer> {
    const answer = this.hear<Answer>();
    this.#child.send(question as object);
    return answer;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exit;
  }
}

/** Answers questions of the parent, and ends with it. */
export function answerParent(answer: (question: unknown) => Promise<unknown>): void {
  process.on('message', (question) => {
    void answer(question).then((message) => process.send?.(message));
  });
  process.on('disconnect', () => process.exit(0));
}
