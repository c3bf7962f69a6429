/** The default class of a cluster that kwok plays. Nothing makes volumes there: they are all made at the start. */
export const kwokStorageClass: Record<string, unknown> = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: {
    name: 'standard',
    annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
  },
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'Immediate',
  allowVolumeExpansion: true,
};

/**
 * A volume that any claim of the default class may bind, once. No container ever opens it, so its path leads nowhere; a
 * provisioner (the controller manager has one for host paths) would leave folders behind on this machine. Pure.
 */
export function kwokVolume(index: number): Record<string, unknown> {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `kwok-${index}` },
    spec: {
      capacity: { storage: '1Ti' },
      accessModes: ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Retain',
      storageClassName: 'standard',
      hostPath: { path: '/nonexistent' },
    },
  };
}
