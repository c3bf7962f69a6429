// The Job that brings the database to the schema of a release, as the owner of the schema. Its name is made from its
// content, so whatever changes it (the image, a setting, a password, the owner's wish to try again) makes another Job, and
// the old one is pruned. It has no time to live: that it is complete is what lets the release through.
import type { IJob } from 'kubernetes-models/batch/v1';
import type { IContainer } from 'kubernetes-models/v1';
import type { Store } from '../../crds/store/store.ts';
import {
  annotationKeys,
  childName,
  componentImage,
  databaseKeys,
  migrationJobName,
  migrationExitCodes,
  mountPaths,
  storeLabels,
} from '../names.ts';
import { checksum } from './checksum.ts';
import { ownedMetadata } from './child-metadata.ts';
import { containerResources } from './container.ts';
import { databaseAccess } from './database-access.ts';
import type { Facts, Manifest } from './desired-object.ts';
import { databaseAddress, fromSecret } from './environment-variables.ts';
import { pullSecrets, quietPod, referenceAnnotations } from './pod-template.ts';
import { databaseReferences } from './references.ts';
import { podPlacement } from './scheduling.ts';
import { containerSecurityContext, podSecurityContext } from './security-context.ts';
import {
  authorityMounts,
  databaseVolumes,
  readOnlyMount,
  temporaryMount,
  temporaryVolume,
} from './volumes.ts';

const passwords = ['db', 'dbowner'] as const;

/** Its own, not the API's: an edit of those is no reason to migrate again. The limit of memory is what the image is made for. */
const resources = {
  requests: { cpu: '100m', memory: '128Mi' },
  limits: { cpu: '1', memory: '512Mi' },
} as const;

function migrationContainer(store: Store): IContainer {
  const access = databaseAccess(store);
  return {
    name: 'migration',
    image: componentImage(store.spec, 'api'),
    args: ['migrate'],
    env: [
      { name: 'NODE_ENV', value: 'production' },
      ...databaseAddress(access),
      fromSecret('PGUSER', access.owner, databaseKeys.username),
      { name: 'PGPASSWORD_FILE', value: `${mountPaths.dbowner}/${databaseKeys.password}` },
      fromSecret('DATABASE_RUNTIME_ROLE', access.runtime, databaseKeys.username),
      {
        name: 'DATABASE_RUNTIME_PASSWORD_FILE',
        value: `${mountPaths.db}/${databaseKeys.password}`,
      },
      ...(access.isRuntimeGiven ? [{ name: 'DATABASE_RUNTIME_ROLE_MODE', value: 'existing' }] : []),
    ],
    resources: containerResources(resources),
    // The program's last words say what failed and what to do; they become the message in the status of the store.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: containerSecurityContext(),
    volumeMounts: [...passwords.map(readOnlyMount), ...authorityMounts(store), temporaryMount],
  };
}

/**
 * What is no failure of the migration: a pod that a node lost (a drain, an eviction), and a database that cannot be reached.
 * Neither counts as a try; how long it may go on, the deadline says.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-failure-policy
 */
const podFailurePolicy: NonNullable<NonNullable<IJob['spec']>['podFailurePolicy']> = {
  rules: [
    { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    {
      action: 'Ignore',
      onExitCodes: {
        containerName: 'migration',
        operator: 'In',
        values: [migrationExitCodes.unreachable],
      },
    },
  ],
};

function annotations(store: Store, facts: Pick<Facts, 'checksums'>): Record<string, string> {
  const retry = store.metadata.annotations?.[annotationKeys.retryMigration];
  return {
    ...referenceAnnotations(databaseReferences(store, 'migration'), facts),
    ...(retry !== undefined && { [annotationKeys.retryMigration]: checksum(retry) }),
  };
}

function jobSpec(store: Store, facts: Pick<Facts, 'checksums'>): NonNullable<IJob['spec']> {
  const { timeoutSeconds, retries } = store.spec.database.migration;
  const storeName = store.metadata.name;
  const told = annotations(store, facts);
  return {
    backoffLimit: retries,
    activeDeadlineSeconds: timeoutSeconds,
    podFailurePolicy,
    template: {
      metadata: {
        labels: storeLabels(store, 'migration'),
        ...(Object.keys(told).length > 0 && { annotations: told }),
      },
      spec: {
        serviceAccountName: childName(storeName, 'migrate'),
        ...quietPod,
        // A pod that failed stays, and with it what it said; the policy on failures asks for it too.
        restartPolicy: 'Never',
        securityContext: podSecurityContext('migration'),
        ...pullSecrets(store),
        ...podPlacement(store.spec.api.scheduling),
        containers: [migrationContainer(store)],
        volumes: [...databaseVolumes(store, passwords), temporaryVolume],
      },
    },
  };
}

/** The Job for the present spec. Pure. */
export function migrationJob(store: Store, facts: Pick<Facts, 'checksums'>): Manifest {
  const spec = jobSpec(store, facts);
  const name = migrationJobName(store.metadata.name, checksum(JSON.stringify(spec)));
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...ownedMetadata(store, 'migration', 'migrate'), name },
    spec,
  } satisfies IJob;
}
