// Reconciles of a store against an API server of a few lines, which keeps what is written to it.
import { pino } from 'pino';
import type { StoreStatus } from '../../crds/store/status.ts';
import type { Store } from '../../crds/store/store.ts';
import type { ReconcileTools } from '../../operator/controller/reconcile-tools.ts';
import type { EventNote } from '../../operator/controller/store-events.ts';
import { reconcileStore } from '../../operator/controller/reconcile-store.ts';
import { StoreWatches } from '../../operator/controller/watches.ts';
import { fieldManager } from '../../operator/names.ts';
import type { ApiRequest } from '../../operator/runtime/api-client.ts';
import { Applier } from '../../operator/runtime/applier.ts';
import {
  type KubeObject,
  objectPath,
  type ResourceKind,
} from '../../operator/runtime/kube-object.ts';
import { defaultSettings } from '../../operator/runtime/settings.ts';
import { page, ScriptedWatchClient } from './a-reflector.ts';
import { FakeClock } from './fake-clock.ts';
import { httpFailure } from './scripted-client.ts';

/** Keeps objects by their path; knows no field ownership, so that everything is applied each time. */
class KeepingApi {
  readonly #objects = new Map<string, KubeObject>();
  #version = 0;

  keep(path: string, object: KubeObject): KubeObject {
    this.#version += 1;
    const before = this.#objects.get(path);
    const metadata = {
      uid: `uid of ${path}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...before?.metadata,
      ...object.metadata,
      resourceVersion: String(this.#version),
    };
    const after = { ...before, ...object, metadata };
    this.#objects.set(path, after);
    return after;
  }

  answer({ method, path, body }: ApiRequest): unknown {
    if (method === 'GET') return this.#objects.get(path) ?? httpFailure(404, 'NotFound');
    if (method === 'DELETE') return this.#objects.delete(path) ? {} : httpFailure(404, 'NotFound');
    const object = body as KubeObject;
    return this.keep(method === 'POST' ? `${path}/${object.metadata.name}` : path, object);
  }
}

/** The status that was written last. */
export function statusIn(requests: readonly ApiRequest[]): StoreStatus {
  const written = requests.findLast(({ path }) => path.endsWith('/status'));
  if (written === undefined) throw new Error('no status was written');
  return (written.body as { readonly status: StoreStatus }).status;
}

/** What a cluster has besides what every cluster has. */
export interface OptionalPart {
  /** Optional kinds that it serves, by their plurals: how their lists are answered. */
  readonly served?: Readonly<Record<string, (request: ApiRequest) => unknown>>;
}

/**
 * A store that can be reconciled, in a cluster that serves nothing optional unless the test says so. Nothing is watched
 * before `watch`: the caches hold what the operator has written, and what the test puts there.
 */
export function aReconcile(store: Store, { served = {} }: OptionalPart = {}) {
  const clock = new FakeClock();
  const events: EventNote[] = [];
  const api = new KeepingApi();
  const listed = (request: ApiRequest): unknown => {
    const list = served[request.path.split('/').at(-1) ?? ''];
    return list === undefined ? page(0, []) : list(request);
  };
  const client = new ScriptedWatchClient((request) =>
    request.query?.['limit'] === undefined ? api.answer(request) : listed(request),
  );
  const watches = new StoreWatches({
    client,
    clock,
    manager: fieldManager,
    settings: defaultSettings.reflector,
    observer: { listed: () => {}, watchEvent: () => {}, failed: () => {} },
    namespaces: [],
    onChange: () => {},
    isServed: ({ plural }) => Object.hasOwn(served, plural),
    onServed: () => {},
    onNamespace: () => {},
  });
  const tools: ReconcileTools = {
    client,
    watches,
    clock,
    applier: new Applier({
      client,
      manager: fieldManager,
      lookup: (manifest) => watches.lookup(manifest),
    }),
    hasMetricsApi: () => false,
    event: (note) => events.push(note),
    applied: () => {},
    log: pino({ level: 'silent' }),
    signal: new AbortController().signal,
  };
  return {
    client,
    clock,
    events,
    watches,
    tools,
    /** Lists everything once, and goes on watching until `watches.stop()`. */
    watch: async (): Promise<void> => {
      watches.start();
      await clock.advance(1);
    },
    /** Puts an object of somebody else's there. */
    exists: (kind: ResourceKind, object: KubeObject): void => {
      const { namespace, name } = object.metadata;
      api.keep(objectPath({ kind, namespace, name }), object);
    },
    /** Reconciles once; resolves to the status that was written. */
    reconcile: async (): Promise<StoreStatus> => {
      await reconcileStore(store as unknown as KubeObject, tools);
      return statusIn(client.requests);
    },
  };
}
