// The pods of a component. The two checksums are what turns a change of configuration or of a Secret into a rollout.
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
import { componentSecrets } from './referenced-secrets.ts';
import { podScheduling } from './scheduling.ts';
import { podSecurityContext } from './security-context.ts';
import { podVolumes } from './volumes.ts';

/** Longer than preStop and the API's drain of 20 s together. */
const gracePeriodSeconds = 45;

/** Secrets whose change must roll the pods of a component, if they exist. */
function usedSecrets(store: Store, component: ComponentName): readonly string[] {
  const generated = component === 'api' ? generatedSecretNames(store.metadata.name) : [];
  return [...generated, ...componentSecrets(store, component)];
}

function annotations(store: Store, component: ComponentName, facts: Facts): Record<string, string> {
  const checksums = Object.fromEntries(
    usedSecrets(store, component).flatMap((name) => {
      const value = facts.secretChecksums[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const config = { [annotationKeys.configChecksum]: checksum(configText(store, component)) };
  if (Object.keys(checksums).length === 0) return config;
  return { ...config, [annotationKeys.secretsChecksum]: mapChecksum(checksums) };
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
