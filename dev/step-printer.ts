// One line for each finished step with the time since the start, so that a person sees where the time goes.
import type { WriteStream } from 'node:tty';

/** Prints steps; green ticks only on a terminal. */
export class StepPrinter {
  readonly #startedAt = performance.now();
  readonly #stream: Pick<WriteStream, 'write' | 'isTTY'>;

  constructor(stream: Pick<WriteStream, 'write' | 'isTTY'>) {
    this.#stream = stream;
  }

  /** A step is done. */
  done(name: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(6);
    const tick = this.#stream.isTTY ? '\u001B[32m✓\u001B[39m' : '✓';
    this.#stream.write(`${seconds} s  ${tick} ${name}\n`);
  }

  /** Something worth knowing on the way. */
  note(line: string): void {
    this.#stream.write(`          ${line}\n`);
  }
}
