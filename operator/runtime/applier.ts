// Server-side apply for every object, under one field manager.
//
// - Nothing is sent when what we own of the cached object is exactly what we desire.
// - The first try is not forced, so that a conflict tells which field another manager holds; then it is forced.
// - An object that stands under our name but is not ours is never taken over.
// - A replica count that an autoscaler owns is handed over through a second manager: a field that its last owner stops
//   applying is reset to its default, and for `spec.replicas` that default is 1, an outage.
//   https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership
import { isDeepStrictEqual } from 'node:util';
import type { ApiClient } from './api-client.ts';
import { isNotFound, KubeError } from './kube-error.ts';
import {
  type KubeObject,
  type ObjectRef,
  objectKey,
  objectPath,
  type ResourceKind,
} from './kube-object.ts';
import type { ObjectCache } from './object-cache.ts';
import { OwnedNode, type OwnedValue, ownershipDifference, ownsEveryField } from './owned-fields.ts';

/** One object as it should be. */
export interface ApplyRequest {
  readonly manifest: KubeObject;
  /** `spec.replicas` belongs to an autoscaler; this is only its first value. */
  readonly initialReplicas?: number;
}

/** Whether an existing object may be written to. */
export type Standing = 'ours' | 'foreign' | 'departing';

/** A field that another manager held and that was taken back. */
export interface FieldConflict {
  readonly field: string;
  readonly manager: string;
}

/** What an apply did. */
export interface ApplyResult {
  readonly action: 'created' | 'updated' | 'unchanged';
  /** Path of the first field that had to change; absent for created and unchanged objects. */
  readonly field?: string;
  readonly conflicts: readonly FieldConflict[];
  /** Of an update: nobody had taken a field, so what we desire has changed. */
  readonly isOurChange?: boolean;
  /** Who else wrote to the object last, before this apply. */
  readonly otherManager?: string | undefined;
}

/** The name is taken by an object of somebody else, or by one that is being deleted. */
export class NameTakenError extends Error {
  readonly standing: Exclude<Standing, 'ours'>;

  constructor(manifest: KubeObject, standing: Exclude<Standing, 'ours'>) {
    const what = `${manifest.kind} ${objectKey(manifest)}`;
    super(
      standing === 'foreign'
        ? `${what} exists and does not belong to this store; rename or delete it`
        : `${what} is being deleted; it is made again when it is gone`,
    );
    this.name = 'NameTakenError';
    this.standing = standing;
  }
}

/** What an applier is made of. */
export interface ApplierOptions {
  readonly client: ApiClient;
  readonly manager: string;
  /** The kind and cache of a manifest. */
  readonly lookup: (manifest: KubeObject) => {
    readonly kind: ResourceKind;
    readonly cache: ObjectCache;
  };
}

/** How one apply is done. */
export interface ApplyContext {
  readonly standing: (live: KubeObject) => Standing;
  readonly signal?: AbortSignal;
}

interface Target {
  readonly ref: ObjectRef;
  readonly cache: ObjectCache;
  readonly signal: AbortSignal | undefined;
}

/** Makes objects as they are desired. */
export class Applier {
  readonly #options: ApplierOptions;

  constructor(options: ApplierOptions) {
    this.#options = options;
  }

  /**
   * Applies one object if it differs.
   * @throws NameTakenError when the name belongs to something else
   * @throws KubeError when the API server refuses or cannot be reached
   */
  async apply(request: ApplyRequest, context: ApplyContext): Promise<ApplyResult> {
    const { manifest } = request;
    const { kind, cache } = this.#options.lookup(manifest);
    const { name, namespace } = manifest.metadata;
    const target: Target = { ref: { kind, namespace, name }, cache, signal: context.signal };
    const cached = cache.get(objectKey(manifest));
    const live = cached?.object ?? (await this.#find(target));
    if (live === undefined) return this.#create(request, target);
    const standing = context.standing(live);
    if (standing !== 'ours') throw new NameTakenError(manifest, standing);
    const field = ownershipDifference(manifest, cached?.owned);
    if (field === undefined) return { action: 'unchanged', conflicts: [] };
    await this.#handOver(request, target, cached?.owned);
    const conflicts = await this.#write(manifest, target);
    const isOurChange = conflicts.length === 0 && ownsEveryField(manifest, cached?.owned);
    const otherManager = cached?.lastOtherManager;
    return { action: 'updated', field, conflicts, isOurChange, otherManager };
  }

  /**
   * Applies a status; skipped when the cached object has exactly that status. Nobody else may write to the status of a
   * kind that is ours, so it is always forced.
   */
  async applyStatus(manifest: KubeObject, signal?: AbortSignal): Promise<'updated' | 'unchanged'> {
    const { kind, cache } = this.#options.lookup(manifest);
    const { name, namespace } = manifest.metadata;
    const live = cache.get(objectKey(manifest))?.object['status'];
    if (isDeepStrictEqual(manifest['status'], live)) return 'unchanged';
    const ref: ObjectRef = { kind, namespace, name, subresource: 'status' };
    await this.#patch(manifest, { ref, cache, signal }, { force: true });
    return 'updated';
  }

  /** An object that the cache does not know may still exist: our label selectors do not see what is not ours. */
  async #find(target: Target): Promise<KubeObject | undefined> {
    try {
      return await this.#options.client.request<KubeObject>({
        method: 'GET',
        path: objectPath(target.ref),
        ...(target.signal && { signal: target.signal }),
      });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #create(request: ApplyRequest, target: Target): Promise<ApplyResult> {
    await this.#write(request.manifest, target);
    if (request.initialReplicas !== undefined) {
      await this.#applyReplicas(request.manifest, target, request.initialReplicas);
    }
    return { action: 'created', conflicts: [] };
  }

  /** Gives the live count a second owner before we let go of it. */
  async #handOver(
    request: ApplyRequest,
    target: Target,
    owned: OwnedValue | undefined,
  ): Promise<void> {
    if (request.initialReplicas === undefined) return;
    const replicas = ownedReplicas(owned);
    if (replicas !== undefined) await this.#applyReplicas(request.manifest, target, replicas);
  }

  async #applyReplicas(manifest: KubeObject, target: Target, replicas: number): Promise<void> {
    const { apiVersion, kind, metadata } = manifest;
    const { name, namespace } = metadata;
    const identity = namespace === undefined ? { name } : { name, namespace };
    await this.#patch({ apiVersion, kind, metadata: identity, spec: { replicas } }, target, {
      force: true,
      manager: `${this.#options.manager}-replicas`,
    });
  }

  async #write(manifest: KubeObject, target: Target): Promise<readonly FieldConflict[]> {
    try {
      await this.#patch(manifest, target, { force: false });
      return [];
    } catch (error) {
      const conflicts = fieldConflicts(error);
      if (conflicts.length === 0) throw error;
      await this.#patch(manifest, target, { force: true });
      return conflicts;
    }
  }

  async #patch(
    manifest: KubeObject,
    target: Target,
    how: { readonly force: boolean; readonly manager?: string },
  ): Promise<void> {
    const answer = await this.#options.client.request<KubeObject>({
      method: 'PATCH',
      path: objectPath(target.ref),
      query: { fieldManager: how.manager ?? this.#options.manager, force: String(how.force) },
      patchType: 'apply',
      body: manifest,
      ...(target.signal && { signal: target.signal }),
    });
    target.cache.written(answer);
  }
}

function ownedReplicas(owned: OwnedValue | undefined): number | undefined {
  const spec = owned instanceof OwnedNode ? owned.children.get('f:spec') : undefined;
  const replicas = spec instanceof OwnedNode ? spec.children.get('f:replicas') : undefined;
  return replicas === undefined || replicas instanceof OwnedNode
    ? undefined
    : Number(replicas.leaf);
}

/** The API server names each field and its holder: `conflict with "kubectl-edit" using apps/v1`. */
function fieldConflicts(error: unknown): FieldConflict[] {
  if (!(error instanceof KubeError) || error.code !== 409) return [];
  return (error.details?.causes ?? [])
    .filter((cause) => cause.reason === 'FieldManagerConflict')
    .map((cause) => ({
      field: (cause.field ?? '').replace(/^\./, ''),
      manager: /conflict with "([^"]*)"/.exec(cause.message ?? '')?.[1] ?? 'unknown',
    }));
}
