// The pods of a component. The checksums are what turns a change of configuration, of a Secret or of a ConfigMap that the
// environment refers to into a rollout.
import type { IPodSpec, IPodTemplateSpec } from 'kubernetes-models/v1';
import type { Store } from '../../crds/store/store.ts';
import {
  annotationKeys,
  childName,
  type ComponentName,
  generatedSecretNames,
  storeLabels,
} from '../names.ts';
import { checksum, mapChecksum } from './checksum.ts';
import { configText } from './config-map.ts';
import { container } from './container.ts';
import type { Facts } from './desired-object.ts';
import { componentReferences, type Reference, referenceId } from './references.ts';
import { podScheduling } from './scheduling.ts';
import { podSecurityContext } from './security-context.ts';
import { podVolumes } from './volumes.ts';

/** Longer than preStop and the API's drain of 20 s together. */
const gracePeriodSeconds = 45;

/** Objects whose change must roll the pods of a component, if they exist. */
function usedReferences(store: Store, component: ComponentName): readonly Reference[] {
  const generated = component === 'api' ? generatedSecretNames(store.metadata.name) : [];
  return [
    ...generated.map((name) => ({ kind: 'Secret', name }) as const),
    ...componentReferences(store, component),
  ];
}

function annotations(store: Store, component: ComponentName, facts: Facts): Record<string, string> {
  const used = usedReferences(store, component);
  const checksumOf = (kind: Reference['kind'], annotation: string): Record<string, string> => {
    const found = used.flatMap((reference): [string, string][] => {
      const value = facts.checksums[referenceId(reference)];
      return reference.kind !== kind || value === undefined ? [] : [[reference.name, value]];
    });
    return found.length === 0 ? {} : { [annotation]: mapChecksum(Object.fromEntries(found)) };
  };
  return {
    [annotationKeys.configChecksum]: checksum(configText(store, component)),
    ...checksumOf('Secret', annotationKeys.secretsChecksum),
    ...checksumOf('ConfigMap', annotationKeys.configMapsChecksum),
  };
}

function pullSecrets(store: Store): Pick<IPodSpec, 'imagePullSecrets'> {
  const { imagePullSecrets } = store.spec;
  return imagePullSecrets.length === 0
    ? {}
    : { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) };
}

/** Template of a component's pods. Pure. */
export function podTemplate(
  store: Store,
  component: ComponentName,
  facts: Facts,
): IPodTemplateSpec {
  return {
    metadata: {
      labels: storeLabels(store, component),
      annotations: annotations(store, component, facts),
    },
    spec: {
      serviceAccountName: childName(store.metadata.name, component),
      automountServiceAccountToken: false,
      // Variables for each Service of the namespace would collide with the shop's own.
      enableServiceLinks: false,
      terminationGracePeriodSeconds: gracePeriodSeconds,
      securityContext: podSecurityContext(component),
      ...pullSecrets(store),
      ...podScheduling(store, component),
      containers: [container(store, component)],
      volumes: podVolumes(store.metadata.name, component),
    },
  };
}
