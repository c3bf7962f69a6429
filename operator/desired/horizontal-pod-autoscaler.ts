import type { IHorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import type { Store } from '../../crds/store/store.ts';
import { childName, type ComponentName } from '../names.ts';
import { childMetadata } from './child-metadata.ts';
import type { Manifest } from './desired-object.ts';

/** The container's own use, so that a sidecar neither hides nor adds load. */
function utilization(name: 'cpu' | 'memory', container: string, percent: number) {
  return {
    type: 'ContainerResource' as const,
    containerResource: {
      name,
      container,
      target: { type: 'Utilization' as const, averageUtilization: percent },
    },
  };
}

/** Scales a component by load; undefined when its number of pods is fixed. */
export function horizontalPodAutoscaler(
  store: Store,
  component: ComponentName,
): Manifest | undefined {
  const { autoscaling } = store.spec[component];
  if (!autoscaling.enabled) return undefined;
  const { scaleUp, scaleDown } = autoscaling.behavior;
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: childMetadata(store, component),
    spec: {
      scaleTargetRef: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        name: childName(store.metadata.name, component),
      },
      minReplicas: autoscaling.minReplicas,
      maxReplicas: autoscaling.maxReplicas,
      metrics: [
        utilization('cpu', component, autoscaling.cpuUtilization),
        utilization('memory', component, autoscaling.memoryUtilization),
      ],
      behavior: {
        scaleUp: { selectPolicy: 'Max', ...scaleUp },
        scaleDown: { selectPolicy: 'Max', ...scaleDown },
      },
    },
  } satisfies IHorizontalPodAutoscaler;
}
