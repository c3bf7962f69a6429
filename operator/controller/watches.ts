// Which kinds are watched, and how a change of one of them finds its store. Handlers mark a key dirty, nothing else.
// An optional kind is watched while the cluster serves it. Each arrival gets a cache of its own, so that nothing of the time
// before is left in it; while the kind is absent it has no objects, and nothing of it can be written.
import { TransientError } from '../errors.ts';
import { labelKeys, managedSelector } from '../names.ts';
import type { WatchClient } from '../runtime/api-client.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { type KubeObject, objectKey, type ResourceKind } from '../runtime/kube-object.ts';
import { type CacheChange, type Indexers, ObjectCache } from '../runtime/object-cache.ts';
import { Reflector, type ReflectorObserver } from '../runtime/reflector.ts';
import type { RuntimeSettings } from '../runtime/settings.ts';
import {
  keepGateway,
  keepGatewayClass,
  keepHttpRoute,
  keepListenerSet,
} from './gateway-projections.ts';
import {
  autoscalerResource,
  certificateResource,
  childKinds,
  claimResource,
  clusterIssuerResource,
  deploymentResource,
  externalSecretResource,
  gatewayClassResource,
  gatewayResource,
  httpRouteResource,
  ingressClassResource,
  ingressResource,
  isOptional,
  issuerResource,
  jobResource,
  kindId,
  lastingKinds,
  listenerSetResource,
  optionalKinds,
  podResource,
  secretResource,
  sharedKinds,
  statefulSetResource,
  storeResource,
} from './kinds.ts';
import {
  keepAutoscaler,
  keepClaim,
  keepDeployment,
  keepExternalSecret,
  keepCertificate,
  keepIngress,
  keepIngressClass,
  keepIssuer,
  keepJob,
  keepMetadata,
  keepNameAndRevision,
  keepPod,
  keepSecret,
  keepStatefulSet,
  keepStore,
} from './projections.ts';
import {
  referencedKinds,
  referenceKey,
  referenceKeysOf,
  referenceWatch,
} from './referenced-objects.ts';

/** Index of children by `namespace/store`. */
const byStore = 'store';

/** Index of stores by what they refer to, see `referenceKey`. */
const byReference = 'reference';

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
  /** Whether the cluster serves an optional kind. */
  readonly isServed: (kind: ResourceKind) => boolean;
  /** An optional kind was listed for the first time since it came, or it went. */
  readonly onServed: (kind: ResourceKind) => void;
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
  [kindId(externalSecretResource), keepExternalSecret],
  [kindId(ingressResource), keepIngress],
  [kindId(ingressClassResource), keepIngressClass],
  [kindId(httpRouteResource), keepHttpRoute],
  [kindId(listenerSetResource), keepListenerSet],
  [kindId(gatewayResource), keepGateway],
  [kindId(gatewayClassResource), keepGatewayClass],
  [kindId(certificateResource), keepCertificate],
  [kindId(issuerResource), keepIssuer],
  [kindId(clusterIssuerResource), keepIssuer],
  [kindId(podResource), keepPod],
  [kindId(storeResource), keepStore],
  ...referencedKinds.map(({ kind }) => [kindId(kind), keepNameAndRevision] as const),
]);

interface WatchedKind {
  readonly cache: ObjectCache;
  readonly reflector: Reflector;
}

const requiredKinds = [
  storeResource,
  ...childKinds,
  ...lastingKinds,
  podResource,
  ingressClassResource,
  ...referencedKinds.map(({ kind }) => kind),
];

/** An optional API that does not answer must not keep the operator from starting. */
const optionalListMs = 10_000;

/** Caches of stores and of everything that belongs to them. */
export class StoreWatches {
  readonly #options: StoreWatchesOptions;
  readonly #required: ReadonlyMap<string, WatchedKind>;
  /** Those that the cluster serves now. */
  readonly #optional = new Map<string, WatchedKind>();
  /** What an optional kind holds while it is absent: nothing. */
  readonly #nothing: ObjectCache;
  readonly #stopping = new Set<Promise<void>>();
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(options: StoreWatchesOptions) {
    this.#options = options;
    this.#nothing = new ObjectCache({
      manager: options.manager,
      project: keepMetadata,
      indexers: { [byStore]: storeKeys },
    });
    this.#required = new Map(
      requiredKinds.map((kind) => [kindId(kind), watchedKind(kind, options)]),
    );
  }

  /** Begins to list and watch every kind that the cluster serves. */
  start(): void {
    this.#state = 'started';
    for (const { reflector } of this.#required.values()) reflector.start();
    this.adapt();
  }

  /** Begins and ends watches of optional kinds, as the cluster serves them now. */
  adapt(): void {
    if (this.#state !== 'started') return;
    for (const { kind } of optionalKinds) {
      const isServed = this.#options.isServed(kind);
      const watched = this.#optional.get(kindId(kind));
      if (isServed && watched === undefined) this.#welcome(kind);
      else if (!isServed && watched !== undefined) this.#dismiss(kind, watched);
    }
  }

  #welcome(kind: ResourceKind): void {
    const watched = watchedKind(kind, this.#options);
    this.#optional.set(kindId(kind), watched);
    void watched.reflector.whenSynced().then(() => this.#options.onServed(kind));
    watched.reflector.start();
  }

  #dismiss(kind: ResourceKind, { reflector }: WatchedKind): void {
    this.#optional.delete(kindId(kind));
    const stopping = reflector.stop().finally(() => this.#stopping.delete(stopping));
    this.#stopping.add(stopping);
    this.#options.onServed(kind);
  }

  /** Resolves when no watch is left. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    await Promise.all([
      ...this.reflectors().map((reflector) => reflector.stop()),
      ...this.#stopping,
    ]);
  }

  /** Resolves when every kind was listed once. An optional one that cannot be listed is waited for ten seconds. */
  async whenSynced(): Promise<void> {
    const listed = (kinds: ReadonlyMap<string, WatchedKind>): Promise<unknown> =>
      Promise.all(Array.from(kinds.values(), ({ reflector }) => reflector.whenSynced()));
    const enough = new AbortController();
    const patience = sleep(this.#options.clock, optionalListMs, enough.signal);
    await Promise.all([listed(this.#required), Promise.race([listed(this.#optional), patience])]);
    enough.abort();
  }

  /** Kinds without which the operator cannot work and that were not listed yet. */
  unlisted(): readonly string[] {
    return Array.from(this.#required.values(), ({ reflector }) => reflector)
      .filter(({ hasSynced }) => !hasSynced)
      .map(({ kind }) => kind.kind);
  }

  /** Ends every back-off; for when the API server is known to be back. */
  wake(): void {
    for (const reflector of this.reflectors()) reflector.wake();
  }

  /** For health and metrics. */
  reflectors(): readonly Reflector[] {
    return [...this.#required.values(), ...this.#optional.values()].map(
      ({ reflector }) => reflector,
    );
  }

  /**
   * How the cluster has an optional kind. `unlisted`: it serves the kind, and the objects are not known (yet): the list
   * fails, or is refused to the operator.
   */
  availability(kind: ResourceKind): 'served' | 'unlisted' | 'absent' {
    const watched = this.#optional.get(kindId(kind));
    if (watched === undefined) return 'absent';
    return watched.reflector.hasSynced ? 'served' : 'unlisted';
  }

  /** Whether the cluster has an optional kind and its objects are known. */
  serves(kind: ResourceKind): boolean {
    return this.availability(kind) === 'served';
  }

  /**
   * The kind and the cache of a manifest.
   * @throws TransientError when the cluster does not serve the kind: it went after the manifest was made
   */
  lookup(object: Pick<KubeObject, 'apiVersion' | 'kind'>): {
    readonly kind: ResourceKind;
    readonly cache: ObjectCache;
  } {
    const id = kindId(object);
    const watched = this.#required.get(id) ?? this.#optional.get(id);
    if (watched !== undefined) return { kind: watched.reflector.kind, cache: watched.cache };
    if (!isOptional(object)) throw new Error(`${id} is not watched`);
    throw new TransientError('ApiNotServed', `the cluster does not serve ${id}`);
  }

  /** The cache of a kind; an empty one while an optional kind is absent. */
  cache(kind: ResourceKind): ObjectCache {
    const isAbsent = isOptional(kind) && !this.#optional.has(kindId(kind));
    return isAbsent ? this.#nothing : this.lookup(kind).cache;
  }

  /** Every object of a kind. */
  objects(kind: ResourceKind): readonly KubeObject[] {
    return Array.from(this.cache(kind).list(), ({ object }) => object);
  }

  /** Keys of the stores that a change concerns. */
  storesOf(change: WatchedChange): readonly string[] {
    const reference = referenceKey(change.kind, change.key);
    if (reference === undefined) return storeKeysOf(change);
    const stores = this.cache(storeResource).byIndex(byReference, reference);
    return stores.map(({ object }) => objectKey(object));
  }

  /** Children of one kind of a store, whatever their names. */
  children(kind: ResourceKind, storeKey: string): readonly KubeObject[] {
    return this.cache(kind)
      .byIndex(byStore, storeKey)
      .map((entry) => entry.object);
  }
}

function indexersOf(kind: ResourceKind): Indexers {
  if (kind === storeResource) return { [byReference]: referenceKeysOf };
  return kind === ingressClassResource ? {} : { [byStore]: storeKeys };
}

function watchedKind(kind: ResourceKind, options: StoreWatchesOptions): WatchedKind {
  const isShared = sharedKinds.includes(kind);
  const isOurs = kind !== storeResource && !isShared;
  const cache = new ObjectCache({
    manager: options.manager,
    project: projections.get(kindId(kind)) ?? keepMetadata,
    indexers: indexersOf(kind),
    onChange: (change) => options.onChange({ ...change, kind }),
  });
  const selectors = referenceWatch(kind) ?? (isOurs ? { labelSelector: managedSelector } : {});
  const reflector = new Reflector({ ...options, kind, cache, ...selectors });
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
