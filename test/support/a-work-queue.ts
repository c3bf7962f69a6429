import type { QueueObserver } from '../../operator/runtime/queue-observer.ts';
import { type Failure, type RunResult } from '../../operator/runtime/run-result.ts';
import { defaultSettings, type RuntimeSettings } from '../../operator/runtime/settings.ts';
import { WorkQueue } from '../../operator/runtime/work-queue.ts';
import { FakeClock } from './fake-clock.ts';
import { rememberingLogger } from './scripted-client.ts';

/** A failure of a kind that the test chooses. */
export class Failed extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.kind);
    this.failure = failure;
  }
}

/** An observer that remembers. */
export function recordingObserver(): QueueObserver & {
  readonly heard: string[];
  waitedMs: number[];
} {
  const heard: string[] = [];
  const waitedMs: number[] = [];
  const hear =
    (what: string) =>
    (...values: unknown[]): void =>
      void heard.push([what, ...values].join(' '));
  return {
    heard,
    waitedMs,
    added: hear('added'),
    rejected: hear('rejected'),
    depth: () => undefined,
    started: (waited) => void waitedMs.push(waited),
    finished: hear('finished'),
    retried: hear('retried'),
    timedOut: hear('timedOut'),
    panicked: hear('panicked'),
  };
}

/** A queue with a clock, an observer and a logger that the test owns; its delays are not spread. */
export function aQueue(settings: Partial<RuntimeSettings['queue']> = {}) {
  const clock = new FakeClock();
  const observer = recordingObserver();
  const logger = rememberingLogger();
  const queue = new WorkQueue({
    clock,
    logger,
    observer,
    settings: { ...defaultSettings.queue, ...settings },
    classify: (error) => {
      if (error instanceof Failed) return error.failure;
      throw error;
    },
    random: () => 0,
  });
  return { clock, observer, logger, queue };
}

/** Collects the keys in the order in which they begin. */
export function collector(run: (key: string, signal: AbortSignal) => Promise<RunResult>) {
  const begun: string[] = [];
  const processor = (key: string, signal: AbortSignal): Promise<RunResult> => {
    begun.push(key);
    return run(key, signal);
  };
  return { begun, processor };
}

/** A run that went well. */
export const done = (): Promise<RunResult> => Promise.resolve({});
