// The watches of kinds that a cluster may lack: begun when the cluster serves the kind, ended when it does so no longer. Each
// arrival gets a cache of its own, so that nothing of the time before is left in it.
import type { KubeObject, ResourceKind } from '../runtime/kube-object.ts';
import type { Reflector } from '../runtime/reflector.ts';
import type { ReflectorSet } from '../runtime/reflector-set.ts';
import { kindId } from './kinds.ts';

/**
 * How the cluster has a kind. `unlisted`: it serves the kind, and the objects are not known (yet): the list fails, or is
 * refused to the operator. `unwatched`: it serves the kind, which belongs to the cluster, and single namespaces are watched.
 */
export type Availability = 'served' | 'unlisted' | 'unwatched' | 'absent';

/** What they are made of. */
export interface OptionalWatchesOptions {
  readonly kinds: readonly ResourceKind[];
  /** Whether the cluster serves a kind. */
  readonly isServed: (kind: ResourceKind) => boolean;
  readonly watched: (kind: ResourceKind) => ReflectorSet;
  /** A kind was listed for the first time since it came, or it went; undefined stands for all namespaces. */
  readonly onServed: (kind: ResourceKind, namespace: string | undefined) => void;
}

/** The optional kinds that the cluster serves now. */
export class OptionalWatches {
  readonly #options: OptionalWatchesOptions;
  readonly #watched = new Map<string, ReflectorSet>();
  readonly #stopping = new Set<Promise<void>>();

  constructor(options: OptionalWatchesOptions) {
    this.#options = options;
  }

  /** Begins and ends watches, as the cluster serves the kinds now. */
  adapt(): void {
    for (const kind of this.#options.kinds) {
      const isServed = this.#options.isServed(kind);
      const watched = this.find(kind);
      if (isServed && watched === undefined) this.#welcome(kind);
      else if (!isServed && watched !== undefined) this.#dismiss(watched);
    }
  }

  #welcome(kind: ResourceKind): void {
    const { watched: made, onServed } = this.#options;
    const watched = made(kind);
    this.#watched.set(kindId(kind), watched);
    for (const reflector of watched.reflectors) {
      void reflector.whenSynced().then(() => onServed(kind, reflector.namespace));
    }
    watched.start();
  }

  #dismiss(watched: ReflectorSet): void {
    this.#watched.delete(kindId(watched.kind));
    const stopping = watched.stop().finally(() => this.#stopping.delete(stopping));
    this.#stopping.add(stopping);
    this.#options.onServed(watched.kind, undefined);
  }

  /** The watches of a kind; undefined while it is absent. */
  find(kind: Pick<KubeObject, 'apiVersion' | 'kind'>): ReflectorSet | undefined {
    return this.#watched.get(kindId(kind));
  }

  /** Of every kind that is served. */
  reflectors(): readonly Reflector[] {
    return Array.from(this.#watched.values(), ({ reflectors }) => reflectors).flat();
  }

  /** Resolves when no watch is left. */
  async stop(): Promise<void> {
    await Promise.all([
      ...Array.from(this.#watched.values(), (watched) => watched.stop()),
      ...this.#stopping,
    ]);
  }
}
