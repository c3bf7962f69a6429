// Makes the parts of the operator and ties them together. Nothing runs yet.
import { hostname } from 'node:os';
import { Registry } from 'prom-client';
import type { OperatorConfig } from './config.ts';
import { classifyFailure } from './controller/classify-error.ts';
import { CrdGate } from './controller/crd-gate.ts';
import { crdResource, gatewayResource, optionalKinds, storeResource } from './controller/kinds.ts';
import { keepRevision } from './controller/projections.ts';
import type { SharedTools } from './controller/reconcile-tools.ts';
import {
  StoreWatches,
  type StoreWatchesOptions,
  type WatchedChange,
} from './controller/watches.ts';
import { FailureLog } from './failure-log.ts';
import type { Logger } from './log.ts';
import { registerNamespaceMetrics, registerStoreMetrics } from './metrics.ts';
import { fieldManager } from './names.ts';
import { Applier } from './runtime/applier.ts';
import { resyncDelayMs } from './runtime/backoff.ts';
import { Capabilities, type CapabilitiesOptions, isAbout } from './runtime/capabilities.ts';
import { systemClock } from './runtime/clock.ts';
import { clusterAccess, loadKubeConfig } from './runtime/cluster-access.ts';
import { EventLoopLag } from './runtime/event-loop-lag.ts';
import { EventRecorder } from './runtime/events.ts';
import { objectKey } from './runtime/kube-object.ts';
import { LeaderElector } from './runtime/lease.ts';
import { RuntimeMetrics } from './runtime/metrics.ts';
import { allNamespaces, ObjectCache } from './runtime/object-cache.ts';
import { Reflector } from './runtime/reflector.ts';
import type { RuntimeSettings } from './runtime/settings.ts';
import { Transport } from './runtime/transport.ts';
import { WorkQueue } from './runtime/work-queue.ts';
import { StoreOperator } from './store-operator.ts';

/** Name of the Lease. */
export const leaseName = fieldManager;

/** A rollout changes its Deployment many times a second; the store is judged once for all of them. */
const childDelayMs = 200;

/** What an operator is made with. */
export interface OperatorOptions {
  readonly config: OperatorConfig;
  readonly log: Logger;
  readonly settings: RuntimeSettings;
}

interface Base extends OperatorOptions {
  readonly kubeConfig: ReturnType<typeof loadKubeConfig>;
  readonly registry: Registry;
  readonly metrics: RuntimeMetrics;
  readonly identity: string;
  readonly transport: Transport;
}

/** The parts of one operator. */
export interface OperatorParts extends Base {
  readonly queue: WorkQueue;
  readonly watches: StoreWatches;
  readonly capabilities: Capabilities;
  /** Absent where single namespaces are watched: CRDs belong to the cluster. */
  readonly crds: Reflector | undefined;
  readonly events: EventRecorder;
  readonly operator: StoreOperator;
  readonly elector: LeaderElector | undefined;
  readonly gate: CrdGate;
  readonly lag: EventLoopLag;
  /** Lets the queue work. */
  readonly lead: () => void;
}

function base(options: OperatorOptions, fence: () => void): Base {
  const { config, settings } = options;
  const kubeConfig = loadKubeConfig(config.kubeconfig);
  const registry = new Registry();
  const metrics = new RuntimeMetrics({ registry, controller: 'dhakacartstore', leaseName });
  const transport = new Transport({
    access: clusterAccess(kubeConfig, systemClock),
    settings: settings.transport,
    clock: systemClock,
    userAgent: fieldManager,
    fence,
    observer: metrics,
  });
  const identity = config.podName || `${hostname()}_${process.pid}`;
  return { ...options, kubeConfig, registry, metrics, transport, identity };
}

type Marking = Pick<OperatorParts, 'queue' | 'metrics' | 'watches'>;

/** Marks the stores of a namespace, or all of them. A look writes nothing where nothing has changed; what a store refers to is read. */
function markStores(
  { queue, watches }: Pick<Marking, 'queue' | 'watches'>,
  namespace?: string,
): void {
  for (const store of watches.objects(storeResource)) {
    if (namespace !== undefined && store.metadata.namespace !== namespace) continue;
    queue.add(objectKey(store), { priority: 'background' });
  }
}

/** An edit of a person comes before the first list and before whatever children report. */
function markDirty(change: WatchedChange, { queue, metrics, watches }: Marking): void {
  const isStore = change.kind === storeResource;
  const isEdit = isStore && change.before !== undefined;
  const action =
    change.before === undefined ? 'add' : change.after === undefined ? 'delete' : 'update';
  metrics.triggered(change.kind.kind, action);
  for (const key of watches.storesOf(change)) {
    queue.add(key, {
      priority: isEdit ? 'user' : 'background',
      delayMs: isStore ? 0 : childDelayMs,
    });
  }
}

function crdReflector(
  { config, transport, settings, metrics }: Base,
  capabilities: Capabilities,
): Reflector | undefined {
  if (config.watchNamespaces.length > 0) return undefined;
  const onChange = (): void => capabilities.expectChange();
  return new Reflector({
    client: transport,
    clock: systemClock,
    kind: crdResource,
    cache: new ObjectCache({ manager: fieldManager, project: keepRevision, onChange }),
    settings: settings.reflector,
    observer: metrics,
    metadataOnly: true,
  });
}

/** Without the watch of CRDs, what comes is found by looking. */
function someCapabilities(
  shared: Pick<CapabilitiesOptions, 'client' | 'clock' | 'logger'>,
  { config, settings }: Base,
): Capabilities {
  const { capabilities } = settings;
  const { unwatchedRefreshMs: refreshMs } = capabilities;
  const isWatched = config.watchNamespaces.length === 0;
  return new Capabilities({
    ...shared,
    settings: isWatched ? capabilities : { ...capabilities, refreshMs },
  });
}

/** Tells which namespaces are served; a watch of all of them is told of where the operator starts. */
function namespaceTeller(
  log: Logger,
  markThoseOf: (namespace: string | undefined) => void,
): StoreWatchesOptions['onNamespace'] {
  return (namespace, problem) => {
    if (problem !== undefined) return log.warn({ namespace }, problem.message);
    if (namespace !== undefined) log.info({ namespace }, 'the namespace is served');
    markThoseOf(namespace);
  };
}

const podMetricsKind = { apiVersion: 'metrics.k8s.io/v1beta1', kind: 'PodMetrics' };

/** Whether the cluster serves them is part of what is said of a store. */
const judgedKinds = [podMetricsKind, ...optionalKinds.map(({ kind }) => kind)];

function sharedTools(
  { transport, metrics }: Base,
  parts: Pick<OperatorParts, 'watches' | 'capabilities' | 'events'>,
): SharedTools {
  const { watches, capabilities, events } = parts;
  return {
    client: transport,
    clock: systemClock,
    watches,
    applier: new Applier({
      client: transport,
      manager: fieldManager,
      lookup: (manifest) => watches.lookup(manifest),
    }),
    hasMetricsApi: () => capabilities.serves(podMetricsKind),
    event: ({ store, ...told }) => events.record({ regarding: store, ...told }),
    applied: (kind, result) => metrics.applied(kind, result),
  };
}

function observeAll(parts: Omit<OperatorParts, 'lead'>): void {
  const { registry, metrics, watches, queue, elector, config, crds, transport } = parts;
  parts.capabilities.onChange((change) => {
    watches.adapt();
    // No watch tells of metrics, nor of what belongs to the cluster where single namespaces are watched.
    if (judgedKinds.some((kind) => isAbout(change, kind))) markStores({ queue, watches });
  });
  registerStoreMetrics(registry, () => watches.objects(storeResource));
  registerNamespaceMetrics(registry, config.watchNamespaces, (name) => watches.isServing(name));
  metrics.sample(
    {
      runningAgesMs: () => queue.runningAgesMs(),
      watchAgesMs: () =>
        [...watches.reflectors(), ...(crds === undefined ? [] : [crds])].map(
          ({ kind, namespace, lastActivityAgeMs }) => ({
            kind: kind.kind,
            namespace,
            ageMs: lastActivityAgeMs,
          }),
        ),
      isLeading: () => elector?.isLeading() ?? true,
    },
    config.concurrency,
  );
  transport.onRecovered(() => {
    watches.wake();
    crds?.wake();
    // A store that failed in the outage must not sit out its back-off.
    markStores({ queue, watches });
  });
}

function failureLogged(operator: StoreOperator, log: Logger): StoreOperator['reconcile'] {
  const failures = new FailureLog(log, systemClock);
  return async (key, signal) => {
    try {
      return await operator.reconcile(key, signal);
    } catch (error) {
      failures.failed(key, error);
      throw error;
    }
  };
}

/**
 * Makes every part.
 * @throws Error when there is no usable kubeconfig
 */
export function assemble(options: OperatorOptions): OperatorParts {
  const { config, log, settings } = options;
  let elector: LeaderElector | undefined;
  const common = base(options, () => elector?.assertLeading());
  const { transport: client, metrics, identity, kubeConfig } = common;
  const shared = { client, clock: systemClock, logger: log };
  const queue = new WorkQueue({
    ...shared,
    settings: { ...settings.queue, concurrency: config.concurrency },
    observer: metrics,
    classify: classifyFailure,
  });
  const capabilities = someCapabilities(shared, common);
  const watches: StoreWatches = new StoreWatches({
    ...shared,
    manager: fieldManager,
    settings: settings.reflector,
    observer: metrics,
    namespaces: config.watchNamespaces,
    onChange: (change) => markDirty(change, { queue, metrics, watches }),
    isServed: (kind) => capabilities.serves(kind),
    onServed: (kind, namespace) => {
      const { apiVersion, kind: name } = kind;
      const availability = watches.availability(kind, namespace ?? allNamespaces);
      log.info({ kind: name, apiVersion, namespace, availability }, 'optional API');
      // A store may name a Gateway of another namespace.
      markStores({ queue, watches }, kind === gatewayResource ? undefined : namespace);
    },
    onNamespace: namespaceTeller(log, (namespace) => markStores({ queue, watches }, namespace)),
  });
  const reporter = { reportingController: fieldManager, reportingInstance: identity };
  const events = new EventRecorder({ ...shared, ...reporter, settings: settings.events });
  const tools = sharedTools(common, { watches, capabilities, events });
  const resyncMs = (): number => resyncDelayMs(settings.queue, Math.random);
  const operator = new StoreOperator({ kubeConfig, tools, log, resyncMs });
  const reconcile = failureLogged(operator, log);
  const lead = (): void => queue.start(reconcile);
  if (config.leaderElect) {
    elector = new LeaderElector({
      ...shared,
      settings: settings.lease,
      namespace: config.namespace,
      name: leaseName,
      identity,
      onStartedLeading: lead,
      onStoppedLeading: (reason) => queue.hold(reason),
    });
  }
  const crds = crdReflector(common, capabilities);
  const gate = new CrdGate({ client, clock: systemClock, log });
  const lag = new EventLoopLag();
  const parts = {
    ...common,
    queue,
    watches,
    capabilities,
    crds,
    events,
    operator,
    elector,
    gate,
    lag,
  };
  observeAll(parts);
  return { ...parts, lead };
}
