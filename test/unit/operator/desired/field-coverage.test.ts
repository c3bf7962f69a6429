// A field that nothing reads is a lie to the owner. Every leaf of the spec is changed, one at a time, and must change
// something that is rendered; the few that steer a decision instead are named here, with the room that reads them.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Store, storeSpec, type StoreSpecInput } from '../../../../crds/store/store.ts';
import { aStore } from '../../../support/a-store.ts';
import { allObjects } from './sample-stores.ts';

const decisions = [
  'paused', // controller/reconcile-store.ts
  'deletion.protected', // controller/finalize-store.ts
  'database.rds.instanceIdentifier', // desired/database-secrets.ts: the host in the Secret must be its endpoint
  'database.rds.region', // the same
  'secrets.jwt.rotateEverySeconds', // controller/jwt-keys.ts
];

const component = (enabled: boolean, image: string) => ({
  image,
  replicas: 4,
  autoscaling: { enabled },
  env: [
    { name: 'LITERAL', value: 'text' },
    { name: 'SECRET', valueFrom: { secretKeyRef: { name: 'secret', key: 'key' } } },
    { name: 'CONFIG', valueFrom: { configMapKeyRef: { name: 'config', key: 'key' } } },
  ],
  scheduling: {
    nodeSelector: { disk: 'fast' },
    tolerations: [
      { key: 'dedicated', value: 'shop', effect: 'NoExecute' as const, tolerationSeconds: 5 },
    ],
    priorityClassName: 'critical',
  },
});

const managed = { managed: { version: 17, storage: { className: 'fast' } } };
const elsewhere = {
  secretName: 'shop-db',
  runtimeSecretName: 'shop-app',
  caSecretName: 'shop-ca',
};
const rds = { instanceIdentifier: 'shop', region: 'ap-south-1', ...elsewhere };

const richStore = (
  enabled: boolean,
  className: string,
  database: StoreSpecInput['database'] = managed,
): Store =>
  aStore({
    spec: {
      exposure: {
        mode: 'Ingress',
        ingress: { className, annotations: { 'example.com/note': 'text' } },
      },
      tls: { mode: 'ExistingSecret', secretName: 'shop-tls' },
      networkPolicy: {
        ingressFrom: [{ namespace: 'ingress', podLabels: { app: 'proxy' } }],
        metricsFrom: [{ namespace: 'monitoring', podLabels: { app: 'p' } }],
        egressTo: [{ cidr: '203.0.113.25/32', port: 587 }],
        databaseCIDRs: database === managed ? [] : ['10.2.0.0/24'],
      },
      imagePullSecrets: ['registry'],
      security: { cors: { allowedOrigins: ['https://admin.example.com'] } },
      api: component(enabled, ''),
      web: component(enabled, ''),
      database,
    },
  });

const externalSecrets = (
  from: NonNullable<NonNullable<StoreSpecInput['secrets']>['externalSecrets']>,
): Store => aStore({ spec: { secrets: { mode: 'ExternalSecrets', externalSecrets: from } } });
const parentRef = {
  name: 'shared',
  namespace: 'infra',
  sectionName: 'https',
  httpSectionName: 'http',
};

const gatewayStore = (gateway: NonNullable<StoreSpecInput['exposure']>['gateway']): Store => {
  const { spec } = richStore(true, '');
  return aStore({ spec: { ...spec, exposure: { ...spec.exposure, mode: 'Gateway', gateway } } });
};
const issued = (tls: StoreSpecInput['tls']): Store =>
  aStore({ spec: { tls: { mode: 'CertManager', ...tls } } });

const stores = [
  richStore(true, 'traefik'),
  richStore(false, 'nginx'),
  richStore(true, 'traefik', { external: elsewhere }),
  richStore(true, 'traefik', { rds }),
  aStore({
    spec: {
      secrets: {
        mode: 'Existing',
        existing: { jwtSecretName: 'keys', sessionSecretName: 'session' },
      },
    },
  }),
  externalSecrets({ storeRef: { name: 'vault' }, prefix: 'shop-' }),
  externalSecrets({
    awsSecretsManager: {
      region: 'eu-west-1',
      roleArn: 'arn:aws:iam::123456789012:role/shop',
      serviceAccountName: 'shop',
    },
  }),
  gatewayStore({ parentRef }),
  gatewayStore({ attach: 'Gateway', gatewayClassName: 'envoy' }),
  issued({ issuerRef: { name: 'ca' } }),
  issued({
    acme: {
      email: 'tls@example.com',
      solver: 'DNS01',
      route53: {
        region: 'ap-south-1',
        hostedZoneID: 'Z1',
        roleArn: 'arn:aws:iam::123456789012:role/dns',
        serviceAccountName: 'dns',
      },
    },
  }),
];

/** Other values of enumerations; each other text just gets longer. */
const otherWords: Readonly<Record<string, string>> = {
  Retain: 'Delete',
  Ingress: 'None',
  Gateway: 'Route',
  Route: 'ListenerSet',
  ExistingSecret: 'SelfSigned',
  CertManager: 'SelfSigned',
  Production: 'Staging',
  DNS01: 'HTTP01',
  Soft: 'Hard',
  Equal: 'Exists',
  NoExecute: 'NoSchedule',
  Off: 'Full',
  Generated: 'Existing',
  Existing: 'Generated',
  ExternalSecrets: 'Generated',
  SecretStore: 'ClusterSecretStore',
  Percent: 'Pods',
  Pods: 'Percent',
};

function other(leaf: unknown): unknown {
  if (typeof leaf === 'boolean') return !leaf;
  if (typeof leaf === 'number') return leaf + 1;
  return otherWords[String(leaf)] ?? `${String(leaf)}x`;
}

type Path = readonly string[];

function leaves(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return value === undefined ? [] : [path];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
}

function changed(store: Store, path: Path): Store {
  const spec = structuredClone(store.spec);
  const holder = path
    .slice(0, -1)
    .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], spec);
  const last = path.at(-1) ?? '';
  (holder as Record<string, unknown>)[last] = other((holder as Record<string, unknown>)[last]);
  return { ...store, spec };
}

const rendered = (store: Store): string => JSON.stringify(allObjects(store));
const generalised = (path: Path): string =>
  path.map((step) => (/^\d+$/.test(step) ? '*' : step)).join('.');

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

function schemaLeaves(schema: JsonSchema, path: Path = []): string[] {
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([key, child]) =>
      schemaLeaves(child, [...path, key]),
    );
  }
  if (schema.items !== undefined) return schemaLeaves(schema.items, [...path, '*']);
  return [path.join('.')];
}

describe('every field of the spec', () => {
  const byName = new Map(
    stores.flatMap(({ spec }) => leaves(spec).map((path) => [path.join('.'), path])),
  );
  const paths = [...byName.values()];
  const has = ({ spec }: Store, name: string): boolean =>
    leaves(spec).some((path) => path.join('.') === name);

  it.each(paths.map((path) => [path.join('.'), path] as const))(
    '%s has an effect',
    (name, path) => {
      const hasEffect = stores
        .filter((store) => has(store, name))
        .some((store) => rendered(changed(store, path)) !== rendered(store));
      expect(hasEffect).toBe(!decisions.includes(name));
    },
  );

  it('is among the ones that were changed', () => {
    const schema = z.toJSONSchema(storeSpec, { io: 'input' }) as JsonSchema;
    const covered = new Set(paths.map(generalised));
    const missing = schemaLeaves(schema).filter(
      (leaf) => !covered.has(leaf) && ![...covered].some((path) => path.startsWith(`${leaf}.`)),
    );
    expect(missing).toEqual([]);
  });
});
