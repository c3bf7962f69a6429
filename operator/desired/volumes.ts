// Files of the containers. Whole folders are mounted, read-only, since the kubelet updates only those; the one writable
// place is bounded.
import type { IVolume, IVolumeMount } from 'kubernetes-models/v1';
import { managedDatabase } from '../../crds/store/database.ts';
import { caSecretKey } from '../../crds/store/external-database.ts';
import type { Store } from '../../crds/store/store.ts';
import {
  apiSecretSuffixes,
  childName,
  credentialSecretName,
  databaseKeys,
  mountPaths,
} from '../names.ts';
import type { ComponentName } from '../names.ts';
import { databaseAccess } from './database-access.ts';

/** A Secret that is mounted, by the suffix of the generated one. */
type MountedSecret = Extract<keyof typeof mountPaths, 'jwt' | 'session' | 'db' | 'dbowner'>;

/** r--r----- : for the pod's own group, nobody else. JSON has no octal numbers. */
const fileMode = 0o440;

const temporarySize = '64Mi';

/** Name of the Secret behind a volume. Pure. */
export function mountedSecretName({ metadata, spec }: Store, suffix: MountedSecret): string {
  return suffix === 'jwt' || suffix === 'session'
    ? credentialSecretName(metadata.name, spec.secrets, suffix)
    : childName(metadata.name, suffix);
}

/** A Secret as files. Pure. */
export function secretVolume(store: Store, suffix: MountedSecret): IVolume {
  return {
    name: suffix,
    secret: { secretName: mountedSecretName(store, suffix), defaultMode: fileMode },
  };
}

/** One file of a Secret: what else is in one of the owner's is nobody's business. */
function fileVolume(name: MountedSecret | 'dbca', secretName: string, key: string): IVolume {
  const items = [{ key, path: key }];
  return { name, secret: { secretName, items, defaultMode: fileMode } };
}

/** What somebody who uses the database mounts: passwords, and certificates if there are any. Pure. */
export function databaseVolumes(
  store: Store,
  suffixes: readonly Extract<MountedSecret, 'db' | 'dbowner'>[],
): IVolume[] {
  const access = databaseAccess(store);
  const isManaged = managedDatabase(store.spec.database) !== undefined;
  const names = { db: access.runtime, dbowner: access.owner } as const;
  const passwords = suffixes.map((suffix) =>
    isManaged
      ? secretVolume(store, suffix)
      : fileVolume(suffix, names[suffix], databaseKeys.password),
  );
  return access.ca === undefined
    ? passwords
    : [...passwords, fileVolume('dbca', access.ca, caSecretKey)];
}

/** The one of the certificates, if there are any. Pure. */
export function authorityMounts(store: Store): IVolumeMount[] {
  return databaseAccess(store).ca === undefined ? [] : [readOnlyMount('dbca')];
}

/** Where a container finds them. Pure. */
export function readOnlyMount(name: MountedSecret | 'dbca' | 'config'): IVolumeMount {
  return { name, mountPath: mountPaths[name], readOnly: true };
}

/** The folder for temporary files, and its mount. */
export const temporaryVolume: IVolume = { name: 'tmp', emptyDir: { sizeLimit: temporarySize } };
/** Where it is. */
export const temporaryMount: IVolumeMount = { name: 'tmp', mountPath: mountPaths.temporary };

/** Volumes of a component's pods. Pure. */
export function podVolumes(store: Store, component: ComponentName): IVolume[] {
  const config: IVolume = {
    name: 'config',
    configMap: { name: childName(store.metadata.name, component), defaultMode: fileMode },
  };
  if (component !== 'api') return [config, temporaryVolume];
  const secrets = apiSecretSuffixes.flatMap((suffix) =>
    suffix === 'db' ? databaseVolumes(store, ['db']) : [secretVolume(store, suffix)],
  );
  return [config, ...secrets, temporaryVolume];
}

/** Where a container of a component finds its files. Pure. */
export function volumeMounts(store: Store, component: ComponentName): IVolumeMount[] {
  const config = readOnlyMount('config');
  if (component !== 'api') return [config, temporaryMount];
  const secrets = [...apiSecretSuffixes.map(readOnlyMount), ...authorityMounts(store)];
  return [config, ...secrets, temporaryMount];
}
