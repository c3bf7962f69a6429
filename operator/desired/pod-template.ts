// The pods of a component. The checksums are what turns a change of configuration, of a Secret or of a ConfigMap that the
// environment refers to into a rollout.
import type { IPodSpec, IPodTemplateSpec } from 'kubernetes-models/v1';
import type { Store } from '../../crds/store/store.ts';
import {
  annotationKeys,
  childName,
  type ComponentName,
  labelKeys,
  storeLabels,
  versionLabel,
} from '../names.ts';
import { mapChecksum } from './checksum.ts';
import { configFiles } from './config-map.ts';
import { container } from './container.ts';
import type { Facts, ServingRelease } from './desired-object.ts';
import {
  componentReferences,
  databaseReferences,
  type Reference,
  referenceId,
} from './references.ts';
import { podScheduling } from './scheduling.ts';
import { podSecurityContext } from './security-context.ts';
import { mountedSecretName, podVolumes } from './volumes.ts';

/** Longer than preStop and the API's drain of 20 s together. */
const gracePeriodSeconds = 45;

/** Secrets that the API reads at its start, beside the database's. Not the keys of access tokens: the API reads them anew while it runs. */
const rollingSecrets = ['session'] as const;

/** Objects whose change must roll the pods of a component, if they exist. */
function usedReferences(store: Store, component: ComponentName): readonly Reference[] {
  if (component !== 'api') return componentReferences(store, component);
  return [
    ...rollingSecrets.map(
      (suffix) => ({ kind: 'Secret', name: mountedSecretName(store, suffix) }) as const,
    ),
    ...databaseReferences(store, 'api'),
    ...componentReferences(store, component),
  ];
}

/** Annotations that change when one of the referred objects does; those that do not exist are left out. Pure. */
export function referenceAnnotations(
  references: readonly Reference[],
  { checksums }: Pick<Facts, 'checksums'>,
): Record<string, string> {
  const checksumOf = (kind: Reference['kind'], annotation: string): Record<string, string> => {
    const found = references.flatMap((reference): [string, string][] => {
      const value = checksums[referenceId(reference)];
      if (reference.kind !== kind || value === undefined) return [];
      const { name, needed } = reference;
      return [[needed === undefined ? name : referenceId(reference), value]];
    });
    return found.length === 0 ? {} : { [annotation]: mapChecksum(Object.fromEntries(found)) };
  };
  return {
    ...checksumOf('Secret', annotationKeys.secretsChecksum),
    ...checksumOf('ConfigMap', annotationKeys.configMapsChecksum),
  };
}

/** Registry credentials of a pod. Pure. */
export function pullSecrets(store: Store): Pick<IPodSpec, 'imagePullSecrets'> {
  const { imagePullSecrets } = store.spec;
  return imagePullSecrets.length === 0
    ? {}
    : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) };
}

/** What is the same for every pod: no token, and no variables for each Service, which would collide with the shop's own. */
export const quietPod = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
} as const satisfies Partial<IPodSpec>;

/** What a component's pods are made of beside the store: the facts, and the release that they serve with. */
export interface PodRelease {
  readonly facts: Facts;
  readonly release: ServingRelease;
}

/** Template of a component's pods. Pure. */
export function podTemplate(
  store: Store,
  component: ComponentName,
  { facts, release }: PodRelease,
): IPodTemplateSpec {
  return {
    metadata: {
      labels: {
        ...storeLabels(store, component),
        [labelKeys.version]: versionLabel(release.version),
      },
      annotations: {
        [annotationKeys.configChecksum]: mapChecksum(configFiles(store, component, facts)),
        ...referenceAnnotations(usedReferences(store, component), facts),
      },
    },
    spec: {
      serviceAccountName: childName(store.metadata.name, component),
      ...quietPod,
      terminationGracePeriodSeconds: gracePeriodSeconds,
      securityContext: podSecurityContext(component),
      ...pullSecrets(store),
      ...podScheduling(store, component),
      containers: [container(store, component, release.image)],
      volumes: podVolumes(store, component),
    },
  };
}
