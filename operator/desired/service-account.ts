import type { IServiceAccount } from 'kubernetes-models/v1';
import type { Store } from '../../crds/store/store.ts';
import type { ComponentName } from '../names.ts';
import { childMetadata } from './child-metadata.ts';
import type { Manifest } from './desired-object.ts';

/** The identity of a component's pods. They never call the Kubernetes API, so they get no token. */
export function serviceAccount(store: Store, component: ComponentName): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: childMetadata(store, component),
    automountServiceAccountToken: false,
  } satisfies IServiceAccount;
}
