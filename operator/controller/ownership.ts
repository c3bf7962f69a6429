// Whether an object that stands under a name of ours may be written to. The rules, first match wins:
//   being deleted                                  -> departing: wait until it is gone
//   controlled by this store                       -> ours, whatever its labels say
//   labelled with this store's UID, no controller  -> ours: somebody removed the owner reference
//   made by us for a store of this name, no controller -> ours: kept by deletion policy Retain, or orphaned on purpose
//   made by us for a store of this name, controlled by an earlier one -> departing: garbage collection is on its way
//   anything else                                  -> foreign: never touched
import type { Store } from '../../crds/store/store.ts';
import { storeKind } from '../../crds/store/store.ts';
import { fieldManager, labelKeys } from '../names.ts';
import type { Standing } from '../runtime/applier.ts';
import type { KubeObject, OwnerReference } from '../runtime/kube-object.ts';

/** The one owner that controls an object. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** How a live object stands to a store. Pure. */
export function standingOf(store: Pick<Store, 'metadata'>, live: KubeObject): Standing {
  const { labels = {}, deletionTimestamp } = live.metadata;
  const { uid, name } = store.metadata;
  const controller = controllerOf(live);
  const isMadeForName =
    labels[labelKeys.managedBy] === fieldManager && labels[labelKeys.instance] === name;
  const isOurs =
    controller === undefined
      ? labels[labelKeys.storeUid] === uid || isMadeForName
      : controller.uid === uid;
  if (isOurs) return deletionTimestamp === undefined ? 'ours' : 'departing';
  const wasPredecessors = controller?.kind === storeKind && controller.name === name;
  return isMadeForName && wasPredecessors ? 'departing' : 'foreign';
}
