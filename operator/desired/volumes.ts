// Files of the containers. Whole folders are mounted, read-only, since the kubelet updates only those; the one writable
// place is bounded.
import type { IVolume, IVolumeMount } from 'kubernetes-models/v1';
import { apiSecretSuffixes, childName, mountPaths } from '../names.ts';
import type { ComponentName } from '../names.ts';

/** A Secret that is mounted, by its suffix. */
type MountedSecret = Extract<keyof typeof mountPaths, 'jwt' | 'session' | 'db' | 'dbowner'>;

/** r--r----- : for the pod's own group, nobody else. JSON has no octal numbers. */
const fileMode = 0o440;

const temporarySize = '64Mi';

/** A generated Secret as files. Pure. */
export function secretVolume(storeName: string, suffix: MountedSecret): IVolume {
  return {
    name: suffix,
    secret: { secretName: childName(storeName, suffix), defaultMode: fileMode },
  };
}

/** Where a container finds them. Pure. */
export function readOnlyMount(name: MountedSecret | 'config'): IVolumeMount {
  return { name, mountPath: mountPaths[name], readOnly: true };
}

/** The folder for temporary files, and its mount. */
export const temporaryVolume: IVolume = { name: 'tmp', emptyDir: { sizeLimit: temporarySize } };
/** Where it is. */
export const temporaryMount: IVolumeMount = { name: 'tmp', mountPath: mountPaths.temporary };

function mountedSecrets(component: ComponentName): readonly MountedSecret[] {
  return component === 'api' ? apiSecretSuffixes : [];
}

/** Volumes of a component's pods. Pure. */
export function podVolumes(storeName: string, component: ComponentName): IVolume[] {
  const config: IVolume = {
    name: 'config',
    configMap: { name: childName(storeName, component), defaultMode: fileMode },
  };
  const secrets = mountedSecrets(component).map((suffix) => secretVolume(storeName, suffix));
  return [config, ...secrets, temporaryVolume];
}

/** Where a container of a component finds its files. Pure. */
export function volumeMounts(component: ComponentName): IVolumeMount[] {
  return [
    ...(['config', ...mountedSecrets(component)] as const).map(readOnlyMount),
    temporaryMount,
  ];
}
