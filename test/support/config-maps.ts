// ConfigMaps as the simplest kind there is: a client of its own that changes them, and the runtime that watches them.
import { afterAll, beforeAll } from 'vitest';
import { systemClock } from '../../operator/runtime/clock.ts';
import { clusterAccess, loadKubeConfig } from '../../operator/runtime/cluster-access.ts';
import type { KubeObject, ResourceKind } from '../../operator/runtime/kube-object.ts';
import { type CacheChange, ObjectCache } from '../../operator/runtime/object-cache.ts';
import { Reflector } from '../../operator/runtime/reflector.ts';
import type { RuntimeSettings } from '../../operator/runtime/settings.ts';
import { Transport } from '../../operator/runtime/transport.ts';
import { type ApiClient, type ApiResponse, apiClient } from './api-client.ts';
import { sharedCluster, withNamespace } from './cluster.ts';
import { kubeconfigThrough } from './kubeconfig-through.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** ConfigMaps, as URLs need them. */
export const configMapKind: ResourceKind = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

/** What the tests' ConfigMaps carry: the namespace holds others, `kube-root-ca.crt` at least. */
const labels = { 'conformance.example.com/watched': 'yes' };

const labelSelector = 'conformance.example.com/watched=yes';

/** Content of an object that tells it from every other: its UID and its data. */
export type Contents = Readonly<Record<string, string>>;

function contents(objects: Iterable<KubeObject>): Contents {
  const entries = Array.from(objects, ({ metadata, ...object }): [string, string] => [
    metadata.name,
    `${metadata.uid} ${JSON.stringify(object['data'])}`,
  ]);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** ConfigMaps of one namespace, through a client that shares nothing with the runtime. */
export class ConfigMaps {
  readonly #client: ApiClient;
  readonly #path: string;

  constructor(kubeconfigPath: string, namespace: string) {
    this.#client = apiClient(kubeconfigPath);
    this.#path = `/api/v1/namespaces/${namespace}/configmaps`;
  }

  /** Makes one. */
  create(name: string, value = 'first'): Promise<void> {
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels },
      data: { value },
    };
    return this.#must('POST', this.#path, { body });
  }

  /** Makes several, one after the other. */
  async createAll(names: readonly string[]): Promise<void> {
    for (const name of names) await this.create(name);
  }

  /** Replaces the data of one. */
  edit(name: string, value: string): Promise<void> {
    return this.#must('PATCH', `${this.#path}/${name}`, {
      body: { data: { value } },
      contentType: 'application/merge-patch+json',
    });
  }

  /** Deletes one. */
  remove(name: string): Promise<void> {
    return this.#must('DELETE', `${this.#path}/${name}`);
  }

  /** What the API server holds. */
  async contents(): Promise<Contents> {
    const { body } = await this.#client.request(
      'GET',
      `${this.#path}?labelSelector=${encodeURIComponent(labelSelector)}`,
    );
    return contents(body.items as KubeObject[]);
  }

  /** Value by name of every ConfigMap of the namespace, labelled or not. */
  async values(): Promise<Readonly<Record<string, string | undefined>>> {
    const { body } = await this.#client.request('GET', this.#path);
    const items = body.items as KubeObject[];
    return Object.fromEntries(
      items.map(({ metadata, ...object }) => [
        metadata.name,
        (object['data'] as { value?: string } | undefined)?.value,
      ]),
    );
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #must(method: string, path: string, options?: object): Promise<void> {
    const { status, body }: ApiResponse = await this.#client.request(method, path, options);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(body)}`);
  }
}

/** A failed list or watch as the observer heard of it. */
export interface ObservedFailure {
  readonly reason: string;
  readonly delayMs: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A running reflector and everything that it told. */
export interface WatchedConfigMaps {
  readonly reflector: Reflector;
  readonly cache: ObjectCache;
  readonly transport: Transport;
  readonly changes: readonly CacheChange[];
  readonly lists: readonly { readonly objects: number; readonly pages: number }[];
  readonly failures: readonly ObservedFailure[];
  /** How many objects the cache held whenever another turn could look after a change. */
  readonly sizes: readonly number[];
  readonly size: () => number;
  readonly contents: () => Contents;
  /** Ends the reflector alone; sockets that wait to be used again stay in the transport's pool. */
  readonly stop: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How to watch. */
export interface WatchOptions {
  /** Leads through a proxy. */
  readonly kubeconfigPath: string;
  readonly namespace: string;
  readonly settings: RuntimeSettings;
  /** Default `Math.random`. */
  readonly random?: () => number;
  readonly onChange?: (change: CacheChange) => void;
}

/** Watches the tests' ConfigMaps of a namespace. */
export function watchConfigMaps({
  kubeconfigPath,
  namespace,
  settings,
  random = Math.random,
  onChange,
}: WatchOptions): WatchedConfigMaps {
  const clock = systemClock;
  const changes: CacheChange[] = [];
  const lists: { objects: number; pages: number }[] = [];
  const failures: ObservedFailure[] = [];
  const sizes: number[] = [];
  const cache: ObjectCache = new ObjectCache({
    manager: 'conformance',
    project: (object) => object,
    onChange: (change) => {
      changes.push(change);
      onChange?.(change);
      queueMicrotask(() => sizes.push(cache.size));
    },
  });
  const transport = new Transport({
    access: clusterAccess(loadKubeConfig(kubeconfigPath), clock),
    settings: settings.transport,
    clock,
    userAgent: 'conformance',
  });
  const reflector = new Reflector({
    kind: configMapKind,
    cache,
    client: transport,
    clock,
    settings: settings.reflector,
    namespace,
    labelSelector,
    random,
    observer: {
      listed: (_kind, list) => void lists.push(list),
      watchEvent: () => undefined,
      failed: (_kind, { error, delayMs }) => {
        const { reason = error.message } = error as { reason?: string };
        failures.push({ reason, delayMs, at: clock.now() });
      },
    },
  });
  reflector.start();
  return {
    reflector,
    cache,
    transport,
    changes,
    lists,
    failures,
    sizes,
    size: () => cache.size,
    contents: () => contents(Array.from(cache.list(), ({ object }) => object)),
    stop: () => reflector.stop(),
    close: async () => {
      await reflector.stop();
      await transport.close();
    },
  };
}

/** A watch that goes through a proxy which the tests can spoil. */
export interface ProxiedWatch {
  readonly proxy: TcpProxy;
  readonly configMaps: ConfigMaps;
  readonly watched: WatchedConfigMaps;
}

/** Watches ConfigMaps of the shared cluster through a TCP proxy, for the tests of the current `describe`. */
export function withProxiedWatch(
  prefix: string,
  options: Pick<WatchOptions, 'settings' | 'random'>,
): () => ProxiedWatch {
  const { server, kubeconfigPath } = sharedCluster();
  const namespace = withNamespace(prefix);
  let parts: ProxiedWatch | undefined;
  beforeAll(async () => {
    const proxy = await startTcpProxy(server);
    const configMaps = new ConfigMaps(kubeconfigPath, namespace());
    const watched = watchConfigMaps({
      ...options,
      kubeconfigPath: kubeconfigThrough(kubeconfigPath, proxy),
      namespace: namespace(),
    });
    parts = { proxy, configMaps, watched };
    await watched.reflector.whenSynced();
  });
  afterAll(async () => {
    await parts?.watched.close();
    await parts?.configMaps.close();
    await parts?.proxy.close();
  });
  return () => {
    if (parts === undefined) throw new Error('the watch exists inside of tests and hooks only');
    return parts;
  };
}
