import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Store, StoreSpecInput } from '../../../../crds/store/store.ts';
import type {
  DesiredObject,
  Facts,
  Manifest,
} from '../../../../operator/desired/desired-object.ts';
import { desiredObjects } from '../../../../operator/desired/desired-objects.ts';
import { externalSecrets } from '../../../../operator/desired/external-secrets.ts';
import { generatedSecrets } from '../../../../operator/desired/generated-secrets.ts';
import { migrationJob } from '../../../../operator/desired/migration-job.ts';
import { referenceId, storeReferences } from '../../../../operator/desired/references.ts';
import { selfSignedSecret } from '../../../../operator/desired/self-signed.ts';
import { controllers } from '../../../../operator/exposure/edge-adapters.ts';
import {
  exposurePlan,
  type IngressClassFact,
} from '../../../../operator/exposure/exposure-plan.ts';
import type { GatewayFacts } from '../../../../operator/exposure/gateway-plan.ts';
import { tlsPlan } from '../../../../operator/exposure/tls-plan.ts';
import {
  childName,
  componentImage,
  credentialNames,
  credentialSecretName,
  ports,
  wantedSecretSuffixes,
} from '../../../../operator/names.ts';
import { aStore } from '../../../support/a-store.ts';

export const sampleNames = ['minimal', 'production', 'gateway', 'external-secrets'] as const;

/** A store of `crds/samples/`. */
export function sampleStore(sample: string): Store {
  const file = new URL(`../../../../crds/samples/${sample}.yaml`, import.meta.url);
  const { metadata, spec } = parse(readFileSync(file, 'utf8')) as {
    metadata: { name: string; namespace?: string };
    spec: StoreSpecInput;
  };
  return aStore({ ...metadata, spec });
}

/** An IngressClass as the cluster reports it. */
export function anIngressClass(
  name: string,
  controller: string,
  rest: Partial<IngressClassFact> = {},
): IngressClassFact {
  return { name, controller, isDefault: false, createdAt: '2026-01-01T00:00:00Z', ...rest };
}

/** One class for each controller that has an adapter, and one that has none; Traefik's is the default. */
export const ingressClasses: readonly IngressClassFact[] = [
  ...Object.entries(controllers).map(([name, controller]) =>
    anIngressClass(name, controller, { isDefault: name === 'traefik' }),
  ),
  anIngressClass('other', 'example.com/ingress-controller'),
];

/** A cluster with the Gateway API, and the Gateway that the store names. */
export function gatewayFacts(changes: Partial<GatewayFacts> = {}): GatewayFacts {
  return {
    availability: 'served',
    classes: [
      { name: 'envoy', controller: 'gateway.envoyproxy.io/gatewayclass-controller', features: [] },
    ],
    parentClassName: 'envoy',
    isParentUnwatched: false,
    ...changes,
  };
}

/** Facts of a cluster in which the release of the store serves. */
export function settledFacts(store: Store, checksums: Facts['checksums'] = {}): Facts {
  const { version } = store.spec;
  const serving = (component: 'api' | 'web') => ({
    image: componentImage(store.spec, component),
    version,
  });
  const job = migrationJob(store, { checksums }).metadata.name;
  const exposure = exposurePlan(store.metadata.name, store.spec, {
    classes: ingressClasses,
    liveClassName: undefined,
    ownClassName: undefined,
    gateway: gatewayFacts(),
  });
  return {
    checksums,
    rollout: {
      isDatabaseReady: true,
      jobs: { [job]: 'Complete' },
      serving: { api: serving('api'), web: serving('web') },
      isApiRolledOut: true,
    },
    databasePort: ports.postgres.container,
    servesIpv6: false,
    exposure,
    tls: tlsPlan(store, { exposure, certManager: 'served', issued: undefined, nowMs: 0 }),
  };
}

/** The same, and everything that the store needs exists. */
export function completeFacts(store: Store): Facts {
  const { metadata, spec } = store;
  const secrets = [
    ...credentialNames.map((name) => credentialSecretName(metadata.name, spec.secrets, name)),
    ...wantedSecretSuffixes(spec.database).map((suffix) => childName(metadata.name, suffix)),
  ];
  const references = [
    ...secrets.map((name) => ({ kind: 'Secret', name }) as const),
    ...storeReferences(store),
  ];
  const checksums = Object.fromEntries(
    references.map((one) => [referenceId(one), `checksum-of-${one.name}`]),
  );
  return settledFacts(store, checksums);
}

/** Everything that a store needs, the Secrets first. */
export function allObjects(store: Store, facts: Facts = completeFacts(store)): DesiredObject[] {
  const certificate = selfSignedSecret(store, facts.exposure);
  const secrets = [
    ...generatedSecrets(store).map(({ manifest }) => manifest),
    ...(certificate === undefined ? [] : [certificate]),
    ...externalSecrets(store),
  ];
  return [...secrets.map((manifest) => ({ manifest })), ...desiredObjects(store, facts)];
}

/** The one manifest of a kind and name. Throws when there is none. */
export function manifestOf(store: Store, kind: string, suffix: string): Manifest {
  const name = `${store.metadata.name}-${suffix}`;
  const found = allObjects(store).find(
    ({ manifest }) => manifest.kind === kind && manifest.metadata.name === name,
  );
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found.manifest;
}
