// Which kinds are watched, and how a change of one of them finds its store. Handlers mark a key dirty, nothing else.
// An optional kind is watched while the cluster serves it; while it is absent it has no objects, and nothing of it can be
// written.
// Where single namespaces are watched, each kind has one cache and a watch for each of them. What belongs to the cluster is
// not watched then: a Role grants nothing of it.
import { isOlder } from '../exposure/shared-hosts.ts';
import { TransientError } from '../errors.ts';
import { labelKeys, managedSelector } from '../names.ts';
import type { WatchClient } from '../runtime/api-client.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { type KubeObject, objectKey, type ResourceKind } from '../runtime/kube-object.ts';
import { type CacheChange, type Indexers, ObjectCache } from '../runtime/object-cache.ts';
import type { Reflector, ReflectorObserver } from '../runtime/reflector.ts';
import { ReflectorSet } from '../runtime/reflector-set.ts';
import type { RuntimeSettings } from '../runtime/settings.ts';
import {
  childKinds,
  ingressClassResource,
  isOptional,
  kindId,
  lastingKinds,
  type NamespacedKind,
  optionalKinds,
  podResource,
  sharedKinds,
  storeResource,
} from './kinds.ts';
import { keepMetadata } from './projections.ts';
import { projectionOf } from './kind-projections.ts';
import { type Availability, OptionalWatches } from './optional-watches.ts';
import {
  hostKey,
  hostKeysOf,
  referencedKinds,
  referenceKey,
  referenceKeysOf,
  referenceWatch,
} from './referenced-objects.ts';
import { type NamespaceProblem, WatchedNamespaces } from './watched-namespaces.ts';

/** Index of children by `namespace/store`. */
const byStore = 'store';

/** Index of stores by what they refer to and by their hosts, see `referenceKey` and `hostKey`. */
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
  /** None: all of them. */
  readonly namespaces: readonly string[];
  readonly onChange: (change: WatchedChange) => void;
  /** Whether the cluster serves an optional kind. */
  readonly isServed: (kind: ResourceKind) => boolean;
  /** An optional kind was listed for the first time since it came, or it went; undefined stands for all namespaces. */
  readonly onServed: (kind: ResourceKind, namespace: string | undefined) => void;
  /** A namespace is served, at first or again, or the API server refuses it; undefined stands for all of them. */
  readonly onNamespace: (
    namespace: string | undefined,
    problem: NamespaceProblem | undefined,
  ) => void;
}

/** The store that a child belongs to, as `namespace/name`; undefined for objects that carry no label of ours. */
export function storeKeyOf(object: KubeObject): string | undefined {
  const name = object.metadata.labels?.[labelKeys.instance];
  return name === undefined ? undefined : `${object.metadata.namespace ?? ''}/${name}`;
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
  readonly #required: ReadonlyMap<string, ReflectorSet>;
  readonly #optional: OptionalWatches;
  /** What a kind holds that is not watched: nothing. */
  readonly #nothing: ObjectCache;
  readonly #namespaces: WatchedNamespaces;
  #state: 'new' | 'started' | 'stopped' = 'new';

  constructor(options: StoreWatchesOptions) {
    this.#options = options;
    this.#nothing = new ObjectCache({
      manager: options.manager,
      project: keepMetadata,
      indexers: { [byStore]: storeKeys },
    });
    this.#namespaces = new WatchedNamespaces({
      names: options.namespaces,
      required: () => this.#requiredReflectors(),
      all: () => this.reflectors(),
      onChange: options.onNamespace,
    });
    this.#required = new Map(
      this.#reachable(requiredKinds).map((kind) => [kindId(kind), this.#watched(kind)]),
    );
    this.#optional = new OptionalWatches({
      ...options,
      kinds: this.#reachable(optionalKinds.map(({ kind }) => kind)),
      watched: (kind) => this.#watched(kind),
    });
  }

  /** Begins to list and watch every kind that the cluster serves. */
  start(): void {
    this.#state = 'started';
    for (const watched of this.#required.values()) watched.start();
    this.adapt();
  }

  /** Begins and ends watches of optional kinds, as the cluster serves them now. */
  adapt(): void {
    if (this.#state === 'started') this.#optional.adapt();
  }

  /** Roles of namespaces grant nothing that belongs to the cluster. */
  #reaches({ namespaced }: ResourceKind): boolean {
    return namespaced || this.#options.namespaces.length === 0;
  }

  #reachable(kinds: readonly ResourceKind[]): readonly ResourceKind[] {
    return kinds.filter((kind) => this.#reaches(kind));
  }

  #watched(kind: ResourceKind): ReflectorSet {
    const onState = (reflector: Reflector): void => this.#namespaces.looked(reflector);
    return watchedKind(kind, { ...this.#options, onState });
  }

  /** Resolves when no watch is left. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    const required = Array.from(this.#required.values(), (watched) => watched.stop());
    await Promise.all([...required, this.#optional.stop()]);
  }

  /**
   * Resolves when every kind of one namespace was listed once; with a watch of all namespaces, of all of them. An optional
   * kind that cannot be listed is waited for ten seconds.
   */
  async whenSynced(): Promise<void> {
    await this.#namespaces.whenFirstServed();
    const enough = new AbortController();
    const optional = this.#optional
      .reflectors()
      .filter(({ namespace }) => namespace === undefined || this.isServing(namespace));
    await Promise.race([
      Promise.all(optional.map((reflector) => reflector.whenSynced())),
      sleep(this.#options.clock, optionalListMs, enough.signal),
    ]);
    enough.abort();
  }

  /** Whether all that the stores of a namespace need is known. They are left alone until it is. */
  isServing(namespace: string): boolean {
    return this.#namespaces.isServed(namespace);
  }

  /** Whether objects of a namespace are seen at all. */
  isWatching(namespace: string): boolean {
    const { namespaces } = this.#options;
    return namespaces.length === 0 || namespaces.includes(namespace);
  }

  /** Whether any namespace is served. */
  isServingAny(): boolean {
    return this.#namespaces.isServedAny();
  }

  /** What stands against each namespace that is not served as it should be. */
  problems(): readonly NamespaceProblem[] {
    return this.#namespaces.problems();
  }

  /** Ends every back-off; for when the API server is known to be back. */
  wake(): void {
    for (const reflector of this.reflectors()) reflector.wake();
  }

  /** For health and metrics. */
  reflectors(): readonly Reflector[] {
    return [...this.#requiredReflectors(), ...this.#optional.reflectors()];
  }

  #requiredReflectors(): readonly Reflector[] {
    return Array.from(this.#required.values(), ({ reflectors }) => reflectors).flat();
  }

  /** How the cluster has a kind, seen from a namespace. */
  availability(kind: NamespacedKind, namespace: string): Exclude<Availability, 'unwatched'>;
  availability(kind: ResourceKind, namespace: string): Availability;
  availability(kind: ResourceKind, namespace: string): Availability {
    if (!this.#reaches(kind)) return this.#options.isServed(kind) ? 'unwatched' : 'absent';
    const watched = this.#find(kind);
    if (watched === undefined) return 'absent';
    return watched.seeing(namespace)?.hasSynced === true ? 'served' : 'unlisted';
  }

  #find(object: Pick<KubeObject, 'apiVersion' | 'kind'>): ReflectorSet | undefined {
    return this.#required.get(kindId(object)) ?? this.#optional.find(object);
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
    const watched = this.#find(object);
    if (watched !== undefined) return watched;
    if (!isOptional(object)) throw new Error(`${id} is not watched`);
    throw new TransientError('ApiNotServed', `the cluster does not serve ${id}`);
  }

  /** The cache of a kind; an empty one while it is not watched, as an optional kind that is absent. */
  cache(kind: ResourceKind): ObjectCache {
    const isUnwatched = isOptional(kind) || !this.#reaches(kind);
    return this.#find(kind)?.cache ?? (isUnwatched ? this.#nothing : this.lookup(kind).cache);
  }

  /** Every object of a kind. */
  objects(kind: ResourceKind): readonly KubeObject[] {
    return Array.from(this.cache(kind).list(), ({ object }) => object);
  }

  /** The stores that ask an ingress controller for a host. */
  storesAt(host: string): readonly KubeObject[] {
    return this.#stores(hostKey(host));
  }

  #stores(key: string): readonly KubeObject[] {
    return this.cache(storeResource)
      .byIndex(byReference, key)
      .map(({ object }) => object);
  }

  /** Younger stores with a host that a store had or has; for the older ones nothing has changed. */
  #rivals({ before, after }: WatchedChange): readonly string[] {
    return [before?.object, after?.object].flatMap((store) =>
      store === undefined
        ? []
        : hostKeysOf(store)
            .flatMap((key) => this.#stores(key))
            .filter(({ metadata }) => isOlder(store.metadata, metadata))
            .map(objectKey),
    );
  }

  /** Keys of the stores that a change concerns: the one it belongs to, those that refer to it, those that share a host. */
  storesOf(change: WatchedChange): readonly string[] {
    const { kind, key } = change;
    if (!kind.namespaced) return this.objects(storeResource).map(objectKey);
    if (kind === storeResource) {
      return [...new Set([...storeKeysOf(change), ...this.#rivals(change)])];
    }
    const reference = referenceKey(kind, key);
    if (reference === undefined) return storeKeysOf(change);
    const referring = this.#stores(reference).map(objectKey);
    const isOthers = referencedKinds.some((each) => each.kind === kind);
    return isOthers ? referring : [...new Set([...storeKeysOf(change), ...referring])];
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

function watchedKind(
  kind: ResourceKind,
  options: StoreWatchesOptions & { readonly onState: (reflector: Reflector) => void },
): ReflectorSet {
  const isShared = sharedKinds.includes(kind);
  const isOurs = kind !== storeResource && !isShared;
  const cache = new ObjectCache({
    manager: options.manager,
    project: projectionOf(kind),
    indexers: indexersOf(kind),
    onChange: (change) => options.onChange({ ...change, kind }),
  });
  const selectors = referenceWatch(kind) ?? (isOurs ? { labelSelector: managedSelector } : {});
  return new ReflectorSet({ ...options, kind, cache, ...selectors });
}

/** Keys of the stores that a change concerns: both, when a child's label moved it from one store to another. */
function storeKeysOf(change: WatchedChange): readonly string[] {
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
