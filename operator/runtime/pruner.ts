// Deletes what is owned but no longer desired. The caller names the candidates from a closed list of kinds, and calls
// only after every apply succeeded: a half-applied store must not lose its old objects.
import type { ApiClient } from './api-client.ts';
import { hasCode, isNotFound } from './kube-error.ts';
import { type KubeObject, objectKey, objectPath, type ResourceKind } from './kube-object.ts';

/** An object that has to go. */
export interface PruneCandidate {
  readonly kind: ResourceKind;
  readonly object: KubeObject;
}

/** What a prune did. */
export interface PruneResult {
  readonly deleted: readonly PruneCandidate[];
  /** Refused by the API server or a webhook; the caller reports them and tries again. */
  readonly survivors: readonly { readonly candidate: PruneCandidate; readonly error: Error }[];
}

/**
 * Deletes each candidate under the precondition of its UID, so that a successor of the same name survives.
 * Already deleted or replaced objects count as done.
 */
export async function pruneObjects(
  client: ApiClient,
  candidates: readonly PruneCandidate[],
  signal?: AbortSignal,
): Promise<PruneResult> {
  const deleted: PruneCandidate[] = [];
  const survivors: { candidate: PruneCandidate; error: Error }[] = [];
  for (const candidate of candidates) {
    if (candidate.object.metadata.deletionTimestamp !== undefined) continue;
    try {
      await deleteObject(client, candidate, signal);
      deleted.push(candidate);
    } catch (error) {
      survivors.push({ candidate, error: error as Error });
    }
  }
  return { deleted, survivors };
}

async function deleteObject(
  client: ApiClient,
  candidate: PruneCandidate,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { name, namespace, uid } = candidate.object.metadata;
  if (uid === undefined) throw new Error(`${objectKey(candidate.object)} has no UID`);
  try {
    await client.request({
      method: 'DELETE',
      path: objectPath({ kind: candidate.kind, namespace, name }),
      body: {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid },
        propagationPolicy: 'Background',
      },
      ...(signal && { signal }),
    });
  } catch (error) {
    if (!isNotFound(error) && !hasCode(error, 409)) throw error;
  }
}
