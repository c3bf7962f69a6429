// Secrets whose data is drawn once. They are created by POST, which never overwrites, and their data is never written
// again: losing a JWT key signs every shopper out. A key that is missing (a later release needs one more) is added
// under the precondition of the resource version. Labels and owner references are applied like any other object's.
import { randomBytes } from 'node:crypto';
import type { Store } from '../../crds/store/store.ts';
import type { GeneratedKey, GeneratedSecret } from '../desired/desired-object.ts';
import { jwk } from '../jwt/key-set.ts';
import { fieldManager } from '../names.ts';
import { NameTakenError } from '../runtime/applier.ts';
import { isNotFound } from '../runtime/kube-error.ts';
import { collectionPath, type KubeObject, objectKey, objectPath } from '../runtime/kube-object.ts';
import { secretResource } from './kinds.ts';
import { standingOf } from './ownership.ts';
import { keepSecret, type SecretSummary } from './projections.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

/** Manager of the data, apart from the one of the metadata, so that applying the metadata cannot take the data away. */
export const dataManager = `${fieldManager}-data`;

/** A name for a key of access tokens. */
export function newKid(): string {
  return randomBytes(8).toString('hex');
}

/** The value of one key. RFC 7517 (JWK Set), RFC 7518 section 6.4 (symmetric keys). */
function drawValue(key: GeneratedKey): string {
  if (key.format === 'fixed') return key.value;
  const secret = randomBytes(key.bytes);
  if (key.format === 'base64url') return secret.toString('base64url');
  return JSON.stringify({ keys: [jwk(newKid(), secret)] });
}

function drawData(keys: readonly GeneratedKey[]): Record<string, string> {
  return Object.fromEntries(
    keys.map((key) => [key.name, Buffer.from(drawValue(key)).toString('base64')]),
  );
}

type NamedSecret = Pick<KubeObject, 'metadata'>;

/** A Secret with its values, from the API server. */
export function readSecret({ metadata }: NamedSecret, tools: ReconcileTools): Promise<KubeObject> {
  const { namespace, name } = metadata;
  return tools.client.request<KubeObject>({
    method: 'GET',
    path: objectPath({ kind: secretResource, namespace, name }),
    signal: tools.signal,
  });
}

/** The Secret of a name as the cache keeps it, read if need be: one of the owner's is not watched. Undefined when there is none. */
export async function findSecret(
  secret: NamedSecret,
  tools: ReconcileTools,
): Promise<(KubeObject & SecretSummary) | undefined> {
  const cached = tools.watches.cache(secretResource).get(objectKey(secret));
  if (cached !== undefined) return cached.object;
  try {
    return keepSecret(await readSecret(secret, tools));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/**
 * Without owner: what the data manager writes, applying the metadata later could not take away again, and under deletion
 * policy Retain the owner must be able to go.
 */
async function createSecret(secret: GeneratedSecret, tools: ReconcileTools): Promise<void> {
  const { ownerReferences: _owners, ...metadata } = secret.manifest.metadata;
  const answer = await tools.client.request<KubeObject>({
    method: 'POST',
    path: collectionPath(secretResource, secret.manifest.metadata.namespace),
    query: { fieldManager: dataManager },
    body: { ...secret.manifest, metadata, data: drawData(secret.keys) },
    signal: tools.signal,
  });
  tools.watches.cache(secretResource).written(answer);
}

async function addMissingKeys(
  secret: GeneratedSecret,
  live: KubeObject,
  tools: ReconcileTools,
): Promise<void> {
  const present = (live['data'] ?? {}) as Readonly<Record<string, unknown>>;
  const missing = secret.keys.filter((key) => !Object.hasOwn(present, key.name));
  if (missing.length === 0) return;
  const { namespace, name } = secret.manifest.metadata;
  const answer = await tools.client.request<KubeObject>({
    method: 'PATCH',
    patchType: 'merge',
    path: objectPath({ kind: secretResource, namespace, name }),
    query: { fieldManager: dataManager },
    body: { metadata: { resourceVersion: live.metadata.resourceVersion }, data: drawData(missing) },
    signal: tools.signal,
  });
  tools.watches.cache(secretResource).written(answer);
}

/**
 * Makes sure that a Secret exists with all its keys.
 * @throws NameTakenError when a Secret of somebody else has the name
 * @throws KubeError when the API server refuses or cannot be reached
 */
export async function ensureGeneratedSecret(
  store: Store,
  secret: GeneratedSecret,
  tools: ReconcileTools,
): Promise<void> {
  const live = await findSecret(secret.manifest, tools);
  if (live === undefined) return createSecret(secret, tools);
  const standing = standingOf(store, live);
  if (standing !== 'ours') throw new NameTakenError(secret.manifest, standing);
  await addMissingKeys(secret, live, tools);
}
