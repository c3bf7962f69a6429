// How far the release of a store has come, from the caches.
import { managedDatabase } from '../../crds/store/database.ts';
import type { Store } from '../../crds/store/store.ts';
import type { JobState, RolloutFacts, ServingRelease } from '../desired/desired-object.ts';
import { childName, type ComponentName, componentNames, labelKeys } from '../names.ts';
import { objectKey } from '../runtime/kube-object.ts';
import type { LiveDeployment, LiveJob, LiveStatefulSet } from '../status/observation.ts';
import { deploymentResource, jobResource, statefulSetResource } from './kinds.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

type Live = LiveDeployment & {
  readonly spec?: {
    readonly template?: {
      readonly metadata?: { readonly labels?: Readonly<Record<string, string>> };
    };
  };
};

function liveDeployment(
  store: Pick<Store, 'metadata'>,
  component: ComponentName,
  tools: ReconcileTools,
): Live | undefined {
  const { namespace, name } = store.metadata;
  const key = `${namespace}/${childName(name, component)}`;
  return tools.watches.cache(deploymentResource).get(key)?.object;
}

/** What runs, or what served last: a Deployment that somebody deleted is made again as it was. */
function serving(store: Store, component: ComponentName, live: Live | undefined) {
  const { template } = live?.spec ?? {};
  const { images, version = '' } = store.status ?? {};
  const found = template?.spec?.containers?.find(({ name }) => name === component)?.image;
  const image = found ?? images?.[component];
  if (image === undefined) return [];
  const release: ServingRelease = {
    image,
    version: template?.metadata?.labels?.[labelKeys.version] ?? version,
  };
  return [[component, release] as const];
}

function isRolledOut(live: Live | undefined): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0 } = live?.status ?? {};
  return observedGeneration >= (live?.metadata.generation ?? 0) && updatedReplicas === replicas;
}

/** Whether no pod of an older revision of the API is left, as the cluster is now. */
export function isApiRolledOut(store: Pick<Store, 'metadata'>, tools: ReconcileTools): boolean {
  return isRolledOut(liveDeployment(store, 'api', tools));
}

function jobState({ status }: LiveJob): JobState {
  const ended = (status?.conditions ?? []).find((condition) => condition.status === 'True');
  return (ended?.type as 'Complete' | 'Failed' | undefined) ?? 'Running';
}

/** Facts about the rollout of a store. */
export function rolloutFacts(store: Store, tools: ReconcileTools): RolloutFacts {
  const { namespace, name } = store.metadata;
  const lives = componentNames.map(
    (component) => [component, liveDeployment(store, component, tools)] as const,
  );
  const database = tools.watches
    .cache(statefulSetResource)
    .get(`${namespace}/${childName(name, 'db')}`)?.object as LiveStatefulSet | undefined;
  const jobs = tools.watches.children(jobResource, objectKey(store));
  return {
    // Whether one that somebody else runs is there, its migration finds out.
    isDatabaseReady:
      managedDatabase(store.spec.database) === undefined ||
      (database?.status?.readyReplicas ?? 0) > 0,
    jobs: Object.fromEntries(
      jobs.map((job) => [job.metadata.name, jobState(job as unknown as LiveJob)]),
    ),
    serving: Object.fromEntries(
      lives.flatMap(([component, live]) => serving(store, component, live)),
    ),
    isApiRolledOut: isApiRolledOut(store, tools),
  };
}
