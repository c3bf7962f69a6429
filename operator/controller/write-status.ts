// The one place that writes a status: observes the live children, lets the pure rules judge them, applies the result.
import { parseStoreSpec } from '../../crds/store/parse.ts';
import type { Store, StoreSpec } from '../../crds/store/store.ts';
import { type MigrationStatus, neverObserved, type StoreStatus } from '../../crds/store/status.ts';
import { generatedSecrets } from '../desired/generated-secrets.ts';
import { migrationJob } from '../desired/migration-job.ts';
import { neededReferences, referenceId } from '../desired/references.ts';
import { OperatorError } from '../errors.ts';
import { childName, componentNames } from '../names.ts';
import { nextStatus } from '../status/next-status.ts';
import type { Observations, Outcome } from '../status/observation.ts';
import type { KubeObject, ResourceKind } from '../runtime/kube-object.ts';
import { operatorError } from './classify-error.ts';
import { seenCredentials } from './credentials.ts';
import { type Gathered, generatedChecksums } from './gather-facts.ts';
import {
  autoscalerResource,
  claimResource,
  deploymentResource,
  jobResource,
  networkPolicyResource,
  podResource,
  secretResource,
  statefulSetResource,
} from './kinds.ts';
import { exposureObservations, plannedExposure } from './observe-exposure.ts';
import { observedCertManager, plannedTls, seenCertificate } from './observe-tls.ts';
import type { ReconcileTools } from './reconcile-tools.ts';
import type { EventReason } from './store-events.ts';

/** A store whose spec may not have passed validation. */
export type JudgedStore = Pick<Store, 'apiVersion' | 'kind' | 'metadata' | 'status'> & {
  readonly spec: StoreSpec | undefined;
  /** Absent unless the reconcile got as far as to gather them. */
  readonly facts?: Gathered | undefined;
};

/** As much of what is gathered as the status needs; without a valid spec there are neither plans nor checksums. */
type Known = Pick<Gathered, 'credentials'> &
  Partial<Pick<Gathered, 'checksums' | 'exposure' | 'tls'>>;

/** What the reconcile has gathered is not looked at again. */
async function knownOf(store: JudgedStore, tools: ReconcileTools): Promise<Known> {
  const { metadata, spec, facts } = store;
  if (facts !== undefined) return facts;
  const credentials = await seenCredentials(store, tools);
  if (spec === undefined) return { credentials };
  const valid = { metadata, spec };
  const exposure = plannedExposure(valid, tools);
  return {
    credentials,
    exposure,
    tls: plannedTls(valid, exposure, tools),
    checksums: generatedChecksums(generatedSecrets(store as Store), tools),
  };
}

/** The Job that the present spec asks for, found again by what it is made from. */
function presentJob(
  store: JudgedStore,
  checksums: Known['checksums'],
  tools: ReconcileTools,
): Pick<Observations, 'migration' | 'isJobKnown'> {
  if (store.spec === undefined || checksums === undefined) return { isJobKnown: false };
  const valid = store as Store;
  if (neededReferences(valid).some((one) => !Object.hasOwn(checksums, referenceId(one))))
    return { isJobKnown: false };
  const { namespace, name } = migrationJob(valid, { checksums }).metadata;
  const migration = tools.watches.cache(jobResource).get(`${namespace}/${name}`)?.object;
  return { migration, isJobKnown: true };
}

function claimAge(key: string, tools: ReconcileTools): Pick<Observations, 'claimCreatedAt'> {
  const createdAt = tools.watches.cache(claimResource).get(key)?.object.metadata.creationTimestamp;
  return createdAt === undefined ? {} : { claimCreatedAt: createdAt };
}

async function observations(store: JudgedStore, tools: ReconcileTools): Promise<Observations> {
  const { metadata, spec } = store;
  const { namespace, name } = metadata;
  const { credentials, checksums, exposure, tls } = await knownOf(store, tools);
  const storeKey = `${namespace}/${name}`;
  const database = `${namespace}/${childName(name, 'db')}`;
  const byComponent = (kind: ResourceKind): Record<string, KubeObject> =>
    Object.fromEntries(
      componentNames.flatMap((component) => {
        const cached = tools.watches.cache(kind).get(`${namespace}/${childName(name, component)}`);
        return cached === undefined ? [] : [[component, cached.object]];
      }),
    );
  return {
    deployments: byComponent(deploymentResource),
    autoscalers: byComponent(autoscalerResource),
    database: tools.watches.cache(statefulSetResource).get(database)?.object,
    ...claimAge(database, tools),
    ...presentJob(store, checksums, tools),
    pods: tools.watches.children(podResource, storeKey),
    networkPolicies: tools.watches
      .children(networkPolicyResource, storeKey)
      .map(({ metadata: { name: policy } }) => policy),
    secrets: tools.watches.children(secretResource, storeKey),
    credentials,
    hasMetricsApi: tools.hasMetricsApi(),
    ...(spec &&
      exposure && { exposure, ...exposureObservations({ metadata, spec }, exposure, tools) }),
    ...(tls && { tls }),
    certificate: await seenCertificate(store, tls, tools),
    ...(spec &&
      tls?.mode === 'CertManager' && {
        certManager: observedCertManager({ metadata, spec }, tools),
      }),
  };
}

/** The default that stands before the first status says nothing about a generation. */
function previousStatus({ status }: JudgedStore): StoreStatus | undefined {
  return status?.observedGeneration === neverObserved
    ? { ...status, observedGeneration: undefined }
    : status;
}

function isReady(status: StoreStatus | undefined): boolean | undefined {
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready');
  return ready === undefined ? undefined : ready.status === 'True';
}

function tellReadiness(store: JudgedStore, next: StoreStatus, tools: ReconcileTools): void {
  const before = isReady(store.status) ?? false;
  const after = isReady(next) ?? false;
  if (before === after) return;
  const message = next.conditions?.find((condition) => condition.type === 'Ready')?.message ?? '';
  tools.event({
    store,
    type: after ? 'Normal' : 'Warning',
    reason: after ? 'Ready' : 'NotReady',
    action: 'Judge',
    note: message,
  });
}

const migrationEvents: Readonly<Partial<Record<MigrationStatus['state'], EventReason>>> = {
  Running: 'MigrationStarted',
  Succeeded: 'Migrated',
  Failed: 'MigrationFailed',
};

/** One that begins and ends between two looks is told at its end. */
function tellMigration(store: JudgedStore, next: StoreStatus, tools: ReconcileTools): void {
  const before = store.status?.migration;
  const { migration } = next;
  if (migration === undefined || before?.state === migration.state) return;
  const { state, version, message } = migration;
  const reason = migrationEvents[state];
  if (reason === undefined) return;
  const what = `the database for release ${version ?? 'unknown'}`;
  const notes = {
    Running: `the Job that prepares ${what} has begun`,
    Succeeded: `${what} is prepared`,
    Failed: message,
    Pending: message,
  } as const;
  const type = state === 'Failed' ? 'Warning' : 'Normal';
  tools.event({ store, type, reason, action: 'Migrate', note: notes[state] });
}

/** Judges the store as it is now and writes its status if that changes anything. */
export async function writeStatus(
  store: JudgedStore,
  outcome: Outcome,
  tools: ReconcileTools,
): Promise<StoreStatus> {
  const { apiVersion, kind, metadata, spec } = store;
  const status = nextStatus({
    metadata,
    spec,
    previous: previousStatus(store),
    observations: await observations(store, tools),
    outcome,
    now: new Date(tools.clock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
  const { name, namespace } = metadata;
  const manifest: KubeObject = { apiVersion, kind, metadata: { name, namespace }, status };
  const action = await tools.applier.applyStatus(manifest, tools.signal);
  if (action === 'updated') {
    tellMigration(store, status, tools);
    tellReadiness(store, status, tools);
  }
  return status;
}

/** Says in the status why a store that is to be deleted is still there. */
export async function judgeDeletion(
  object: KubeObject,
  error: unknown,
  tools: ReconcileTools,
): Promise<void> {
  const known = operatorError(error);
  if (!(known instanceof OperatorError)) return;
  const parsed = parseStoreSpec(object['spec']);
  const store = { ...object, spec: parsed.ok ? parsed.spec : undefined } as unknown as JudgedStore;
  await writeStatus(store, { kind: 'failed', error: known }, tools);
}
