// The shapes of Kubernetes objects as plain JSON. Nothing here is a class and nothing is converted: what the API
// server sent is what the runtime holds, since client-node's serializer drops fields that it does not know.

/** https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/object-meta/, as far as it is read. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly finalizers?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** One owner of an object. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Who set which fields: https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management. */
export interface ManagedFieldsEntry {
  readonly manager?: string;
  readonly operation?: 'Apply' | 'Update';
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: FieldsV1;
}

/** A set of field paths: `f:` a field, `k:` a list-map item by its keys, `v:` a set item by its value, `.` the item itself. */
export interface FieldsV1 {
  readonly [key: string]: FieldsV1;
}

/** Any object of the API, spec and status untyped. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** A kind as URLs need it. */
export interface ResourceKind {
  /** `apps/v1`, or `v1` for the core group. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

/** `namespace/name`, or the name alone for objects of the cluster. */
export function objectKey(object: { readonly metadata: ObjectMeta }): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Path of a collection, in one namespace or (without it) in all. */
export function collectionPath(kind: ResourceKind, namespace?: string): string {
  const root = kind.apiVersion.includes('/')
    ? `/apis/${kind.apiVersion}`
    : `/api/${kind.apiVersion}`;
  return kind.namespaced && namespace !== undefined
    ? `${root}/namespaces/${namespace}/${kind.plural}`
    : `${root}/${kind.plural}`;
}

/** Where one object is. */
export interface ObjectRef {
  readonly kind: ResourceKind;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly subresource?: string;
}

/** Path of one object or of a subresource of it. */
export function objectPath(ref: ObjectRef): string {
  const base = `${collectionPath(ref.kind, ref.namespace)}/${ref.name}`;
  return ref.subresource === undefined ? base : `${base}/${ref.subresource}`;
}

/**
 * Orders two resource versions of one kind. They are integers of arbitrary size that grow with each write, and since
 * Kubernetes 1.35 clients may compare them: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions.
 * @returns negative when `a` is older, 0 when equal, positive when `a` is newer
 */
export function compareResourceVersions(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
