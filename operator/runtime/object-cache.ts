// The last known state of one kind, filled by a reflector and by our own writes.
//
// Read-your-writes: the answer to a write goes straight into the cache, so the next reconcile sees it without waiting.
// That is exact, not hopeful, because resource versions of one kind are ordered: an answer older than what the watch
// has already delivered is dropped, and a watch event older than the entry does not replace it (docs/adr/0005). Such an event
// is told of all the same: somebody else's change that our answer, which holds it too, has overtaken.
//
// Several watches may fill one cache, each of them a namespace: what one of them has delivered says nothing of the others.
import { isDeepStrictEqual } from 'node:util';
import { compareResourceVersions, type KubeObject, objectKey } from './kube-object.ts';
import { appliedFields, lastOtherManager, type OwnedValue, ownedView } from './owned-fields.ts';

/** One object as the cache holds it. */
export interface CachedObject {
  /** Trimmed: no managedFields, and only the fields that the projection keeps. */
  readonly object: KubeObject;
  /** What we applied, with its live values; undefined when we applied nothing. */
  readonly owned: OwnedValue | undefined;
  /** Who else wrote to the object last, for the message about a repaired drift. */
  readonly lastOtherManager: string | undefined;
}

/** What happened to an object. An object that was replaced under its name shows both, with different UIDs. */
export interface CacheChange {
  readonly key: string;
  readonly before: CachedObject | undefined;
  readonly after: CachedObject | undefined;
}

/** Names of an index mapped to the values under which an object is found. */
export type Indexers = Readonly<Record<string, (object: KubeObject) => readonly string[]>>;

/** What a cache keeps. */
export interface ObjectCacheOptions {
  readonly manager: string;
  /** Chooses what to keep of an object; the less, the less memory and the fewer wake-ups. Must keep metadata. */
  readonly project: (object: KubeObject) => KubeObject;
  readonly indexers?: Indexers;
  /** Hears of changes that came from the cluster, not of our own writes, and only when something kept has changed. */
  readonly onChange?: (change: CacheChange) => void;
}

/** Stands for a watch of all namespaces, and for kinds that belong to the cluster. */
export const allNamespaces = '';

function versionOf(object: KubeObject): string {
  return object.metadata.resourceVersion ?? '0';
}

function sameContent(a: CachedObject, b: CachedObject): boolean {
  const content = (entry: CachedObject): unknown => ({
    ...entry,
    object: { ...entry.object, metadata: { ...entry.object.metadata, resourceVersion: '' } },
  });
  return (
    a.object.metadata.uid === b.object.metadata.uid && isDeepStrictEqual(content(a), content(b))
  );
}

/** Whether an object is of a later version than what is held. */
function isLater(object: KubeObject, { object: held }: CachedObject): boolean {
  return compareResourceVersions(versionOf(object), versionOf(held)) > 0;
}

/** Objects of one kind by `namespace/name`, with indexes. */
export class ObjectCache {
  readonly #options: ObjectCacheOptions;
  #objects = new Map<string, CachedObject>();
  readonly #indexes = new Map<string, Map<string, Set<string>>>();
  /** Newest version that each watch is known to have passed, by its namespace; `allNamespaces` for a watch of all. */
  readonly #seenVersions = new Map<string, string>();
  /** Versions that our own writes made and the watch has not brought yet, by `namespace/name`. */
  readonly #unseenWrites = new Map<string, Set<string>>();

  constructor(options: ObjectCacheOptions) {
    this.#options = options;
    for (const name of Object.keys(options.indexers ?? {})) this.#indexes.set(name, new Map());
  }

  /** How many objects are held. */
  get size(): number {
    return this.#objects.size;
  }

  /** One object, by `namespace/name`. */
  get(key: string): CachedObject | undefined {
    return this.#objects.get(key);
  }

  /** Every object. */
  list(): IterableIterator<CachedObject> {
    return this.#objects.values();
  }

  /** The objects found under a value of an index. */
  byIndex(index: string, value: string): CachedObject[] {
    const keys = this.#indexes.get(index)?.get(value) ?? [];
    return [...keys].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** Trims an object to what is kept. */
  trim(object: KubeObject): CachedObject {
    const { manager, project } = this.#options;
    const fields = appliedFields(object, manager);
    return {
      object: project(object),
      owned: fields === undefined ? undefined : ownedView(object, fields),
      lastOtherManager: lastOtherManager(object, manager),
    };
  }

  /** Takes an added or modified object from the watch of a namespace. */
  observed(object: KubeObject, namespace: string = allNamespaces): void {
    const version = versionOf(object);
    this.passed(version, namespace);
    const key = objectKey(object);
    const isOurs = this.#recognise(key, version);
    const before = this.#objects.get(key);
    if (before === undefined || isLater(object, before)) this.#take(key, this.trim(object));
    else if (!isOurs && version !== versionOf(before.object))
      this.#tell({ key, before, after: before });
  }

  /** Whether a version is of our own making; the watch brings it once. */
  #recognise(key: string, version: string): boolean {
    const versions = this.#unseenWrites.get(key);
    const isOurs = versions?.delete(version) ?? false;
    if (versions?.size === 0) this.#unseenWrites.delete(key);
    return isOurs;
  }

  /** Takes a deletion from the watch of a namespace. */
  deleted(object: KubeObject, namespace: string = allNamespaces): void {
    this.passed(versionOf(object), namespace);
    const key = objectKey(object);
    const before = this.#objects.get(key);
    // An entry of a newer version is a successor under the same name that we wrote ourselves.
    if (
      before === undefined ||
      compareResourceVersions(versionOf(before.object), versionOf(object)) > 0
    )
      return;
    this.#remove(key, before);
  }

  /** The watch of a namespace has delivered everything up to this version. */
  passed(version: string, namespace: string = allNamespaces): void {
    const seen = this.#seenVersions.get(namespace) ?? '0';
    if (compareResourceVersions(version, seen) > 0) this.#seenVersions.set(namespace, version);
  }

  /** Whether a watch has delivered an object's version, or a newer one. */
  #hasPassed(object: KubeObject): boolean {
    const { namespace = allNamespaces } = object.metadata;
    return [allNamespaces, namespace].some((watched) => {
      const seen = this.#seenVersions.get(watched) ?? '0';
      return compareResourceVersions(versionOf(object), seen) <= 0;
    });
  }

  /** Takes the answer to one of our own writes; nobody is told. */
  written(object: KubeObject): void {
    if (this.#hasPassed(object)) return;
    const key = objectKey(object);
    const before = this.#objects.get(key);
    if (before !== undefined && !isLater(object, before)) return;
    this.#put(key, this.trim(object));
    const versions = this.#unseenWrites.get(key) ?? new Set();
    this.#unseenWrites.set(key, versions.add(versionOf(object)));
  }

  /**
   * Swaps in a whole list of a namespace at once: its absent objects are deletions, except what we wrote after the list was
   * made. The events between are lost, so each object that we wrote among them is told of.
   */
  replaced(
    entries: readonly CachedObject[],
    version: string,
    namespace: string = allNamespaces,
  ): void {
    const next = new Map(entries.map((entry) => [objectKey(entry.object), entry]));
    for (const [key, before] of this.#objects) {
      const isListed =
        namespace === allNamespaces || before.object.metadata.namespace === namespace;
      const writtenLater = compareResourceVersions(versionOf(before.object), version) > 0;
      if (isListed && !next.has(key) && !writtenLater) this.#remove(key, before);
    }
    for (const [key, after] of next) {
      const before = this.#objects.get(key);
      const isOvertaken = this.#forgetWrites(key, version);
      if (before === undefined || isLater(after.object, before))
        this.#take(key, after, isOvertaken);
      else if (isOvertaken) this.#tell({ key, before, after: before });
    }
    this.passed(version, namespace);
  }

  /** Whether there were any. */
  #forgetWrites(key: string, upTo: string): boolean {
    const versions = [...(this.#unseenWrites.get(key) ?? [])];
    const gone = versions.filter((version) => compareResourceVersions(version, upTo) <= 0);
    for (const version of gone) this.#recognise(key, version);
    return gone.length > 0;
  }

  #take(key: string, after: CachedObject, isToldAnyway = false): void {
    const before = this.#objects.get(key);
    this.#put(key, after);
    const isChange = before === undefined || !sameContent(before, after);
    if (isChange || isToldAnyway) this.#tell({ key, before, after });
  }

  #put(key: string, after: CachedObject): void {
    this.#reindex(key, this.#objects.get(key), after);
    this.#objects.set(key, after);
  }

  #tell(change: CacheChange): void {
    this.#options.onChange?.(change);
  }

  #remove(key: string, before: CachedObject): void {
    this.#reindex(key, before, undefined);
    this.#objects.delete(key);
    this.#unseenWrites.delete(key);
    this.#tell({ key, before, after: undefined });
  }

  #reindex(key: string, before: CachedObject | undefined, after: CachedObject | undefined): void {
    for (const [name, indexer] of Object.entries(this.#options.indexers ?? {})) {
      const index = this.#indexes.get(name);
      if (index === undefined) continue;
      for (const value of before === undefined ? [] : indexer(before.object)) {
        const keys = index.get(value);
        keys?.delete(key);
        if (keys?.size === 0) index.delete(value);
      }
      for (const value of after === undefined ? [] : indexer(after.object)) {
        const keys = index.get(value) ?? new Set();
        index.set(value, keys.add(key));
      }
    }
  }
}
