// The pods of a migration on nodes that are played: found while they wait for the scheduler, and ended as the kubelet
// would end them.
import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { mustRun } from './cluster.ts';
import { list, type LiveObject } from './stores.ts';

/** How a program ended. */
export interface ProgramEnd {
  readonly exitCode: number;
  readonly message: string;
  /** Its node was drained, and the pod evicted. */
  readonly isDrained?: boolean;
}

/** The pod of a store's migration that waits for a node. Throws while there is none. */
export async function waitingMigrationPod(
  cluster: ClusterAccess,
  namespace: string,
  store: string,
): Promise<LiveObject> {
  const selector = `app.kubernetes.io/instance=${store},app.kubernetes.io/component=migration`;
  const pods = await list(cluster, 'pods', ['-n', namespace, '-l', selector]);
  const pod = pods.find((one) => one['status'].phase === 'Pending');
  if (pod === undefined) throw new Error('the migration has no pod that waits');
  return pod;
}

/** Ends a pod whose program failed. */
export async function failPod(
  cluster: ClusterAccess,
  pod: LiveObject,
  { exitCode, message, isDrained = false }: ProgramEnd,
): Promise<void> {
  const { name, image } = pod['spec'].containers[0];
  const terminated = { exitCode, reason: 'Error', message, finishedAt: '2026-01-01T00:00:00Z' };
  const ended = {
    name,
    image,
    imageID: '',
    ready: false,
    restartCount: 0,
    state: { terminated },
  };
  const evicted = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' };
  const status = {
    phase: 'Failed',
    containerStatuses: [ended],
    ...(isDrained && { conditions: [evicted] }),
  };
  const { metadata } = pod;
  const patch = JSON.stringify({ status });
  const target = ['patch', `pod/${metadata.name}`, '-n', metadata.namespace];
  await mustRun(cluster, [...target, '--subresource=status', '--type=merge', '-p', patch]);
}
