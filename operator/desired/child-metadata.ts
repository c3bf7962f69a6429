// Metadata of children: the labels of `names.ts`, and the store as the controlling owner, through which the garbage
// collector deletes them with the store. What must outlive a store gets no owner.
import { group, storeKind, version } from '../../crds/store/store.ts';
import type { Store } from '../../crds/store/store.ts';
import { childName, storeLabels } from '../names.ts';
import type { ChildSuffix, ComponentName } from '../names.ts';
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
  component: ComponentName,
  suffix: ChildSuffix,
): ManifestMetadata {
  return {
    name: childName(store.metadata.name, suffix),
    namespace: store.metadata.namespace,
    labels: storeLabels(store, component),
  };
}

/** Metadata of a child that goes with its store. */
export function childMetadata(
  store: Store,
  component: ComponentName,
  suffix: ChildSuffix = component,
): ManifestMetadata {
  return {
    ...survivingMetadata(store, component, suffix),
    ownerReferences: [storeOwner(store)],
  };
}
