// The controller as a subclass of `Operator` from @dot-i/k8s-operator, and the only importer of that package.
//
// The base class gives the lifecycle (start -> init, stop), the event types, and the finalizer protocol
// (`handleResourceFinalizer`). What in it is unsafe on a real cluster is overridden here: its watch ends the process
// after 30 quiet seconds, its queue runs one event at a time and loses errors, and its writes swallow every failure.
// Contract tests pin what is inherited, so that an upgrade which changes it fails.
import operatorPackage, {
  type OperatorLogger,
  type ResourceEvent,
  ResourceEventType,
  type ResourceMeta,
  ResourceMetaImpl,
} from '@dot-i/k8s-operator';
import { storePlural } from '../crds/store/store.ts';
import { finalizeStore } from './controller/finalize-store.ts';
import { storeResource } from './controller/kinds.ts';
import { reconcileStore } from './controller/reconcile-store.ts';
import type { ReconcileTools, SharedTools } from './controller/reconcile-tools.ts';
import { judgeDeletion } from './controller/write-status.ts';
import type { Logger } from './log.ts';
import { storeFinalizer } from './names.ts';
import type { KubeConfig } from './runtime/cluster-access.ts';
import { type KubeObject, objectKey, objectPath, type ObjectRef } from './runtime/kube-object.ts';
import type { RunResult } from './runtime/run-result.ts';

const Operator = operatorPackage.default;

/** What a store operator is made of. */
export interface StoreOperatorOptions {
  readonly kubeConfig: KubeConfig;
  readonly tools: SharedTools;
  readonly log: Logger;
  /** Delay until a store is looked at again although nothing happened. */
  readonly resyncMs: () => number;
}

function operatorLogger(log: Logger): OperatorLogger {
  return {
    debug: (message) => log.debug(message),
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
    error: (message) => log.error(message),
  };
}

/** Reconciles one store at a time; which one and when is the queue's business. */
export class StoreOperator extends Operator {
  readonly #options: StoreOperatorOptions;

  constructor(options: StoreOperatorOptions) {
    super(operatorLogger(options.log));
    this.kubeConfig = options.kubeConfig;
    this.#options = options;
  }

  /**
   * Brings one store to what its spec says.
   * @param key `namespace/name`; a store that is gone is done, one whose namespace is not served comes back when it is
   * @throws OperatorError or KubeError for the queue
   */
  async reconcile(key: string, signal: AbortSignal): Promise<RunResult> {
    const cache = this.#options.tools.watches.cache(storeResource);
    const store = cache.get(key)?.object;
    if (store === undefined || !this.#isServed(store)) return {};
    const tools: ReconcileTools = {
      ...this.#options.tools,
      signal,
      log: this.#options.log.child({ store: key }),
    };
    await this.handleResourceFinalizer(resourceEvent(store), storeFinalizer, () =>
      this.#tearDown(store, tools),
    );
    if (store.metadata.deletionTimestamp !== undefined) return {};
    const delayMs = await reconcileStore(cache.get(key)?.object ?? store, tools);
    const resyncMs = this.#options.resyncMs();
    return { requeueAfterMs: Math.min(resyncMs, delayMs ?? resyncMs) };
  }

  /** Fills the caches; resolves when each kind of a namespace was listed once. */
  protected override async init(): Promise<void> {
    await this.watchResource();
  }

  override stop(): void {
    void this.stopped();
  }

  /** Ends every watch; resolves when none is left. */
  async stopped(): Promise<void> {
    await this.#options.tools.watches.stop();
  }

  /** The watches of stores and children are the runtime's; their handlers mark keys dirty. */
  protected override async watchResource(): Promise<void> {
    const { watches } = this.#options.tools;
    watches.start();
    await watches.whenSynced();
  }

  protected override getCustomResourceApiUri(
    apiGroup: string,
    apiVersion: string,
    ...[plural, namespace]: [string, string?]
  ): string {
    const root = apiGroup === '' ? `/api/${apiVersion}` : `/apis/${apiGroup}/${apiVersion}`;
    const server = this.kubeConfig.getCurrentCluster()?.server ?? '';
    return `${server}${root}${namespace === undefined ? '' : `/namespaces/${namespace}`}/${plural}`;
  }

  /** The resource version is the lock: a store that changed meanwhile is looked at again. */
  protected override async setResourceFinalizers(
    meta: ResourceMeta,
    finalizers: string[],
  ): Promise<void> {
    await this.#write(meta, {
      method: 'PATCH',
      patchType: 'merge',
      body: { metadata: { finalizers, resourceVersion: meta.resourceVersion } },
    });
  }

  protected override async setResourceStatus(
    meta: ResourceMeta,
    status: unknown,
  ): Promise<ResourceMeta | null> {
    const { apiVersion, kind, name, namespace } = meta;
    const metadata = namespace === undefined ? { name } : { name, namespace };
    await this.#options.tools.applier.applyStatus({ apiVersion, kind, metadata, status });
    return this.#metaNow(meta);
  }

  protected override async patchResourceStatus(
    meta: ResourceMeta,
    status: unknown,
  ): Promise<ResourceMeta | null> {
    await this.#write(meta, { method: 'PATCH', patchType: 'merge', body: { status } }, 'status');
    return this.#metaNow(meta);
  }

  /** CRDs come with the chart: an operator that may write CRDs could rewrite any API of the cluster. */
  protected override registerCustomResourceDefinition(): Promise<never> {
    return Promise.reject(new Error('CRDs are installed by the chart, not by the operator'));
  }

  #isServed({ metadata }: KubeObject): boolean {
    return this.#options.tools.watches.isServing(metadata.namespace ?? '');
  }

  async #tearDown(store: KubeObject, tools: ReconcileTools): Promise<void> {
    try {
      await finalizeStore(store, tools);
      tools.log.info('the store is gone; its children follow by garbage collection');
    } catch (error) {
      await judgeDeletion(store, error, tools);
      throw error;
    }
  }

  async #write(
    meta: ResourceMeta,
    request: { readonly method: 'PATCH'; readonly patchType: 'merge'; readonly body: unknown },
    subresource?: string,
  ): Promise<void> {
    const { client, watches } = this.#options.tools;
    const { namespace, name } = meta;
    const ref: ObjectRef = {
      kind: storeResource,
      namespace,
      name,
      ...(subresource !== undefined && { subresource }),
    };
    const answer = await client.request<KubeObject>({ ...request, path: objectPath(ref) });
    watches.cache(storeResource).written(answer);
  }

  #metaNow(meta: ResourceMeta): ResourceMeta | null {
    const key = objectKey({ metadata: meta });
    const object = this.#options.tools.watches.cache(storeResource).get(key)?.object;
    return object === undefined ? null : resourceEvent(object).meta;
  }
}

/** The base class edits the list of finalizers in place, so it gets a copy. */
function resourceEvent(store: KubeObject): ResourceEvent {
  const object = {
    ...store,
    metadata: { ...store.metadata, finalizers: [...(store.metadata.finalizers ?? [])] },
  } as unknown as ResourceEvent['object'];
  return {
    type: ResourceEventType.Modified,
    meta: ResourceMetaImpl.createWithPlural(storePlural, object),
    object,
  };
}
