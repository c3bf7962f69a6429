// Metadata of children: the labels of `names.ts`, and the store as the controlling owner, through which the garbage
// collector deletes them with the store. What must outlive a store gets no owner.
import { group, storeKind, version } from '../../crds/store/store.ts';
import type { Store } from '../../crds/store/store.ts';
import { childName, storeLabels } from '../names.ts';
import type { ChildSuffix, ComponentName, PartName } from '../names.ts';
import type { ManifestMetadata, ManifestOwner } from './desired-object.ts';

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/owners-dependents/ */
function storeOwner(store: Store): ManifestOwner {
  return {
    apiVersion: `${group}/${version}`,
    kind: storeKind,
    name: store.metadata.name,
    uid: store.metadata.uid,
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** Metadata of a child that outlives its store. */
export function survivingMetadata(
  store: Store,
  part: PartName,
  suffix: ChildSuffix,
): ManifestMetadata {
  return {
    name: childName(store.metadata.name, suffix),
    namespace: store.metadata.namespace,
    labels: storeLabels(store, part),
  };
}

/** Metadata of a child that goes with its store. */
export function ownedMetadata(store: Store, part: PartName, suffix: ChildSuffix): ManifestMetadata {
  return {
    ...survivingMetadata(store, part, suffix),
    ownerReferences: [storeOwner(store)],
  };
}

/** The same for a child that is named after its component. */
export function childMetadata(store: Store, component: ComponentName): ManifestMetadata {
  return ownedMetadata(store, component, component);
}
