// The smallest controller there is, made of nothing but the runtime: it keeps a copy of each watched ConfigMap.
import { systemClock } from '../../operator/runtime/clock.ts';
import { Applier } from '../../operator/runtime/applier.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import { ObjectCache } from '../../operator/runtime/object-cache.ts';
import type { QueueSizes, RunOutcome } from '../../operator/runtime/queue-observer.ts';
import { WorkQueue } from '../../operator/runtime/work-queue.ts';
import {
  configMapKind,
  watchConfigMaps,
  type WatchedConfigMaps,
  type WatchOptions,
} from './config-maps.ts';
import { rememberingLogger } from './scripted-client.ts';

const manager = 'conformance';

/** One run of a key; times are monotonic milliseconds. */
export interface ObservedRun {
  readonly name: string;
  readonly beganAt: number;
  endedAt: number | undefined;
}

/** A running controller and what it did. */
export interface CopyController {
  readonly watched: WatchedConfigMaps;
  readonly runs: readonly ObservedRun[];
  readonly outcomes: readonly RunOutcome[];
  readonly panics: () => number;
  readonly sizes: () => QueueSizes;
  readonly close: () => Promise<void>;
}

/** How to copy. */
export interface CopyOptions extends Omit<WatchOptions, 'onChange'> {
  /** Called with the name before anything is written; may throw whatever it likes. */
  readonly before?: (name: string) => void;
}

/** Name of a copy. */
export const copyOf = (name: string): string => `copy-of-${name}`;

/** Starts the controller. */
export function startCopies({ before, ...options }: CopyOptions): CopyController {
  const runs: ObservedRun[] = [];
  const outcomes: RunOutcome[] = [];
  let panics = 0;
  const nothing = (): void => undefined;
  const queue = new WorkQueue({
    clock: systemClock,
    settings: options.settings.queue,
    logger: rememberingLogger(),
    classify: () => ({ kind: 'transient' }),
    observer: {
      added: nothing,
      rejected: nothing,
      depth: nothing,
      started: nothing,
      retried: nothing,
      timedOut: nothing,
      finished: (outcome) => void outcomes.push(outcome),
      panicked: () => void (panics += 1),
    },
  });
  const watched = watchConfigMaps({ ...options, onChange: ({ key }) => void queue.add(key) });
  const copies = new ObjectCache({ manager, project: (object) => object });
  const applier = new Applier({
    client: watched.transport,
    manager,
    lookup: () => ({ kind: configMapKind, cache: copies }),
  });

  async function copy(key: string, signal: AbortSignal): Promise<void> {
    const original = watched.cache.get(key)?.object;
    if (original === undefined) return;
    const { name } = original.metadata;
    before?.(name);
    const manifest: KubeObject = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: copyOf(name), namespace: options.namespace },
      data: original['data'],
    };
    await applier.apply({ manifest }, { standing: () => 'ours', signal });
  }

  queue.start(async (key, signal) => {
    const run: ObservedRun = {
      name: key.slice(key.indexOf('/') + 1),
      beganAt: systemClock.monotonic(),
      endedAt: undefined,
    };
    runs.push(run);
    try {
      await copy(key, signal);
      return {};
    } finally {
      run.endedAt = systemClock.monotonic();
    }
  });
  return {
    watched,
    runs,
    outcomes,
    panics: () => panics,
    sizes: () => queue.sizes(),
    close: async () => {
      await queue.drain(5_000, 1_000);
      await watched.close();
    },
  };
}
