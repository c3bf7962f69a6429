// What must happen before a store may go. Its children follow by garbage collection; what needs a decision is what
// outlives it: under Retain the generated credentials lose their owner reference if they have one (the policy may have
// changed while the operator was away), under Delete they are deleted with it. The claim of the database never has an
// owner, so that only Delete has to do anything about it; it goes when its pod is gone. Nor has the Secret that cert-manager
// wrote; its Certificate goes before it, or cert-manager would issue it anew.
import { parseStoreSpec } from '../../crds/store/parse.ts';
import type { Store } from '../../crds/store/store.ts';
import { possibleSecrets } from '../desired/generated-secrets.ts';
import type { GeneratedSecret } from '../desired/desired-object.ts';
import { TerminalError, TransientError, WaitingError } from '../errors.ts';
import { namesIssuer } from '../exposure/tls-plan.ts';
import { childName, labelKeys } from '../names.ts';
import { type KubeObject, objectKey } from '../runtime/kube-object.ts';
import { type PruneCandidate, pruneObjects } from '../runtime/pruner.ts';
import { worstError } from './classify-error.ts';
import { isUnlisted } from './kept-kinds.ts';
import { certificateResource, claimResource, secretResource } from './kinds.ts';
import { controllerOf, standingOf } from './ownership.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

/**
 * Whether the store has used an object. What an earlier store of its name left, and this one has no use for, stays: a store
 * whose database is elsewhere must not delete the volume of one before it.
 */
function isUsed({ metadata: { uid } }: Store, live: KubeObject): boolean {
  return controllerOf(live)?.uid === uid || live.metadata.labels?.[labelKeys.storeUid] === uid;
}

function isOwned(store: Store, live: KubeObject | undefined): live is KubeObject {
  return live !== undefined && standingOf(store, live) === 'ours' && isUsed(store, live);
}

function ownedSecrets(
  store: Store,
  tools: ReconcileTools,
): readonly (GeneratedSecret & { readonly live: KubeObject })[] {
  const cache = tools.watches.cache(secretResource);
  return possibleSecrets(store).flatMap((secret) => {
    const live = cache.get(objectKey(secret.manifest))?.object;
    return isOwned(store, live) ? [{ ...secret, live }] : [];
  });
}

function ownedClaims(store: Store, tools: ReconcileTools): readonly KubeObject[] {
  const { namespace, name } = store.metadata;
  const key = `${namespace}/${childName(name, 'db')}`;
  const live = tools.watches.cache(claimResource).get(key)?.object;
  return isOwned(store, live) ? [live] : [];
}

/**
 * What of cert-manager outlives a store, in the order in which it may go.
 * @throws TransientError when there may be a Certificate that is not known: cert-manager would issue its Secret anew
 */
function issuedObjects(store: Store, tools: ReconcileTools): readonly PruneCandidate[] {
  const { namespace, name } = store.metadata;
  const found = [
    { kind: certificateResource, key: `${namespace}/${childName(name, 'tls')}` },
    { kind: secretResource, key: `${namespace}/${childName(name, 'cert')}` },
  ].flatMap(({ kind, key }) => {
    const object = tools.watches.cache(kind).get(key)?.object;
    return object === undefined ? [] : [{ kind, object }];
  });
  // The certificate of an earlier store serves this one before cert-manager has put the new labels on it.
  const isServed = namesIssuer(store.spec.tls);
  const issued = found.filter(
    ({ object }) => standingOf(store, object) === 'ours' && (isServed || isUsed(store, object)),
  );
  if ((isServed || issued.length > 0) && isUnlisted(certificateResource, store, tools)) {
    throw new TransientError(
      'ApiNotServed',
      'the Certificates of cert-manager.io/v1 are not known',
    );
  }
  return issued;
}

/** A store whose spec is no longer valid must still be able to go: only its deletion policy is read then. */
function deletableStore(object: KubeObject): Store {
  const parsed = parseStoreSpec(object['spec']);
  if (parsed.ok) return { ...object, spec: parsed.spec } as unknown as Store;
  const { deletion } = (object['spec'] ?? {}) as { deletion?: unknown };
  const withPolicy = parseStoreSpec({ version: '0.0.0', hosts: ['shop.example.com'], deletion });
  if (!withPolicy.ok) throw new TerminalError('InvalidSpec', 'spec.deletion is not valid');
  return { ...object, spec: withPolicy.spec } as unknown as Store;
}

/**
 * Prepares a deleted store for its end; may run twice.
 * @throws WaitingError when the store is protected
 * @throws OperatorError when the API server refuses
 */
export async function finalizeStore(object: KubeObject, tools: ReconcileTools): Promise<void> {
  const store = deletableStore(object);
  if (store.spec.deletion.protected) {
    throw new WaitingError(
      'DeletionProtected',
      'the store is to be deleted but spec.deletion.protected is true; set it to false to let it go',
    );
  }
  const secrets = ownedSecrets(store, tools);
  if (store.spec.deletion.policy === 'Delete') return deleteData(store, secrets, tools);
  for (const secret of secrets) {
    await tools.applier.apply(secret, { standing: () => 'ours', signal: tools.signal });
  }
}

async function deleteData(
  store: Store,
  secrets: readonly { readonly live: KubeObject }[],
  tools: ReconcileTools,
): Promise<void> {
  const candidates: readonly PruneCandidate[] = [
    ...secrets.map(({ live }) => ({ kind: secretResource, object: live })),
    ...ownedClaims(store, tools).map((object) => ({ kind: claimResource, object })),
    ...issuedObjects(store, tools),
  ];
  const { survivors } = await pruneObjects(tools.client, candidates, tools.signal);
  if (survivors.length > 0) throw worstError(survivors.map(({ error }) => error));
}
