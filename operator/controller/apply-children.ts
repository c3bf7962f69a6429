// Applies what is desired and prunes what is not. One failing object does not keep the others from being applied.
import type { Store } from '../../crds/store/store.ts';
import type { DesiredObject } from '../desired/desired-object.ts';
import { TransientError } from '../errors.ts';
import type { ExposurePlan } from '../exposure/exposure-plan.ts';
import { fieldManager } from '../names.ts';
import type { ApplyResult } from '../runtime/applier.ts';
import { hasCode } from '../runtime/kube-error.ts';
import { type KubeObject, objectKey } from '../runtime/kube-object.ts';
import { type PruneCandidate, pruneObjects } from '../runtime/pruner.ts';
import { worstError } from './classify-error.ts';
import { keptKinds } from './kept-kinds.ts';
import { isOptional, kindId, prunedKinds } from './kinds.ts';
import { controllerOf, standingOf } from './ownership.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

function isForeignManager(manager: string | undefined): manager is string {
  return manager !== undefined && !manager.startsWith(fieldManager);
}

const replicasField = 'spec.replicas';

/**
 * The sentence about a repaired drift. An update is a drift when another manager held a field, or when a field of ours was
 * taken away although the store had already been applied in its present generation. A difference in fields that are all
 * ours is a change that facts asked for: a release whose turn has come, a Secret that was drawn anew. Nor is it a drift that
 * an autoscaler has set the number of pods until its owner turned it off.
 */
function driftNote(store: Store, manifest: KubeObject, result: ApplyResult): string | undefined {
  const wasApplied = store.status?.observedGeneration === store.metadata.generation;
  const conflict = result.conflicts.find(
    ({ manager, field }) => isForeignManager(manager) && (wasApplied || field !== replicasField),
  );
  const isDrift = conflict !== undefined || (wasApplied && result.isOurChange !== true);
  if (result.action !== 'updated' || !isDrift) return undefined;
  const field = conflict?.field ?? result.field ?? 'unknown';
  const manager = conflict?.manager ?? result.otherManager ?? 'unknown';
  return `${manifest.kind} ${manifest.metadata.name}: ${field} was changed by ${manager} and is set back`;
}

/**
 * An API that goes refuses writes before discovery tells of it: with 405 while its CRD waits for its objects to be deleted,
 * with 404 from then on.
 */
function refusal(manifest: KubeObject, error: unknown): unknown {
  const isGoing = isOptional(manifest) && (hasCode(error, 404) || hasCode(error, 405));
  if (!isGoing) return error;
  const message = `the cluster serves ${kindId(manifest)} no longer`;
  return new TransientError('ApiNotServed', message, { cause: error });
}

/**
 * Applies each object in order.
 * @throws OperatorError that stands for all that failed, after every object was tried
 */
export async function applyChildren(
  store: Store,
  objects: readonly DesiredObject[],
  tools: ReconcileTools,
): Promise<void> {
  const errors: unknown[] = [];
  const created: string[] = [];
  const standing = (live: KubeObject): ReturnType<typeof standingOf> => standingOf(store, live);
  for (const desired of objects) {
    try {
      const result = await tools.applier.apply(desired, { standing, signal: tools.signal });
      tools.applied(desired.manifest.kind, result.action);
      if (result.action === 'created')
        created.push(`${desired.manifest.kind} ${desired.manifest.metadata.name}`);
      const note = driftNote(store, desired.manifest, result);
      if (note !== undefined) {
        tools.log.info(
          { object: objectKey(desired.manifest), kind: desired.manifest.kind, field: result.field },
          note,
        );
        tools.event({ store, type: 'Warning', reason: 'DriftRepaired', action: 'Apply', note });
      }
    } catch (error) {
      tools.applied(desired.manifest.kind, 'failed');
      errors.push(refusal(desired.manifest, error));
    }
  }
  if (created.length > 0) {
    tools.event({
      store,
      type: 'Normal',
      reason: 'Created',
      action: 'Apply',
      note: `created ${created.join(', ')}`,
    });
  }
  if (errors.length > 0) throw worstError(errors);
}

/** What a store is to consist of. */
export interface DesiredState {
  readonly objects: readonly DesiredObject[];
  /** How it is exposed. */
  readonly exposure: ExposurePlan;
}

function pruneCandidates(
  store: Store,
  { objects, exposure }: DesiredState,
  tools: ReconcileTools,
): PruneCandidate[] {
  const kept = keptKinds(store, exposure, tools);
  const desired = new Set(
    objects.map(({ manifest }) => `${kindId(manifest)} ${objectKey(manifest)}`),
  );
  const storeKey = objectKey(store);
  const kinds = prunedKinds.filter((kind) => !kept.includes(kind));
  return kinds.flatMap((kind) =>
    tools.watches
      .children(kind, storeKey)
      .filter((object) => !desired.has(`${kindId(kind)} ${objectKey(object)}`))
      // Label, controlling owner and our own applied fields: all three, or it is not ours to delete.
      .filter((object) => controllerOf(object)?.uid === store.metadata.uid)
      .filter((object) => tools.watches.cache(kind).get(objectKey(object))?.owned !== undefined)
      .map((object) => ({ kind, object })),
  );
}

/**
 * Deletes owned objects that are no longer desired. Call it only after every apply succeeded.
 * @throws OperatorError when a deletion was refused
 */
export async function pruneChildren(
  store: Store,
  desired: DesiredState,
  tools: ReconcileTools,
): Promise<void> {
  const candidates = pruneCandidates(store, desired, tools);
  if (candidates.length === 0) return;
  const { deleted, survivors } = await pruneObjects(tools.client, candidates, tools.signal);
  const names = (list: readonly PruneCandidate[]): string =>
    list.map(({ object }) => `${object.kind} ${object.metadata.name}`).join(', ');
  if (deleted.length > 0) {
    tools.event({
      store,
      type: 'Normal',
      reason: 'Pruned',
      action: 'Prune',
      note: `deleted ${names(deleted)}`,
    });
  }
  if (survivors.length === 0) return;
  const note = `could not delete ${names(survivors.map(({ candidate }) => candidate))}`;
  tools.event({ store, type: 'Warning', reason: 'PruneRefused', action: 'Prune', note });
  throw worstError(survivors.map(({ error }) => error));
}
