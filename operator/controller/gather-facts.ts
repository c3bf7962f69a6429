// What the builders must know of the cluster, gathered before they run so that they can stay pure.
import { managedDatabase } from '../../crds/store/database.ts';
import type { Store } from '../../crds/store/store.ts';
import { mapChecksum } from '../desired/checksum.ts';
import type { Facts, GeneratedSecret } from '../desired/desired-object.ts';
import { type Reference, referenceId, storeReferences } from '../desired/references.ts';
import { WaitingError } from '../errors.ts';
import { childName, labelKeys } from '../names.ts';
import { isNotFound } from '../runtime/kube-error.ts';
import {
  type KubeObject,
  objectKey,
  objectPath,
  type ResourceKind,
} from '../runtime/kube-object.ts';
import { claimResource, configMapResource, secretResource } from './kinds.ts';
import { plannedExposure } from './observe-exposure.ts';
import { keepChecksums } from './projections.ts';
import type { ReconcileTools } from './reconcile-tools.ts';
import { rolloutFacts } from './rollout-facts.ts';

type Checksums = Readonly<Record<string, string>>;

const resources: Readonly<Record<Reference['kind'], ResourceKind>> = {
  Secret: secretResource,
  ConfigMap: configMapResource,
};

function dataOf(object: KubeObject): Checksums {
  return (object['data'] ?? {}) as Checksums;
}

/** Checksums of the generated Secrets that exist, as `Facts.checksums` has them. */
export function generatedChecksums(
  secrets: readonly GeneratedSecret[],
  tools: ReconcileTools,
): Checksums {
  const cache = tools.watches.cache(secretResource);
  return Object.fromEntries(
    secrets.flatMap(({ manifest }) => {
      const cached = cache.get(objectKey(manifest));
      return cached === undefined
        ? []
        : [
            [
              referenceId({ kind: 'Secret', name: manifest.metadata.name }),
              mapChecksum(dataOf(cached.object)),
            ],
          ];
    }),
  );
}

/** An object of the owner's carries no label of ours, so it is read when it is needed instead of being watched. */
async function referencedChecksum(
  store: Store,
  reference: Reference,
  tools: ReconcileTools,
): Promise<readonly [string, string][]> {
  const { namespace } = store.metadata;
  const { kind, name } = reference;
  try {
    const object = await tools.client.request<KubeObject>({
      method: 'GET',
      path: objectPath({ kind: resources[kind], namespace, name }),
      signal: tools.signal,
    });
    return [[referenceId(reference), mapChecksum(dataOf(keepChecksums(object)))]];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/**
 * Size of the claim of the database.
 * @throws WaitingError when it holds files of another major version: PostgreSQL would begin an empty shop beside them
 */
function claimFacts(store: Store, tools: ReconcileTools): Pick<Facts, 'claimSize'> {
  const { namespace, name } = store.metadata;
  const claimName = childName(name, 'db');
  const live = tools.watches.cache(claimResource).get(`${namespace}/${claimName}`)?.object;
  if (live === undefined) return {};
  const { version } = managedDatabase(store.spec.database);
  const kept = live.metadata.labels?.[labelKeys.databaseVersion];
  if (kept !== undefined && kept !== String(version)) {
    throw new WaitingError(
      'DatabaseVersionMismatch',
      `PersistentVolumeClaim ${claimName} holds a database of PostgreSQL ${kept}, and the store asks for ${version}; ` +
        `set spec.database.managed.version to ${kept}, or delete the claim and with it the data`,
    );
  }
  const { resources } = live['spec'] as { resources: { requests: { storage?: string } } };
  const { storage } = resources.requests;
  return storage === undefined ? {} : { claimSize: storage };
}

/**
 * Facts for one store. The generated Secrets must exist already.
 * @throws WaitingError when an object that the owner refers to does not exist: rolling pods that cannot start helps nobody
 */
export async function gatherFacts(
  store: Store,
  secrets: readonly GeneratedSecret[],
  tools: ReconcileTools,
): Promise<Facts> {
  const references = storeReferences(store);
  const found = await Promise.all(
    references.map((reference) => referencedChecksum(store, reference, tools)),
  );
  const referenced = Object.fromEntries(found.flat());
  const missing = references.filter((one) => !Object.hasOwn(referenced, referenceId(one)));
  if (missing.length > 0) {
    const names = missing.map(({ kind, name }) => `${kind} ${name}`).join(', ');
    throw new WaitingError(
      'MissingReference',
      `${names} does not exist in namespace ${store.metadata.namespace}, but env refers to it; create it`,
    );
  }
  return {
    checksums: { ...referenced, ...generatedChecksums(secrets, tools) },
    rollout: rolloutFacts(store, tools),
    ...claimFacts(store, tools),
    exposure: plannedExposure(store, tools),
  };
}
