import type { Manifest } from '../addons/manifest.ts';
import { nodeName } from '../node-layout.ts';

/** Name of the storage class, and of the provisioner behind it. */
export const storageClass = 'local';
export const provisionerName = 'dhakacart.io/local';

/** What the scheduler writes on a claim whose pod it has placed (storage.k8s.io: WaitForFirstConsumer). */
export const selectedNode = 'volume.kubernetes.io/selected-node';

/** The default storage class. Pure. */
export function storageObjects(): Manifest[] {
  return [
    {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'StorageClass',
      metadata: {
        name: storageClass,
        annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
      },
      provisioner: provisionerName,
      reclaimPolicy: 'Delete',
      volumeBindingMode: 'WaitForFirstConsumer',
      allowVolumeExpansion: false,
    },
  ];
}

/** What is read of a claim. */
export interface Claim {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly volumeMode?: string;
    readonly accessModes?: readonly string[];
    readonly resources?: { readonly requests?: { readonly storage?: string } };
  };
}

/** What is read of a volume. */
export interface Volume {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly storageClassName?: string;
    readonly persistentVolumeReclaimPolicy?: string;
  };
  readonly status?: { readonly phase?: string };
}

/** Whether a claim waits for us. Pure. */
export function needsVolume({ metadata, spec }: Claim): boolean {
  return (
    spec.storageClassName === storageClass &&
    spec.volumeName === undefined &&
    spec.volumeMode !== 'Block' &&
    metadata.annotations?.[selectedNode] === nodeName
  );
}

/** Whether a volume's claim is gone and the volume shall follow it. Pure. */
export function isFinished({ spec, status }: Volume): boolean {
  return (
    spec.storageClassName === storageClass &&
    spec.persistentVolumeReclaimPolicy === 'Delete' &&
    status?.phase === 'Released'
  );
}

/** Name of a claim's volume, as dynamic provisioners build it. Pure. */
export function volumeName({ metadata }: Claim): string {
  return `pvc-${metadata.uid}`;
}

/**
 * A `local` volume at a folder of the node: the kubelet gives such a one to the group of the pod (fsGroup), which it
 * does not for hostPath (https://kubernetes.io/docs/concepts/storage/volumes/#local). Its size is a word only. Pure.
 */
export function volumeFor(claim: Claim, folder: string): Manifest {
  const { name, namespace, uid } = claim.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: {
      name: volumeName(claim),
      annotations: { 'pv.kubernetes.io/provisioned-by': provisionerName },
    },
    spec: {
      capacity: { storage: claim.spec.resources?.requests?.storage ?? '1Gi' },
      accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Delete',
      storageClassName: storageClass,
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      local: { path: folder },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'kubernetes.io/hostname', operator: 'In', values: [nodeName] },
              ],
            },
          ],
        },
      },
    },
  };
}
