// All that a store consists of, in the order of application. Pure: the same store and facts give the same bytes.
import type { Store } from '../../crds/store/store.ts';
import { type ComponentName, componentNames } from '../names.ts';
import { configMap } from './config-map.ts';
import { deployment } from './deployment.ts';
import type { DesiredObject, Facts, Manifest } from './desired-object.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { podDisruptionBudget } from './pod-disruption-budget.ts';
import { service } from './service.ts';
import { serviceAccount } from './service-account.ts';

function optional(manifest: Manifest | undefined): readonly DesiredObject[] {
  return manifest === undefined ? [] : [{ manifest }];
}

/** In the order of application: what the pods refer to, the pods, what steers the pods. */
function componentObjects(
  store: Store,
  component: ComponentName,
  facts: Facts,
): readonly DesiredObject[] {
  return [
    { manifest: serviceAccount(store, component) },
    { manifest: configMap(store, component) },
    { manifest: service(store, component) },
    deployment(store, component, facts),
    ...optional(horizontalPodAutoscaler(store, component)),
    ...optional(podDisruptionBudget(store, component)),
  ];
}

/** The objects of a store, the generated Secrets apart. */
export function desiredObjects(store: Store, facts: Facts): readonly DesiredObject[] {
  return componentNames.flatMap((component) => componentObjects(store, component, facts));
}
