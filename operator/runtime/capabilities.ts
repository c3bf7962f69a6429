// Which kinds the cluster serves. Optional APIs come and go at run time; a failed look keeps the last good answer, and a kind
// counts as gone when two looks in a row miss it: an API server that has just started does not know every group yet.
// Aggregated discovery answers with one request for all groups: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery.
import type { ApiClient } from './api-client.ts';
import type { Clock, Timer } from './clock.ts';
import { LimitedWarning } from './limited-warning.ts';
import type { Logger } from './logger.ts';
import type { RuntimeSettings } from './settings.ts';

const aggregatedDiscovery =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';

interface AggregatedList {
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      /** `Stale` while an aggregated API server cannot be reached. */
      readonly freshness?: string;
      readonly resources?: readonly {
        readonly responseKind?: { readonly kind?: string };
        readonly verbs?: readonly string[];
      }[];
    }[];
  }[];
}

/** The plain lists of servers that do not aggregate: `APIVersions` of /api, `APIGroupList` of /apis. */
interface PlainList {
  readonly versions?: readonly string[];
  readonly groups?: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[];
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly verbs?: readonly string[];
  }[];
}

/** A kind of a group and version. */
export interface ServedKind {
  readonly apiVersion: string;
  readonly kind: string;
}

/** What came and what went, as `apiVersion/Kind`. */
export interface CapabilityChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** True when the kind is among what came or went. */
export function isAbout({ added, removed }: CapabilityChange, kind: ServedKind): boolean {
  const name = `${kind.apiVersion}/${kind.kind}`;
  return added.includes(name) || removed.includes(name);
}

/** What it is made of. */
export interface CapabilitiesOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly settings: RuntimeSettings['capabilities'];
  readonly logger: Logger;
}

/**
 * While a CRD waits for the finalizers of its objects, they can be deleted and not be made: its API is as good as gone.
 * https://github.com/kubernetes/apiextensions-apiserver/blob/master/pkg/apiserver/customresource_discovery_controller.go
 */
function isLeaving({ verbs = [] }: { readonly verbs?: readonly string[] }): boolean {
  return verbs.includes('delete') && !verbs.includes('create');
}

function aggregatedKinds(list: AggregatedList): readonly string[] {
  return (list.items ?? []).flatMap(({ metadata, versions }) =>
    versions
      .filter(({ freshness }) => freshness !== 'Stale')
      .flatMap(({ version, resources }) => {
        const group = metadata?.name ?? '';
        const apiVersion = group === '' ? version : `${group}/${version}`;
        return (resources ?? [])
          .filter((resource) => !isLeaving(resource))
          .map(({ responseKind }) => `${apiVersion}/${responseKind?.kind ?? ''}`);
      }),
  );
}

function plainVersions({ versions = [], groups = [] }: PlainList): readonly string[] {
  return [...versions, ...groups.flatMap((group) => group.versions.map((v) => v.groupVersion))];
}

/** Knows what the cluster serves. */
export class Capabilities {
  readonly #options: CapabilitiesOptions;
  readonly #listeners = new Set<(change: CapabilityChange) => void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #failed: LimitedWarning;
  #served: ReadonlySet<string> = new Set();
  /** Served, but the last look missed them. */
  #missed: ReadonlySet<string> = new Set();
  #refreshing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #isReady = false;
  /** What was told of may not be served yet. */
  #isExpecting = false;
  #isStopped = false;

  constructor(options: CapabilitiesOptions) {
    this.#options = options;
    this.#failed = new LimitedWarning('API discovery failed; the last answer is kept', options);
  }

  /** Looks now and then again and again; resolves after the first look. */
  async start(): Promise<void> {
    await this.refresh();
    if (this.#timer === undefined) this.#arm();
  }

  /** Looks no more. */
  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  /** True when the kind was served at the last look that succeeded. */
  serves({ apiVersion, kind }: ServedKind): boolean {
    return this.#served.has(`${apiVersion}/${kind}`);
  }

  /** Calls the listener when kinds come or go. */
  onChange(listener: (change: CapabilityChange) => void): void {
    this.#listeners.add(listener);
  }

  /** Resolves after the first look that succeeded; until then nothing counts as served. */
  whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  /** Looks now; several calls at once share one look. Never rejects. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#look().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  /**
   * CRDs have changed: looks soon, and once more after that, since discovery follows a CRD with a delay. A storm of changes
   * costs one look in each `settleMs`.
   */
  expectChange(): void {
    if (!this.#isExpecting) this.#arm(this.#options.settings.settleMs);
    this.#isExpecting = true;
  }

  #arm(delayMs: number = this.#nextDelayMs()): void {
    this.#timer?.cancel();
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      const wasExpecting = this.#isExpecting;
      this.#isExpecting = false;
      void this.refresh().then(() => {
        if (this.#isExpecting) return; // armed meanwhile
        this.#arm(wasExpecting ? this.#options.settings.settleMs : undefined);
      });
    });
  }

  #nextDelayMs(): number {
    const { refreshMs, settleMs } = this.#options.settings;
    return this.#missed.size > 0 || !this.#isReady ? settleMs : refreshMs;
  }

  async #look(): Promise<void> {
    try {
      const kinds = await Promise.all([this.#kindsUnder('/api'), this.#kindsUnder('/apis')]);
      this.#isReady = true;
      this.#replace(new Set(kinds.flat()));
      this.#ready.resolve();
    } catch (error) {
      this.#missed = new Set();
      this.#failed.warn(error);
    }
  }

  async #kindsUnder(path: string): Promise<readonly string[]> {
    const list = await this.#options.client.request<AggregatedList & PlainList>({
      method: 'GET',
      path,
      accept: aggregatedDiscovery,
    });
    if (list.items !== undefined) return aggregatedKinds(list);
    const kinds: string[] = [];
    for (const apiVersion of plainVersions(list)) {
      kinds.push(...(await this.#kindsOfVersion(`${path}/${apiVersion}`, apiVersion)));
    }
    return kinds;
  }

  /** One group that cannot be read must not hide the others; of it the last answer is kept. */
  async #kindsOfVersion(path: string, apiVersion: string): Promise<readonly string[]> {
    try {
      const { resources = [] } = await this.#options.client.request<ResourceList>({
        method: 'GET',
        path,
      });
      const objects = resources.filter(
        (resource) => !resource.name.includes('/') && !isLeaving(resource),
      );
      return objects.map(({ kind }) => `${apiVersion}/${kind}`);
    } catch {
      const isOfVersion = (kind: string): boolean =>
        kind.slice(0, kind.lastIndexOf('/')) === apiVersion;
      return [...this.#served].filter(isOfVersion);
    }
  }

  #replace(seen: ReadonlySet<string>): void {
    const previous = this.#served;
    const missing = [...previous].filter((kind) => !seen.has(kind));
    const removed = missing.filter((kind) => this.#missed.has(kind));
    this.#missed = new Set(missing.filter((kind) => !this.#missed.has(kind)));
    this.#served = new Set([...seen, ...this.#missed]);
    const added = [...seen].filter((kind) => !previous.has(kind));
    if (added.length + removed.length === 0) return;
    for (const listener of this.#listeners) listener({ added, removed });
  }
}
