// Environment of the containers: what the operator sets, then the owner's. The contract refuses the operator's names in
// a store, so no name stands twice.
import type { IEnvVar } from 'kubernetes-models/v1';
import type { ComponentSpec } from '../../crds/store/components.ts';
import { caSecretKey } from '../../crds/store/external-database.ts';
import type { Store } from '../../crds/store/store.ts';
import { databaseKeys, fileNames, mountPaths, ports } from '../names.ts';
import type { ComponentName } from '../names.ts';
import { databaseAccess, type DatabaseAccess } from './database-access.ts';

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

/** A variable with the value of a key of a Secret. Pure. */
export function fromSecret(name: string, secretName: string, key: string): IEnvVar {
  return { name, valueFrom: { secretKeyRef: { name: secretName, key } } };
}

/** How to reach the database, without the user. Pure. */
export function databaseAddress({ address, sslMode, ca }: DatabaseAccess): IEnvVar[] {
  return [
    fromSecret('PGHOST', address, databaseKeys.host),
    fromSecret('PGPORT', address, databaseKeys.port),
    fromSecret('PGDATABASE', address, databaseKeys.database),
    { name: 'DATABASE_SSL_MODE', value: sslMode },
    ...(ca === undefined
      ? []
      : [{ name: 'DATABASE_CA_FILE', value: `${mountPaths.dbca}/${caSecretKey}` }]),
  ];
}

/** As the role that reads and writes rows. */
function databaseVariables(store: Store): readonly IEnvVar[] {
  const access = databaseAccess(store);
  return [
    ...databaseAddress(access),
    fromSecret('PGUSER', access.runtime, databaseKeys.username),
    { name: 'PGPASSWORD_FILE', value: `${mountPaths.db}/${databaseKeys.password}` },
    { name: 'DATABASE_POOL_SIZE', value: String(store.spec.database.connectionsPerPod) },
  ];
}

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
export function environmentVariables(store: Store, component: ComponentName): IEnvVar[] {
  return [
    ...operatorVariables[component],
    ...(component === 'api' ? databaseVariables(store) : []),
    ...store.spec[component].env.map(ownerVariable),
  ];
}
