// The one PostgreSQL of a store, in the official image: https://hub.docker.com/_/postgres. A StatefulSet, since it never
// starts a second pod beside one that may still write to the volume.
import type { IStatefulSet } from 'kubernetes-models/apps/v1';
import type { IContainer, IVolume, IVolumeMount } from 'kubernetes-models/v1';
import type { ManagedDatabase } from '../../crds/store/database.ts';
import type { Store } from '../../crds/store/store.ts';
import {
  childName,
  databaseKeys,
  databaseStartSeconds,
  mountPaths,
  ports,
  releaselessLabels,
  selectorLabels,
} from '../names.ts';
import { ownedMetadata } from './child-metadata.ts';
import { containerResources } from './container.ts';
import { maxConnections } from './database-connections.ts';
import type { Manifest } from './desired-object.ts';
import { fromSecret } from './environment-variables.ts';
import { pullSecrets, quietPod } from './pod-template.ts';
import { databasePlacement } from './scheduling.ts';
import { containerSecurityContext, podSecurityContext } from './security-context.ts';
import { readOnlyMount, secretVolume, temporaryMount, temporaryVolume } from './volumes.ts';

/** Where the image keeps the data of every version; https://github.com/docker-library/postgres/pull/1259. */
const dataFolder = '/var/lib/postgresql';

/** Time for the checkpoint that ends a PostgreSQL. What is cut off here is recovered at the next start. */
const gracePeriodSeconds = 120;
const stopSeconds = gracePeriodSeconds - 10;

/** Over TCP: the server with which the image prepares a new volume listens on its socket alone, and must not count. */
const isReady = ['pg_isready', '--quiet', '--host=127.0.0.1'];

/** pg_isready's 1 is a server that lives and takes no connections yet: one that recovers must not be killed. */
const isAlive = ['sh', '-c', `${isReady.join(' ')}; [ $? -lt 2 ]`];

const startPeriodSeconds = 2;

const probes: Pick<IContainer, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> = {
  startupProbe: {
    exec: { command: isReady },
    periodSeconds: startPeriodSeconds,
    failureThreshold: databaseStartSeconds / startPeriodSeconds,
    timeoutSeconds: 5,
  },
  readinessProbe: {
    exec: { command: isReady },
    periodSeconds: 5,
    failureThreshold: 3,
    timeoutSeconds: 5,
  },
  livenessProbe: {
    exec: { command: isAlive },
    periodSeconds: 10,
    failureThreshold: 6,
    timeoutSeconds: 10,
  },
};

/**
 * Ends PostgreSQL in "fast" mode, whatever signal the image asks for: at SIGTERM it would wait until the API's connections
 * are closed, which they never are, and be killed (https://www.postgresql.org/docs/current/server-shutdown.html).
 */
const stopFast = ['pg_ctl', 'stop', '--mode=fast', '--wait', `--timeout=${stopSeconds}`];

/** Folders beside the data, for the socket, shared memory (the runtime's own has 64 MiB, too little for parallel queries) and files. */
const folders: readonly (readonly [IVolume, IVolumeMount])[] = [
  [
    { name: 'socket', emptyDir: { sizeLimit: '1Mi' } },
    { name: 'socket', mountPath: '/var/run/postgresql' },
  ],
  [
    { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '256Mi' } },
    { name: 'shm', mountPath: '/dev/shm' },
  ],
  [temporaryVolume, temporaryMount],
];

function databaseContainer(store: Store, { version, resources }: ManagedDatabase): IContainer {
  const { name } = store.metadata;
  return {
    name: 'database',
    image: `docker.io/library/postgres:${version}-trixie`,
    args: ['-c', `max_connections=${maxConnections(store.spec)}`],
    env: [
      { name: 'PGDATA', value: `${dataFolder}/${version}/docker` },
      fromSecret('POSTGRES_DB', childName(name, 'db'), databaseKeys.database),
      fromSecret('POSTGRES_USER', childName(name, 'dbowner'), databaseKeys.username),
      { name: 'POSTGRES_PASSWORD_FILE', value: `${mountPaths.dbowner}/${databaseKeys.password}` },
    ],
    ports: [
      { name: ports.postgres.name, containerPort: ports.postgres.container, protocol: 'TCP' },
    ],
    resources: containerResources(resources),
    ...probes,
    lifecycle: { preStop: { exec: { command: stopFast } } },
    securityContext: containerSecurityContext(),
    volumeMounts: [
      { name: 'data', mountPath: dataFolder },
      readOnlyMount('dbowner'),
      ...folders.map(([, mount]) => mount),
    ],
  };
}

/**
 * The StatefulSet of the database. Its pods do not carry the release: an upgrade of the shop must not restart them. Pods
 * are replaced in parallel, else one that never became ready would hold back its own repair:
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback. Pure.
 */
export function statefulSet(store: Store, managed: ManagedDatabase): Manifest {
  const name = childName(store.metadata.name, 'db');
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: ownedMetadata(store, 'database', 'db'),
    spec: {
      replicas: 1,
      serviceName: name,
      podManagementPolicy: 'Parallel',
      revisionHistoryLimit: 5,
      updateStrategy: { type: 'RollingUpdate' },
      selector: { matchLabels: selectorLabels(store.metadata.name, 'database') },
      template: {
        metadata: { labels: releaselessLabels(store, 'database') },
        spec: {
          serviceAccountName: name,
          ...quietPod,
          terminationGracePeriodSeconds: gracePeriodSeconds,
          // Changing the group of every file at each start would take minutes.
          securityContext: {
            ...podSecurityContext('database'),
            fsGroupChangePolicy: 'OnRootMismatch',
          },
          ...pullSecrets(store),
          ...databasePlacement(store),
          containers: [databaseContainer(store, managed)],
          volumes: [
            { name: 'data', persistentVolumeClaim: { claimName: name } },
            secretVolume(store, 'dbowner'),
            ...folders.map(([volume]) => volume),
          ],
        },
      },
    },
  } satisfies IStatefulSet;
}
