// Keeps one cache equal to what the API server holds of one kind: a paged list, then a watch for ever.
//
// - A watch asks for bookmarks, ends after a random 4 to 8 minutes, and is taken for dead after 70 to 75 s of silence.
// - Any failure keeps the resource version, so that nothing is listed twice; only 410 (as status or as event) lists anew,
//   and what the new list lacks was deleted. The cache is swapped in one step: nobody ever sees it half filled.
// - Back-off 0.8 s doubling to 30 s with full jitter, reset after two minutes of health (client-go reflector.go,
//   kube-rs watcher.rs), and never less than Retry-After. `wake` cuts a pause short when the API server is known to be back.
// - `stop` is one AbortController that every step looks at: no watch outlives it.
import type { WatchClient, WatchEvent } from './api-client.ts';
import { fullJitterDelayMs, shortestDelayMs } from './backoff.ts';
import { type Clock, sleep } from './clock.ts';
import { isGone, KubeError } from './kube-error.ts';
import { collectionPath, type KubeObject, type ResourceKind } from './kube-object.ts';
import type { CachedObject, ObjectCache } from './object-cache.ts';
import type { RuntimeSettings } from './settings.ts';

/** Hears what a reflector does; for metrics and logs. */
export interface ReflectorObserver {
  listed(kind: string, result: { readonly objects: number; readonly pages: number }): void;
  watchEvent(kind: string, type: WatchEvent['type']): void;
  /** A list or a watch failed; the next try comes after `delayMs`. */
  failed(kind: string, failure: { readonly error: Error; readonly delayMs: number }): void;
}

/** What a reflector is made of. */
export interface ReflectorOptions {
  readonly kind: ResourceKind;
  readonly cache: ObjectCache;
  readonly client: WatchClient;
  readonly settings: RuntimeSettings['reflector'];
  readonly clock: Clock;
  readonly observer: ReflectorObserver;
  /** One namespace, or all when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Asks for `PartialObjectMetadata`: for kinds of which only metadata is read. */
  readonly metadataOnly?: boolean;
  /** The first list is complete, a try has failed, or the server has answered after a failure. */
  readonly onState?: () => void;
  readonly random?: () => number;
}

interface ListPage {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly KubeObject[] | null;
}

const metadataAccept = (kind: string): string =>
  `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`;

/** A watch that ended well this soon was not a watch; the pause keeps a broken server from a hot loop. */
const shortestHealthyWatchMs = 1_000;

/** Lists, watches, and never gives up until it is stopped. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #random: () => number;
  readonly #stop = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  #wakeUp: AbortController | undefined;
  #running: Promise<void> | undefined;
  #version: string | undefined;
  #failures = 0;
  /** Woken, and not answered since. */
  #isWoken = false;
  #hasSynced = false;
  #failure: Error | undefined;
  #lastActivity: number;
  #loopedAt: number;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#lastActivity = options.clock.monotonic();
    this.#loopedAt = this.#lastActivity;
  }

  /** Begins; does nothing the second time. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends every request at once and resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wakeUp?.abort();
    await this.#running;
  }

  /** Resolves after the first complete list. */
  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  /** True after the first complete list. */
  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Kind that is watched. */
  get kind(): ResourceKind {
    return this.#options.kind;
  }

  /** Namespace that is watched; undefined for all of them. */
  get namespace(): string | undefined {
    return this.#options.namespace;
  }

  /** What the last try has failed with; undefined once the server has answered. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Milliseconds since the server last said anything. */
  get lastActivityAgeMs(): number {
    return this.#options.clock.monotonic() - this.#lastActivity;
  }

  /** Milliseconds since this did anything at all, a failed try included; for liveness. */
  get loopAgeMs(): number {
    return this.#options.clock.monotonic() - Math.max(this.#loopedAt, this.#lastActivity);
  }

  /**
   * Tries again at once instead of waiting for the back-off; for when the API server is known to be back. A try that is
   * under way may still hang on a connection from before: if it fails unanswered, the next one comes at once, too.
   */
  wake(): void {
    this.#isWoken = true;
    this.#wakeUp?.abort();
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const startedAt = this.#options.clock.monotonic();
      this.#loopedAt = startedAt;
      const error = await this.#listAndWatch();
      if (this.#stop.signal.aborted) return;
      const healthyMs = this.#options.clock.monotonic() - startedAt;
      if (healthyMs >= this.#options.settings.backoffResetMs) this.#failures = 0;
      if (isGone(error)) this.#version = undefined;
      if (error === undefined && healthyMs >= shortestHealthyWatchMs) continue;
      await this.#pause(error ?? new Error('the watch ended as soon as it began'));
    }
  }

  /** One list if needed and one watch; the error that ended it, or undefined when the server ended it in good order. */
  async #listAndWatch(): Promise<Error | undefined> {
    try {
      this.#version ??= await this.#list();
      await this.#watch(this.#version);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  async #pause(error: Error): Promise<void> {
    const { clock, observer, kind } = this.#options;
    this.#failures += 1;
    const delayMs = this.#delayMs(error);
    observer.failed(kind.kind, { error, delayMs });
    this.#failure = error;
    this.#options.onState?.();
    this.#wakeUp = new AbortController();
    await sleep(clock, delayMs, this.#wakeUp.signal);
    this.#wakeUp = undefined;
    this.#isWoken = false;
  }

  #delayMs(error: Error): number {
    const { settings } = this.#options;
    const delayMs = this.#isWoken
      ? shortestDelayMs(settings)
      : fullJitterDelayMs(this.#failures, settings, this.#random);
    return Math.max(delayMs, (error instanceof KubeError && error.retryAfterMs) || 0);
  }

  async #list(): Promise<string> {
    const { kind, cache, client, settings, observer, namespace } = this.#options;
    const entries: CachedObject[] = [];
    let next = '';
    let version = '';
    let pages = 0;
    do {
      const page: ListPage = await client.request<ListPage>({
        method: 'GET',
        path: this.#path(),
        query: {
          ...this.#selector(),
          limit: String(settings.pageSize),
          ...(next === '' ? {} : { continue: next }),
        },
        ...this.#accept('PartialObjectMetadataList'),
        signal: this.#stop.signal,
        tries: 1,
      });
      // Items of a list carry neither apiVersion nor kind.
      for (const item of page.items ?? []) {
        entries.push(cache.trim({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }));
      }
      version = page.metadata.resourceVersion;
      next = page.metadata.continue ?? '';
      pages += 1;
      this.#active();
    } while (next !== '');
    cache.replaced(entries, version, namespace);
    observer.listed(kind.kind, { objects: entries.length, pages });
    const isFirst = !this.#hasSynced;
    this.#hasSynced = true;
    this.#synced.resolve();
    if (isFirst) this.#options.onState?.();
    return version;
  }

  async #watch(version: string): Promise<void> {
    const { client, settings } = this.#options;
    const between = (low: number, high: number): number => low + (high - low) * this.#random();
    const timeoutSeconds = Math.round(
      between(settings.watchTimeoutMinSeconds, settings.watchTimeoutMaxSeconds),
    );
    const stream = await client.watch({
      path: this.#path(),
      query: {
        ...this.#selector(),
        resourceVersion: version,
        allowWatchBookmarks: 'true',
        timeoutSeconds: String(timeoutSeconds),
      },
      ...this.#accept('PartialObjectMetadata'),
      signal: this.#stop.signal,
      inactivityMs: between(settings.inactivityMinMs, settings.inactivityMaxMs),
    });
    this.#active();
    try {
      for await (const event of stream.events()) {
        if (this.#stop.signal.aborted) return;
        this.#take(event);
      }
    } finally {
      stream.close();
    }
  }

  #take(event: WatchEvent): void {
    const { cache, observer, kind, namespace } = this.#options;
    this.#active();
    observer.watchEvent(kind.kind, event.type);
    if (event.type === 'ERROR') throw watchError(kind, event.object);
    // In a metadata-only watch the object names itself PartialObjectMetadata.
    const object = {
      ...(event.object as KubeObject),
      apiVersion: kind.apiVersion,
      kind: kind.kind,
    };
    const version = object.metadata.resourceVersion;
    if (event.type === 'BOOKMARK') cache.passed(version ?? '0', namespace);
    else if (event.type === 'DELETED') cache.deleted(object, namespace);
    else cache.observed(object, namespace);
    if (version !== undefined) this.#version = version;
  }

  #active(): void {
    this.#isWoken = false;
    this.#lastActivity = this.#options.clock.monotonic();
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#options.onState?.();
  }

  #path(): string {
    return collectionPath(this.#options.kind, this.#options.namespace);
  }

  #selector(): Record<string, string> {
    const { labelSelector, fieldSelector } = this.#options;
    return {
      ...(labelSelector !== undefined && { labelSelector }),
      ...(fieldSelector !== undefined && { fieldSelector }),
    };
  }

  #accept(kind: string): { accept?: string } {
    return this.#options.metadataOnly === true ? { accept: metadataAccept(kind) } : {};
  }
}

function watchError(kind: ResourceKind, status: unknown): KubeError {
  const {
    code = 0,
    reason = 'Unknown',
    message = '',
  } = (status ?? {}) as {
    code?: number;
    reason?: string;
    message?: string;
  };
  return new KubeError(`WATCH ${kind.plural}: ${code} ${reason}: ${message}`, {
    origin: 'http',
    code,
    reason,
  });
}
