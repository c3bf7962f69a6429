// Which kinds the cluster serves. Optional APIs come and go at run time; a failed look keeps the last good answer.
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
      readonly resources?: readonly { readonly responseKind?: { readonly kind?: string } }[];
    }[];
  }[];
}

/** The plain lists of servers that do not aggregate: `APIVersions` of /api, `APIGroupList` of /apis. */
interface PlainList {
  readonly versions?: readonly string[];
  readonly groups?: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[];
}

interface ResourceList {
  readonly resources?: readonly { readonly name: string; readonly kind: string }[];
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

/** What it is made of. */
export interface CapabilitiesOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly settings: RuntimeSettings['capabilities'];
  readonly logger: Logger;
}

function aggregatedKinds(list: AggregatedList): readonly string[] {
  return (list.items ?? []).flatMap(({ metadata, versions }) =>
    versions
      .filter(({ freshness }) => freshness !== 'Stale')
      .flatMap(({ version, resources }) => {
        const group = metadata?.name ?? '';
        const apiVersion = group === '' ? version : `${group}/${version}`;
        return (resources ?? []).map(
          ({ responseKind }) => `${apiVersion}/${responseKind?.kind ?? ''}`,
        );
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
  #refreshing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #isStopped = false;

  constructor(options: CapabilitiesOptions) {
    this.#options = options;
    this.#failed = new LimitedWarning('API discovery failed; the last answer is kept', options);
  }

  /** Looks now and then again and again; resolves after the first look. */
  async start(): Promise<void> {
    await this.refresh();
    this.#arm();
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

  #arm(): void {
    if (this.#isStopped) return;
    this.#timer = this.#options.clock.after(this.#options.settings.refreshMs, () => {
      void this.refresh().then(() => this.#arm());
    });
  }

  async #look(): Promise<void> {
    try {
      const kinds = await Promise.all([this.#kindsUnder('/api'), this.#kindsUnder('/apis')]);
      this.#replace(new Set(kinds.flat()));
      this.#ready.resolve();
    } catch (error) {
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
      const objects = resources.filter(({ name }) => !name.includes('/'));
      return objects.map(({ kind }) => `${apiVersion}/${kind}`);
    } catch {
      const isOfVersion = (kind: string): boolean =>
        kind.slice(0, kind.lastIndexOf('/')) === apiVersion;
      return [...this.#served].filter(isOfVersion);
    }
  }

  #replace(next: ReadonlySet<string>): void {
    const previous = this.#served;
    this.#served = next;
    const change: CapabilityChange = {
      added: [...next].filter((kind) => !previous.has(kind)),
      removed: [...previous].filter((kind) => !next.has(kind)),
    };
    if (change.added.length + change.removed.length === 0) return;
    for (const listener of this.#listeners) listener(change);
  }
}
