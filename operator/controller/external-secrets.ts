// Asks External Secrets for the secrets of a store, ahead of everything else: what it fetches has to exist before pods can use
// it. Whether it does is judged in `credentials.ts`.
import type { Store } from '../../crds/store/store.ts';
import { externalSecrets } from '../desired/external-secrets.ts';
import { TransientError } from '../errors.ts';
import { applyChildren } from './apply-children.ts';
import { externalSecretResource } from './kinds.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

/**
 * Applies what External Secrets is asked for; nothing while the cluster does not serve its API.
 * @throws TransientError when the cluster serves it and what is there is not known
 * @throws OperatorError when an apply failed
 */
export async function requestExternalSecrets(store: Store, tools: ReconcileTools): Promise<void> {
  const objects = externalSecrets(store).map((manifest) => ({ manifest }));
  const availability = tools.watches.availability(externalSecretResource, store.metadata.namespace);
  if (objects.length === 0 || availability === 'absent') return;
  if (availability === 'unlisted') {
    throw new TransientError('ApiNotServed', 'the objects of external-secrets.io/v1 are not known');
  }
  await applyChildren(store, objects, tools);
}
