// What one field manager owns of a live object, and whether that is exactly what it desires.
//
// Server-side apply records the fields of each manager in `metadata.managedFields`. Reading the live values at these
// paths gives our own view of the object: fields of others are not in it, so they can never look like drift, and a
// field that we own but no longer desire is in it, so it cannot be forgotten. The record also says which lists are
// maps (`k:`), which are sets (`v:`), and which are atomic (no children), so no schema is needed.
// https://kubernetes.io/docs/reference/using-api/server-side-apply/, structured-merge-diff `fieldpath`.
import { isDeepStrictEqual } from 'node:util';
import type { FieldsV1, KubeObject } from './kube-object.ts';
import { sameQuantity } from './quantity.ts';

/** Inner node of an owned view: children by their path element (`f:name`, `k:{...}`, `v:...`). */
export class OwnedNode {
  readonly children: ReadonlyMap<string, OwnedValue>;

  constructor(children: ReadonlyMap<string, OwnedValue>) {
    this.children = children;
  }
}

/** A leaf holds the live value as JSON; `undefined` stands for a field that is gone. */
export type OwnedValue = OwnedNode | { readonly leaf: unknown };

/** The fields of an object, not of a subresource, that a manager holds by server-side apply; undefined when none. */
export function appliedFields(object: KubeObject, manager: string): FieldsV1 | undefined {
  return object.metadata.managedFields?.find(
    (entry) =>
      entry.manager === manager && entry.operation === 'Apply' && entry.subresource === undefined,
  )?.fieldsV1;
}

/**
 * The manager other than ours that last changed the object itself; controllers that write through a subresource
 * (status, scale) do not count.
 */
export function lastOtherManager(object: KubeObject, manager: string): string | undefined {
  const others = (object.metadata.managedFields ?? []).filter(
    (entry) => !entry.manager?.startsWith(manager) && entry.subresource === undefined,
  );
  const newest = others.reduce<(typeof others)[number] | undefined>(
    (latest, entry) => ((entry.time ?? '') >= (latest?.time ?? '') ? entry : latest),
    undefined,
  );
  return newest?.manager;
}

function matchesKeys(item: unknown, keys: Readonly<Record<string, unknown>>): boolean {
  const fields = item as Record<string, unknown> | null;
  return Object.entries(keys).every(([name, value]) => fields?.[name] === value);
}

function listItem(list: unknown, element: string): unknown {
  if (!Array.isArray(list)) return undefined;
  const keys = JSON.parse(element.slice(2)) as Record<string, unknown>;
  return list.find((item) => matchesKeys(item, keys));
}

function setItem(list: unknown, element: string): unknown {
  if (!Array.isArray(list)) return undefined;
  const value: unknown = JSON.parse(element.slice(2));
  return list.find((item) => isDeepStrictEqual(item, value));
}

function childValue(live: unknown, element: string): unknown {
  if (element.startsWith('k:')) return listItem(live, element);
  if (element.startsWith('v:')) return setItem(live, element);
  return (live as Record<string, unknown> | null | undefined)?.[element.slice(2)];
}

/** The live values at the owned paths. */
export function ownedView(live: unknown, fields: FieldsV1): OwnedValue {
  const elements = Object.keys(fields);
  if (elements.length === 0) return { leaf: live };
  const children = new Map<string, OwnedValue>();
  for (const element of elements) {
    if (element === '.') continue;
    children.set(element, ownedView(childValue(live, element), fields[element] ?? {}));
  }
  return new OwnedNode(children);
}

/** Containers of quantities, which may be spelt in many ways. */
const quantityContainers = new Set(['limits', 'requests']);

function isEmptyObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.keys(value).length === 0;
}

function sameLeaf(desired: unknown, live: unknown, inQuantities: boolean): boolean {
  if (isDeepStrictEqual(desired, live)) return true;
  // `emptyDir: {}` is owned as a leaf, whatever others add inside of it.
  if (isEmptyObject(desired)) return typeof live === 'object' && live !== null;
  return inQuantities && sameQuantity(desired, live);
}

/** The live value of a field that we hold, by its path; undefined when we do not hold it. Pure. */
export function ownedField(owned: OwnedValue | undefined, path: readonly string[]): unknown {
  let value = owned;
  for (const name of path) {
    value = value instanceof OwnedNode ? value.children.get(`f:${name}`) : undefined;
  }
  return value === undefined || value instanceof OwnedNode ? undefined : value.leaf;
}

/** Path of the first field that differs, for logs and Events; undefined when nothing differs. */
export type Difference = string | undefined;

function listDifference(desired: readonly unknown[], owned: OwnedNode, path: string): Difference {
  if (desired.length !== owned.children.size) return path;
  for (const [element, child] of owned.children) {
    if (element.startsWith('f:')) return path; // what was applied is an object
    const item = element.startsWith('k:') ? listItem(desired, element) : setItem(desired, element);
    if (item === undefined) return `${path}[${element.slice(2)}]`;
    const difference = valueDifference(item, child, { path: `${path}[${element.slice(2)}]` });
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function objectDifference(desired: object, owned: OwnedNode, context: Context): Difference {
  const entries = Object.entries(desired).filter(([, value]) => value !== undefined);
  for (const [name, value] of entries) {
    const path = `${context.path}.${name}`;
    const child = owned.children.get(`f:${name}`);
    if (child === undefined) return path;
    const inQuantities = context.inQuantities === true || quantityContainers.has(name);
    const difference = valueDifference(value, child, { path, inQuantities });
    if (difference !== undefined) return difference;
  }
  if (entries.length === owned.children.size) return undefined;
  const extra = [...owned.children.keys()].find(
    (element) => !Object.hasOwn(desired, element.slice(2)),
  );
  return `${context.path}.${extra?.slice(2) ?? ''}`;
}

interface Context {
  readonly path: string;
  readonly inQuantities?: boolean;
}

function valueDifference(desired: unknown, owned: OwnedValue, context: Context): Difference {
  if (!(owned instanceof OwnedNode)) {
    return sameLeaf(desired, owned.leaf, context.inQuantities === true) ? undefined : context.path;
  }
  if (Array.isArray(desired)) return listDifference(desired, owned, context.path);
  return typeof desired === 'object' && desired !== null
    ? objectDifference(desired, owned, context)
    : context.path;
}

function isCompleteList(desired: readonly unknown[], owned: OwnedNode): boolean {
  if (desired.length !== owned.children.size) return false;
  return [...owned.children].every(([element, child]) => {
    const item = element.startsWith('k:') ? listItem(desired, element) : setItem(desired, element);
    return item !== undefined && isComplete(item, child);
  });
}

function isComplete(desired: unknown, owned: OwnedValue): boolean {
  if (!(owned instanceof OwnedNode) || typeof desired !== 'object' || desired === null) return true;
  if (Array.isArray(desired)) return isCompleteList(desired, owned);
  return Object.entries(desired).every(([name, value]) => {
    const child = owned.children.get(`f:${name}`);
    return value === undefined || (child !== undefined && isComplete(value, child));
  });
}

function withoutIdentity(manifest: KubeObject): Record<string, unknown> {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = manifest;
  const { name: _name, namespace: _namespace, ...meta } = metadata;
  return Object.keys(meta).length === 0 ? rest : { metadata: meta, ...rest };
}

/**
 * Compares what we desire with what we own. Pure.
 * @param owned our view of the live object; undefined when we own nothing of it
 * @returns the path of a field that differs, is missing, or is owned but no longer desired; undefined when all agree
 */
export function ownershipDifference(
  manifest: KubeObject,
  owned: OwnedValue | undefined,
): Difference {
  if (owned === undefined) return 'metadata';
  return valueDifference(withoutIdentity(manifest), owned, { path: '' })?.slice(1);
}

/**
 * Do we still own every field that we desire, whatever its value? Whoever changes or removes a field takes it from us, so
 * a difference in fields that are all ours is a change of our own mind. Pure.
 */
export function ownsEveryField(manifest: KubeObject, owned: OwnedValue | undefined): boolean {
  return owned !== undefined && isComplete(withoutIdentity(manifest), owned);
}
