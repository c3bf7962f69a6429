// Environment of the containers: what the operator sets, then the owner's. The contract refuses the operator's names in
// a store, so no name stands twice.
import type { IEnvVar } from 'kubernetes-models/v1';
import type { ComponentSpec } from '../../crds/store/components.ts';
import { fileNames, mountPaths, ports } from '../names.ts';
import type { ComponentName } from '../names.ts';

const configFile = { name: 'CONFIG_FILE', value: `${mountPaths.config}/${fileNames.config}` };
const port = { name: 'PORT', value: String(ports.http.container) };

const operatorVariables: Readonly<Record<ComponentName, readonly IEnvVar[]>> = {
  api: [
    port,
    { name: 'METRICS_PORT', value: String(ports.metrics.container) },
    { name: 'NODE_ENV', value: 'production' },
    configFile,
    { name: 'JWT_KEYS_FILE', value: `${mountPaths.jwt}/${fileNames.jwtKeys}` },
    { name: 'SESSION_SECRET_FILE', value: `${mountPaths.session}/${fileNames.sessionSecret}` },
  ],
  web: [port, configFile],
};

/** An empty value is left out: it means the same, and the API server would not keep it. */
function ownerVariable({ name, value, valueFrom }: ComponentSpec['env'][number]): IEnvVar {
  if (valueFrom?.secretKeyRef !== undefined) {
    const { secretKeyRef } = valueFrom;
    return {
      name,
      valueFrom: { secretKeyRef: { name: secretKeyRef.name, key: secretKeyRef.key } },
    };
  }
  if (valueFrom?.configMapKeyRef !== undefined) {
    const { configMapKeyRef } = valueFrom;
    return {
      name,
      valueFrom: { configMapKeyRef: { name: configMapKeyRef.name, key: configMapKeyRef.key } },
    };
  }
  return value === undefined || value === '' ? { name } : { name, value };
}

/** Environment of a component's container. Pure. */
export function environmentVariables(component: ComponentName, spec: ComponentSpec): IEnvVar[] {
  return [...operatorVariables[component], ...spec.env.map(ownerVariable)];
}
