import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1';
import type { Store } from '../../crds/store/store.ts';
import { type ComponentName, selectorLabels } from '../names.ts';
import { childMetadata } from './child-metadata.ts';
import type { Manifest } from './desired-object.ts';

/**
 * Keeps a drain from taking too many pods at once. None for a component of one pod: it could never be drained.
 * Unhealthy pods may always be evicted, else a crash-looping one blocks every drain:
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy.
 */
export function podDisruptionBudget(store: Store, component: ComponentName): Manifest | undefined {
  const { disruptionBudget, autoscaling, replicas } = store.spec[component];
  const mostPods = autoscaling.enabled ? autoscaling.maxReplicas : replicas;
  if (!disruptionBudget.enabled || mostPods <= 1) return undefined;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: childMetadata(store, component),
    spec: {
      maxUnavailable: disruptionBudget.maxUnavailable,
      unhealthyPodEvictionPolicy: 'AlwaysAllow',
      selector: { matchLabels: selectorLabels(store.metadata.name, component) },
    },
  } satisfies IPodDisruptionBudget;
}
