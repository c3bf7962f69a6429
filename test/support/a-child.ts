// Children of a store as they are in the cluster: labelled, owned, and with a record of who applied them.
import { fieldManager } from '../../operator/names.ts';
import type { KubeObject } from '../../operator/runtime/kube-object.ts';
import { aStore } from './a-store.ts';

/** How the operator knows the children of `aStore()`. */
export const childLabels = {
  'app.kubernetes.io/managed-by': fieldManager,
  'app.kubernetes.io/instance': 'dhaka',
};

/** A child of `aStore()`, as the operator has applied it. */
export function aChild(apiVersion: string, kind: string, name: string): KubeObject {
  const store = aStore();
  const { name: owner, uid } = store.metadata;
  const { apiVersion: group, kind: ownerKind } = store;
  const controller = { apiVersion: group, kind: ownerKind, name: owner, uid, controller: true };
  const fieldsV1 = { 'f:metadata': { 'f:labels': { 'f:app.kubernetes.io/instance': {} } } };
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      resourceVersion: '1',
      labels: childLabels,
      ownerReferences: [controller],
      managedFields: [
        { manager: fieldManager, operation: 'Apply', fieldsType: 'FieldsV1', fieldsV1 },
      ],
    },
  } as unknown as KubeObject;
}
