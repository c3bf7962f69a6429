// The one container of each component: image, ports, probes, resources.
import type { IContainer, IProbe } from 'kubernetes-models/v1';
import type { ComponentSpec } from '../../crds/store/components.ts';
import type { Store } from '../../crds/store/store.ts';
import { apiHealthPaths, type ComponentName, ports, webHealthPath } from '../names.ts';
import { environmentVariables } from './environment-variables.ts';
import { containerSecurityContext } from './security-context.ts';
import { volumeMounts } from './volumes.ts';

/** Time for endpoints to forget the pod before it stops serving. */
const preStopSeconds = 5;

type Resources = ComponentSpec['resources'];

/** As texts, as the API server returns them. */
function amounts({ cpu, memory }: Resources['requests']): Record<string, string> {
  return { cpu: String(cpu), memory: String(memory) };
}

/** What a container is guaranteed, and may use at most. Pure. */
export function containerResources({
  requests,
  limits,
}: Resources): NonNullable<IContainer['resources']> {
  return { requests: amounts(requests), limits: amounts(limits) };
}

function get(path: string, port: string): Pick<IProbe, 'httpGet'> {
  return { httpGet: { path, port, scheme: 'HTTP' } };
}

/** Start-up may take 120 s; readiness reacts within 15 s; liveness gives a busy process 30 s before it is restarted. */
function probes(
  component: ComponentName,
): Pick<IContainer, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  const isApi = component === 'api';
  const port = isApi ? ports.metrics.name : ports.http.name;
  const path = (kind: keyof typeof apiHealthPaths): string =>
    isApi ? apiHealthPaths[kind] : webHealthPath;
  return {
    startupProbe: {
      ...get(path('startup'), port),
      periodSeconds: 2,
      failureThreshold: 60,
      timeoutSeconds: 3,
    },
    readinessProbe: {
      ...get(path('ready'), port),
      periodSeconds: 5,
      failureThreshold: 3,
      timeoutSeconds: 3,
    },
    livenessProbe: {
      ...get(path('live'), port),
      periodSeconds: 10,
      failureThreshold: 3,
      timeoutSeconds: 5,
    },
  };
}

/** The container of a component, with an image of this or of an earlier release. Pure. */
export function container(store: Store, component: ComponentName, image: string): IContainer {
  const served = component === 'api' ? [ports.http, ports.metrics] : [ports.http];
  return {
    name: component,
    image,
    env: environmentVariables(store, component),
    ports: served.map(({ name, container: containerPort }) => ({
      name,
      containerPort,
      protocol: 'TCP',
    })),
    resources: containerResources(store.spec[component].resources),
    ...probes(component),
    lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
    securityContext: containerSecurityContext(),
    volumeMounts: volumeMounts(store, component),
  };
}
