// Which kinds are watched, and how a change of one of them finds its store. Handlers mark a key dirty, nothing else.
import { labelKeys, managedSelector } from '../names.ts';
import type { WatchClient } from '../runtime/api-client.ts';
import type { Clock } from '../runtime/clock.ts';
import { type KubeObject, objectKey, type ResourceKind } from '../runtime/kube-object.ts';
import { type CacheChange, ObjectCache } from '../runtime/object-cache.ts';
import { Reflector, type ReflectorObserver } from '../runtime/reflector.ts';
import type { RuntimeSettings } from '../runtime/settings.ts';
import {
  autoscalerResource,
  childKinds,
  claimResource,
  deploymentResource,
  ingressClassResource,
  ingressResource,
  jobResource,
  kindId,
  lastingKinds,
  podResource,
  secretResource,
  statefulSetResource,
  storeResource,
} from './kinds.ts';
import {
  keepAutoscaler,
  keepClaim,
  keepDeployment,
  keepIngress,
  keepIngressClass,
  keepJob,
  keepMetadata,
  keepPod,
  keepSecret,
  keepStatefulSet,
  keepStore,
} from './projections.ts';

/** Index of children by `namespace/store`. */
const byStore = 'store';

/** A change of a watched object. */
export interface WatchedChange extends CacheChange {
  readonly kind: ResourceKind;
}

/** What the watches are made of. */
export interface StoreWatchesOptions {
  readonly client: WatchClient;
  readonly manager: string;
  readonly settings: RuntimeSettings['reflector'];
  readonly clock: Clock;
  readonly observer: ReflectorObserver;
  readonly onChange: (change: WatchedChange) => void;
}

/** The store that a child belongs to, as `namespace/name`; undefined for objects that carry no label of ours. */
export function storeKeyOf(object: KubeObject): string | undefined {
  const name = object.metadata.labels?.[labelKeys.instance];
  return name === undefined ? undefined : `${object.metadata.namespace ?? ''}/${name}`;
}

const projections = new Map<string, (object: KubeObject) => KubeObject>([
  [kindId(deploymentResource), keepDeployment],
  [kindId(statefulSetResource), keepStatefulSet],
  [kindId(jobResource), keepJob],
  [kindId(claimResource), keepClaim],
  [kindId(autoscalerResource), keepAutoscaler],
  [kindId(secretResource), keepSecret],
  [kindId(ingressResource), keepIngress],
  [kindId(ingressClassResource), keepIngressClass],
  [kindId(podResource), keepPod],
  [kindId(storeResource), keepStore],
]);

interface WatchedKind {
  readonly cache: ObjectCache;
  readonly reflector: Reflector;
}

/** Caches of stores and of everything that belongs to them. */
export class StoreWatches {
  readonly #watched = new Map<string, WatchedKind>();

  constructor(options: StoreWatchesOptions) {
    const others = [podResource, ingressClassResource];
    for (const kind of [storeResource, ...childKinds, ...lastingKinds, ...others]) {
      this.#watched.set(kindId(kind), watchedKind(kind, options));
    }
  }

  /** Begins to list and watch every kind. */
  start(): void {
    for (const { reflector } of this.#watched.values()) reflector.start();
  }

  /** Resolves when no watch is left. */
  async stop(): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ reflector }) => reflector.stop()));
  }

  /** Resolves when every kind was listed once. */
  async whenSynced(): Promise<void> {
    await Promise.all([...this.#watched.values()].map(({ reflector }) => reflector.whenSynced()));
  }

  /** Ends every back-off; for when the API server is known to be back. */
  wake(): void {
    for (const { reflector } of this.#watched.values()) reflector.wake();
  }

  /** For health and metrics. */
  reflectors(): readonly Reflector[] {
    return [...this.#watched.values()].map(({ reflector }) => reflector);
  }

  /** The kind and the cache of a manifest. */
  lookup(object: Pick<KubeObject, 'apiVersion' | 'kind'>): {
    readonly kind: ResourceKind;
    readonly cache: ObjectCache;
  } {
    const watched = this.#watched.get(kindId(object));
    if (watched === undefined) throw new Error(`${kindId(object)} is not watched`);
    return { kind: watched.reflector.kind, cache: watched.cache };
  }

  /** The cache of a kind. */
  cache(kind: ResourceKind): ObjectCache {
    return this.lookup(kind).cache;
  }

  /** Every object of a kind. */
  objects(kind: ResourceKind): readonly KubeObject[] {
    return Array.from(this.cache(kind).list(), ({ object }) => object);
  }

  /** Children of one kind of a store, whatever their names. */
  children(kind: ResourceKind, storeKey: string): readonly KubeObject[] {
    return this.cache(kind)
      .byIndex(byStore, storeKey)
      .map((entry) => entry.object);
  }
}

function watchedKind(kind: ResourceKind, options: StoreWatchesOptions): WatchedKind {
  const isChild = kind !== storeResource && kind !== ingressClassResource;
  const cache = new ObjectCache({
    manager: options.manager,
    project: projections.get(kindId(kind)) ?? keepMetadata,
    indexers: isChild ? { [byStore]: storeKeys } : {},
    onChange: (change) => options.onChange({ ...change, kind }),
  });
  const reflector = new Reflector({
    ...options,
    kind,
    cache,
    ...(isChild ? { labelSelector: managedSelector } : {}),
  });
  return { cache, reflector };
}

/** Keys of the stores that a change concerns: both, when a child's label moved it from one store to another. */
export function storeKeysOf(change: WatchedChange): readonly string[] {
  const objects = [change.before?.object, change.after?.object].filter(
    (object) => object !== undefined,
  );
  const keys = objects.flatMap((object) =>
    change.kind === storeResource ? objectKey(object) : (storeKeyOf(object) ?? []),
  );
  return [...new Set(keys)];
}

function storeKeys(object: KubeObject): readonly string[] {
  const key = storeKeyOf(object);
  return key === undefined ? [] : [key];
}
