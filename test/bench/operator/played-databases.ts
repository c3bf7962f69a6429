// Databases and migrations where no pod runs: plays the controllers of StatefulSets and Jobs, which are switched off then, by
// writing into each object that it has done its work.
import {
  collectionPath,
  type KubeObject,
  objectPath,
} from '../../../operator/runtime/kube-object.ts';
import { jobResource, statefulSetResource } from '../../../operator/controller/kinds.ts';
import type { Transport } from '../../../operator/runtime/transport.ts';

/** Flags of the controller manager that leave those two kinds to the player. */
export const withoutWorkloadControllers = [
  '--controllers=*,-statefulset-controller,-job-controller',
];

const inactivityMs = 3_600_000;

function readyStatus({ metadata }: KubeObject): object {
  const { generation: observedGeneration } = metadata;
  return { observedGeneration, replicas: 1, readyReplicas: 1, updatedReplicas: 1 };
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/job/#success-policy: the criteria come before the end. */
function completeStatus(): object {
  const now = new Date().toISOString();
  const condition = (type: string) => ({
    type,
    status: 'True',
    reason: 'CompletionsReached',
    lastTransitionTime: now,
  });
  const conditions = [condition('SuccessCriteriaMet'), condition('Complete')];
  return { startTime: now, completionTime: now, succeeded: 1, conditions };
}

function isPlayed({ status }: KubeObject & { readonly status?: object }): boolean {
  return Object.hasOwn(status ?? {}, 'readyReplicas') || Object.hasOwn(status ?? {}, 'succeeded');
}

const kinds = [
  { kind: statefulSetResource, statusOf: readyStatus },
  { kind: jobResource, statusOf: completeStatus },
] as const;

/**
 * Begins to play; resolves once it hears of every object.
 * @returns ends it
 */
export async function playDatabases(client: Transport): Promise<() => void> {
  const stop = new AbortController();
  const { signal } = stop;
  const players = await Promise.all(
    kinds.map(async ({ kind, statusOf }) => {
      const path = collectionPath(kind);
      const watch = await client.watch({ path, query: {}, signal, inactivityMs });
      const play = async (): Promise<void> => {
        for await (const { type, object } of watch.events()) {
          const live = object as KubeObject;
          if (type === 'DELETED' || isPlayed(live)) continue;
          const { namespace, name } = live.metadata;
          await client.request({
            method: 'PATCH',
            patchType: 'merge',
            path: objectPath({ kind, namespace, name, subresource: 'status' }),
            body: { status: statusOf(live) },
          });
        }
      };
      return play;
    }),
  );
  for (const play of players) {
    play().catch((error: unknown) => {
      if (!signal.aborted) process.stderr.write(`bench: ${String(error)}\n`);
    });
  }
  return () => stop.abort();
}
