import type { IDeployment } from 'kubernetes-models/apps/v1';
import type { Store } from '../../crds/store/store.ts';
import { type ComponentName, selectorLabels } from '../names.ts';
import { childMetadata } from './child-metadata.ts';
import type { DesiredObject } from './desired-object.ts';
import { type PodRelease, podTemplate } from './pod-template.ts';

/** A pod counts only after it was ready for so long: a crash right after the start stops the rollout. */
const minReadySeconds = 5;

/** Pods that a rollout adds before it takes any away, of those that are wanted; rounded up. */
export const maxSurgePercent = 25;

/** A rollout that gets no further for so long is stuck. */
const progressDeadlineSeconds = 600;

/**
 * The Deployment of a component. A rollout adds pods before it takes any away. With autoscaling on, the number of pods is
 * not among the fields that we own: the autoscaler would fight for it.
 */
export function deployment(
  store: Store,
  component: ComponentName,
  release: PodRelease,
): DesiredObject {
  const { autoscaling, replicas } = store.spec[component];
  const manifest = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: childMetadata(store, component),
    spec: {
      ...(!autoscaling.enabled && { replicas }),
      minReadySeconds,
      progressDeadlineSeconds,
      revisionHistoryLimit: 5,
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: 0, maxSurge: `${maxSurgePercent}%` },
      },
      selector: { matchLabels: selectorLabels(store.metadata.name, component) },
      template: podTemplate(store, component, release),
    },
  } satisfies IDeployment;
  return autoscaling.enabled
    ? { manifest, initialReplicas: autoscaling.minReplicas }
    : { manifest };
}
