// What the builders must know of the cluster, gathered before they run so that they can stay pure.
import { type ManagedDatabase, managedDatabase } from '../../crds/store/database.ts';
import type { Store } from '../../crds/store/store.ts';
import { mapChecksum } from '../desired/checksum.ts';
import { databaseSecretFault, portElsewhere } from '../desired/database-secrets.ts';
import type { Facts, GeneratedSecret } from '../desired/desired-object.ts';
import { type Reference, referenceId, storeReferences } from '../desired/references.ts';
import { WaitingError } from '../errors.ts';
import { childName, labelKeys, ports } from '../names.ts';
import { isNotFound } from '../runtime/kube-error.ts';
import {
  type KubeObject,
  objectKey,
  objectPath,
  type ResourceKind,
} from '../runtime/kube-object.ts';
import { ownedField } from '../runtime/owned-fields.ts';
import type { Credentials } from '../status/observation.ts';
import { secretChecksum, usableCredentials } from './credentials.ts';
import { claimResource, configMapResource, secretResource, serviceResource } from './kinds.ts';
import { assertSecretIsFree, plannedTls } from './observe-tls.ts';
import { keepChecksums, storedChecksums } from './projections.ts';
import { standingOf } from './ownership.ts';
import type { ReconcileTools } from './reconcile-tools.ts';
import { rolloutFacts } from './rollout-facts.ts';

type Checksums = Readonly<Record<string, string>>;

const resources: Readonly<Record<Reference['kind'], ResourceKind>> = {
  Secret: secretResource,
  ConfigMap: configMapResource,
};

/** Checksums of the generated Secrets that exist, as `Facts.checksums` has them. */
export function generatedChecksums(
  secrets: readonly GeneratedSecret[],
  tools: ReconcileTools,
): Checksums {
  const cache = tools.watches.cache(secretResource);
  return Object.fromEntries(
    secrets.flatMap(({ manifest }) => {
      const cached = cache.get(objectKey(manifest));
      return cached === undefined ? [] : [secretChecksum(cached.object)];
    }),
  );
}

type OwnersObjects = ReadonlyMap<string, KubeObject>;

const objectId = ({ kind, name }: Reference): string => `${kind}/${name}`;

/**
 * Objects of the owner's, by `objectId`; one that does not exist is absent. They carry no label of ours, so they are read
 * when they are needed instead of being watched.
 */
async function ownersObjects(
  references: readonly Reference[],
  namespace: string,
  tools: ReconcileTools,
): Promise<OwnersObjects> {
  const once = new Map(references.map((one) => [objectId(one), one]));
  const found = await Promise.all(
    Array.from(once, async ([id, { kind, name }]): Promise<readonly [string, KubeObject][]> => {
      const path = objectPath({ kind: resources[kind], namespace, name });
      const { signal } = tools;
      try {
        return [[id, await tools.client.request<KubeObject>({ method: 'GET', path, signal })]];
      } catch (error) {
        if (isNotFound(error)) return [];
        throw error;
      }
    }),
  );
  return new Map(found.flat());
}

/** Checksum of what matters of an object. */
function referencedChecksum({ needed }: Reference, object: KubeObject): string {
  const checksums = storedChecksums(keepChecksums(object));
  if (needed === undefined) return mapChecksum(checksums);
  return mapChecksum(Object.fromEntries(needed.keys.map((key) => [key, checksums[key] ?? ''])));
}

/** @throws WaitingError: rolling pods that cannot start helps nobody */
function assertEnvironment(
  { metadata }: Store,
  references: readonly Reference[],
  objects: OwnersObjects,
): void {
  const missing = references.filter(
    (one) => one.needed === undefined && !objects.has(objectId(one)),
  );
  if (missing.length === 0) return;
  const names = missing.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  throw new WaitingError(
    'MissingReference',
    `${names} does not exist in namespace ${metadata.namespace}, but env refers to it; create it`,
  );
}

/**
 * Where the database of a store listens.
 * @throws WaitingError when a Secret of the owner's does not lead to it
 */
function databasePort(store: Store, objects: OwnersObjects): number {
  const secretData = (name: string): Checksums | undefined => {
    const object = objects.get(objectId({ kind: 'Secret', name }));
    return object && storedChecksums(object);
  };
  const fault = databaseSecretFault(store, secretData);
  if (fault !== undefined) throw new WaitingError(fault.reason, fault.message);
  return portElsewhere(store, secretData) ?? ports.postgres.container;
}

type LiveClaim = KubeObject & {
  readonly spec: {
    readonly storageClassName?: string;
    readonly resources: { readonly requests: { readonly storage?: string } };
  };
};

/**
 * @throws WaitingError when the claim holds files of another major version (PostgreSQL would begin an empty shop beside
 * them), or is of a storage class that it cannot leave
 */
function assertClaimFits(
  store: Store,
  live: LiveClaim,
  { version, storage: { className } }: ManagedDatabase,
): void {
  const { name: claimName, namespace } = live.metadata;
  const kept = live.metadata.labels?.[labelKeys.databaseVersion];
  if (kept !== undefined && kept !== String(version)) {
    throw new WaitingError(
      'DatabaseVersionMismatch',
      `PersistentVolumeClaim ${claimName} holds a database of PostgreSQL ${kept}, and the store asks for ${version}; ` +
        `set spec.database.managed.version to ${kept}, or delete the claim and with it the data`,
    );
  }
  const { storageClassName = className } = live.spec;
  if (className === '' || storageClassName === className) return;
  if (standingOf(store, live) !== 'ours') return; // that is what the apply will say
  throw new WaitingError(
    'StorageClassMismatch',
    `PersistentVolumeClaim ${claimName} is of StorageClass ${storageClassName}, and the store asks for ${className}; ` +
      `set spec.database.managed.storage.className to ${storageClassName}, ` +
      `or, while the claim is Pending and holds nothing, kubectl delete pvc -n ${namespace} ${claimName}`,
  );
}

/**
 * What is kept of the claim of the database.
 * @throws WaitingError when it does not fit the store
 */
function claimFacts(store: Store, tools: ReconcileTools): Pick<Facts, 'claimSize' | 'claimClass'> {
  const { namespace, name } = store.metadata;
  const managed = managedDatabase(store.spec.database);
  const cached = tools.watches.cache(claimResource).get(`${namespace}/${childName(name, 'db')}`);
  if (cached === undefined || managed === undefined) return {};
  const live = cached.object as LiveClaim;
  assertClaimFits(store, live, managed);
  const { storage } = live.spec.resources.requests;
  const claimClass = ownedField(cached.owned, ['spec', 'storageClassName']) as string | undefined;
  return {
    ...(storage !== undefined && { claimSize: storage }),
    ...(claimClass !== undefined && { claimClass }),
  };
}

function servesIpv6({ metadata }: Store, tools: ReconcileTools): boolean {
  const key = `${metadata.namespace}/${childName(metadata.name, 'web')}`;
  const live = tools.watches.cache(serviceResource).get(key)?.object;
  const { ipFamilies } = (live?.['spec'] ?? {}) as { readonly ipFamilies?: readonly string[] };
  return ipFamilies?.includes('IPv6') ?? false;
}

/** What was decided before: the certificate is drawn by the same plan. */
export interface KnownFacts extends Pick<Facts, 'exposure'> {
  readonly secrets: readonly GeneratedSecret[];
}

/** The facts, and what was seen on the way: the status is judged by the same look. */
export interface Gathered extends Facts {
  readonly credentials: Credentials;
}

/**
 * Facts for one store. The generated Secrets must exist already.
 * @throws WaitingError when something that the owner refers to does not exist, or does not say what it must
 */
export async function gatherFacts(
  store: Store,
  { secrets, exposure }: KnownFacts,
  tools: ReconcileTools,
): Promise<Gathered> {
  const references = storeReferences(store);
  const objects = await ownersObjects(references, store.metadata.namespace, tools);
  assertEnvironment(store, references, objects);
  const port = databasePort(store, objects);
  const referenced = references.flatMap((reference): [string, string][] => {
    const object = objects.get(objectId(reference));
    return object === undefined
      ? []
      : [[referenceId(reference), referencedChecksum(reference, object)]];
  });
  const tls = plannedTls(store, exposure, tools);
  await assertSecretIsFree(store, tls, tools);
  const credentials = await usableCredentials(store, tools);
  return {
    checksums: {
      ...Object.fromEntries(referenced),
      ...generatedChecksums(secrets, tools),
      ...credentials.checksums,
    },
    credentials: credentials.seen,
    rollout: rolloutFacts(store, tools),
    databasePort: port,
    ...claimFacts(store, tools),
    servesIpv6: servesIpv6(store, tools),
    exposure,
    tls,
  };
}
