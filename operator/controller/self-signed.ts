// Draws the certificate of a store that has none of its own. When and what is decided in `desired/`; here is the Secret.
import type { Store } from '../../crds/store/store.ts';
import type { Manifest } from '../desired/desired-object.ts';
import { certificateDue, certificateRequest } from '../desired/self-signed.ts';
import { childName } from '../names.ts';
import { NameTakenError } from '../runtime/applier.ts';
import { collectionPath, type KubeObject, objectPath } from '../runtime/kube-object.ts';
import { pruneObjects } from '../runtime/pruner.ts';
import { selfSignedCertificate } from '../x509/self-signed.ts';
import { worstError } from './classify-error.ts';
import { dataManager, findSecret } from './generated-secrets.ts';
import { secretResource } from './kinds.ts';
import { controllerOf, standingOf } from './ownership.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

function drawnData(store: Store, nowMs: number): Record<string, string> {
  const { certificate, key } = selfSignedCertificate(certificateRequest(store, nowMs));
  return { 'tls.crt': base64(certificate), 'tls.key': base64(key) };
}

/** With its owner at once, unlike credentials that may outlive the store: a certificate never does. */
async function createSecret(store: Store, manifest: Manifest, tools: ReconcileTools) {
  return tools.client.request<KubeObject>({
    method: 'POST',
    path: collectionPath(secretResource, manifest.metadata.namespace),
    query: { fieldManager: dataManager },
    body: { ...manifest, data: drawnData(store, tools.clock.now()) },
    signal: tools.signal,
  });
}

/** The resource version is the lock: two replicas of the operator never draw one certificate each. */
async function replaceData(store: Store, live: KubeObject, tools: ReconcileTools) {
  const { namespace, name, resourceVersion } = live.metadata;
  return tools.client.request<KubeObject>({
    method: 'PATCH',
    patchType: 'merge',
    path: objectPath({ kind: secretResource, namespace, name }),
    query: { fieldManager: dataManager },
    body: { metadata: { resourceVersion }, data: drawnData(store, tools.clock.now()) },
    signal: tools.signal,
  });
}

/**
 * Makes sure that the Secret holds a certificate for the hosts of the store that is good for a while.
 * @throws NameTakenError when a Secret of somebody else has the name
 * @throws KubeError when the API server refuses or cannot be reached
 */
export async function ensureSelfSigned(
  store: Store,
  manifest: Manifest,
  tools: ReconcileTools,
): Promise<void> {
  const live = await findSecret(manifest, tools);
  const standing = live === undefined ? 'ours' : standingOf(store, live);
  if (standing !== 'ours') throw new NameTakenError(manifest, standing);
  const due = certificateDue(live?.certificate, store, tools.clock.now());
  if (due === undefined) return;
  const answer =
    live === undefined
      ? await createSecret(store, manifest, tools)
      : await replaceData(store, live, tools);
  tools.watches.cache(secretResource).written(answer);
  const hosts = store.spec.hosts.join(', ');
  const note = `Secret ${manifest.metadata.name} has a new self-signed certificate for ${hosts}: ${due}`;
  tools.event({ store, type: 'Normal', reason: 'CertificateIssued', action: 'Apply', note });
}

/**
 * Deletes the certificate that the operator once made. Call it for a store that has another one now, or none.
 * @throws OperatorError when the deletion was refused
 */
export async function pruneSelfSigned(store: Store, tools: ReconcileTools): Promise<void> {
  const { namespace, name } = store.metadata;
  const secretName = childName(name, 'tls');
  const cache = tools.watches.cache(secretResource);
  const live = cache.get(`${namespace}/${secretName}`)?.object;
  if (live === undefined || controllerOf(live)?.uid !== store.metadata.uid) return;
  if (store.spec.tls.secretName === secretName) return; // the owner goes on with it
  const candidates = [{ kind: secretResource, object: live }];
  const { survivors } = await pruneObjects(tools.client, candidates, tools.signal);
  if (survivors.length > 0) throw worstError(survivors.map(({ error }) => error));
}
