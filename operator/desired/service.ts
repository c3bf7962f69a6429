import type { IService } from 'kubernetes-models/v1';
import type { Store } from '../../crds/store/store.ts';
import { serviceAnnotations } from '../exposure/edge-adapters.ts';
import { ingressController } from '../exposure/exposure-plan.ts';
import { type ComponentName, ports, selectorLabels } from '../names.ts';
import { childMetadata, ownedMetadata } from './child-metadata.ts';
import type { Facts, Manifest } from './desired-object.ts';

function servicePort(port: (typeof ports)[keyof typeof ports]) {
  return {
    name: port.name,
    port: port.service,
    targetPort: port.name,
    protocol: 'TCP' as const,
  };
}

/** The address of a component inside the cluster. */
export function service(
  store: Store,
  component: ComponentName,
  { exposure }: Pick<Facts, 'exposure'>,
): Manifest {
  const served = component === 'api' ? [ports.http, ports.metrics] : [ports.http];
  const annotations = serviceAnnotations(ingressController(exposure), component);
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      ...childMetadata(store, component),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(store.metadata.name, component),
      ports: served.map(servicePort),
    },
  } satisfies IService;
}

/** The name of the database's pod: without an address of its own, so that it leads to the pod itself. */
export function databaseService(store: Store): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: ownedMetadata(store, 'database', 'db'),
    spec: {
      type: 'ClusterIP',
      clusterIP: 'None',
      selector: selectorLabels(store.metadata.name, 'database'),
      ports: [servicePort(ports.postgres)],
    },
  } satisfies IService;
}
