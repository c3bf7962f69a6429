import type { IServiceAccount } from 'kubernetes-models/v1';
import type { ManifestMetadata, Manifest } from './desired-object.ts';

/** The identity of a part's pods. They never call the Kubernetes API, so they get no token. */
export function serviceAccount(metadata: ManifestMetadata): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata,
    automountServiceAccountToken: false,
  } satisfies IServiceAccount;
}
