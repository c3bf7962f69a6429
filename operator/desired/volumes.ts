// Files of the containers. Whole folders are mounted, read-only, since the kubelet updates only those; the one writable
// place is bounded.
import type { IVolume, IVolumeMount } from 'kubernetes-models/v1';
import { childName, mountPaths } from '../names.ts';
import type { ComponentName } from '../names.ts';

/** r--r----- : for the pod's own group, nobody else. JSON has no octal numbers. */
const fileMode = 0o440;

const temporarySize = '64Mi';

/** Volumes of a component's pods. Pure. */
export function podVolumes(storeName: string, component: ComponentName): IVolume[] {
  const config: IVolume = {
    name: 'config',
    configMap: { name: childName(storeName, component), defaultMode: fileMode },
  };
  const temporary: IVolume = { name: 'tmp', emptyDir: { sizeLimit: temporarySize } };
  const secrets = (component === 'api' ? (['jwt', 'session'] as const) : []).map(
    (suffix): IVolume => ({
      name: suffix,
      secret: { secretName: childName(storeName, suffix), defaultMode: fileMode },
    }),
  );
  return [config, ...secrets, temporary];
}

/** Where a container finds them. Pure. */
export function volumeMounts(component: ComponentName): IVolumeMount[] {
  const names =
    component === 'api' ? (['config', 'jwt', 'session'] as const) : (['config'] as const);
  return [
    ...names.map((name) => ({ name, mountPath: mountPaths[name], readOnly: true })),
    { name: 'tmp', mountPath: mountPaths.temporary },
  ];
}
