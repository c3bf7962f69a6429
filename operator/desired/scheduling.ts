// Where pods may run. Spread is counted per revision (`pod-template-hash`), so that the old pods of a rollout do not push
// the new ones together; nodes whose taints the pods do not tolerate are not counted at all.
// https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
import type { IPodSpec, IToleration, ITopologySpreadConstraint } from 'kubernetes-models/v1';
import type { ComponentSpec } from '../../crds/store/components.ts';
import type { Store } from '../../crds/store/store.ts';
import { selectorLabels } from '../names.ts';
import type { ComponentName } from '../names.ts';

type Scheduling = ComponentSpec['scheduling'];

const topologyKeys = ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'] as const;

function topologySpread(
  strength: 'Soft' | 'Hard',
  matchLabels: Record<string, string>,
): ITopologySpreadConstraint[] {
  return topologyKeys.map((topologyKey) => ({
    topologyKey,
    maxSkew: 1,
    whenUnsatisfiable: strength === 'Hard' ? 'DoNotSchedule' : 'ScheduleAnyway',
    labelSelector: { matchLabels },
    matchLabelKeys: ['pod-template-hash'],
    nodeTaintsPolicy: 'Honor',
  }));
}

/** Empty fields are left out: they mean "any". */
function podToleration(toleration: Scheduling['tolerations'][number]): IToleration {
  const { key, operator, value, effect, tolerationSeconds } = toleration;
  return {
    ...(key !== '' && { key }),
    operator,
    ...(value !== '' && { value }),
    ...(effect !== '' && { effect }),
    ...(tolerationSeconds !== undefined && { tolerationSeconds }),
  };
}

/** Which nodes a pod may run on, and how important it is. Pure. */
export function podPlacement(scheduling: Scheduling): Partial<IPodSpec> {
  const { nodeSelector, tolerations, priorityClassName } = scheduling;
  return {
    ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
    ...(tolerations.length > 0 && { tolerations: tolerations.map(podToleration) }),
    ...(priorityClassName !== '' && { priorityClassName }),
  };
}

/**
 * The same for the database: as important as the API, which must not preempt it, and let on the same tainted nodes. Where it
 * may run depends on its volume, so a selector of nodes for the API's pods is none for it. Pure.
 */
export function databasePlacement(store: Store): Partial<IPodSpec> {
  return podPlacement({ ...store.spec.api.scheduling, nodeSelector: {} });
}

/** The fields of a component's pod that the scheduler reads. Pure. */
export function podScheduling(store: Store, component: ComponentName): Partial<IPodSpec> {
  const { scheduling } = store.spec[component];
  const { topologySpread: strength } = scheduling;
  const labels = selectorLabels(store.metadata.name, component);
  return {
    ...podPlacement(scheduling),
    ...(strength !== 'Off' && { topologySpreadConstraints: topologySpread(strength, labels) }),
  };
}
