// What the builders must know of the cluster, gathered before they run so that they can stay pure.
import type { Store } from '../../crds/store/store.ts';
import { referencedSecrets } from '../desired/referenced-secrets.ts';
import { mapChecksum } from '../desired/checksum.ts';
import type { Facts, GeneratedSecret } from '../desired/desired-object.ts';
import { WaitingError } from '../errors.ts';
import { isNotFound } from '../runtime/kube-error.ts';
import { type KubeObject, objectKey, objectPath } from '../runtime/kube-object.ts';
import { secretResource } from './kinds.ts';
import { keepSecret } from './projections.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

type Checksums = Readonly<Record<string, string>>;

function dataOf(secret: KubeObject): Checksums {
  return (secret['data'] ?? {}) as Checksums;
}

function generatedChecksums(secrets: readonly GeneratedSecret[], tools: ReconcileTools): Checksums {
  const cache = tools.watches.cache(secretResource);
  return Object.fromEntries(
    secrets.flatMap(({ manifest }) => {
      const cached = cache.get(objectKey(manifest));
      return cached === undefined
        ? []
        : [[manifest.metadata.name, mapChecksum(dataOf(cached.object))]];
    }),
  );
}

/** A Secret of the owner's carries no label of ours, so it is read when it is needed instead of being watched. */
async function referencedChecksum(
  store: Store,
  name: string,
  tools: ReconcileTools,
): Promise<readonly [string, string][]> {
  const { namespace } = store.metadata;
  try {
    const secret = await tools.client.request<KubeObject>({
      method: 'GET',
      path: objectPath({ kind: secretResource, namespace, name }),
      signal: tools.signal,
    });
    return [[name, mapChecksum(dataOf(keepSecret(secret)))]];
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/**
 * Facts for one store. The generated Secrets must exist already.
 * @throws WaitingError when a Secret that the owner refers to does not exist: rolling pods that cannot start helps nobody
 */
export async function gatherFacts(
  store: Store,
  secrets: readonly GeneratedSecret[],
  tools: ReconcileTools,
): Promise<Facts> {
  const names = referencedSecrets(store);
  const found = await Promise.all(names.map((name) => referencedChecksum(store, name, tools)));
  const referenced = Object.fromEntries(found.flat());
  const missing = names.filter((name) => !Object.hasOwn(referenced, name));
  if (missing.length > 0) {
    throw new WaitingError(
      'MissingReference',
      `Secret ${missing.join(', ')} does not exist in namespace ${store.metadata.namespace}, but env refers to it; create it`,
    );
  }
  return { secretChecksums: { ...referenced, ...generatedChecksums(secrets, tools) } };
}
