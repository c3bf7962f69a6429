import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import type { Facts } from '../../../../operator/desired/desired-object.ts';
import { desiredObjects } from '../../../../operator/desired/desired-objects.ts';
import { generatedSecrets } from '../../../../operator/desired/generated-secrets.ts';
import { storeReferences } from '../../../../operator/desired/references.ts';
import { aStore } from '../../../support/a-store.ts';
import {
  allObjects,
  completeFacts,
  manifestOf,
  sampleStore,
  settledFacts,
} from './sample-stores.ts';

interface Template {
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>> & {
    readonly containers: readonly { readonly env: readonly { name: string; value?: string }[] }[];
  };
}

const deploymentSpec = (spec: Partial<StoreSpecInput>, component = 'api') =>
  manifestOf(aStore({ spec }), 'Deployment', component)['spec'] as {
    readonly replicas?: number;
    readonly template: Template;
  };

const objectsOf = (spec: Partial<StoreSpecInput>, checksums: Facts['checksums'] = {}) => {
  const store = aStore({ spec });
  return desiredObjects(store, settledFacts(store, checksums));
};
const kinds = (spec: Partial<StoreSpecInput>): string[] =>
  objectsOf(spec).map(({ manifest }) => `${manifest.kind} ${manifest.metadata.name}`);

describe('desiredObjects', () => {
  it('gives the policies, the database, its migration, then the API, the page and the way to them', () => {
    const each = (name: string): string[] =>
      [
        'ServiceAccount',
        'ConfigMap',
        'Service',
        'Deployment',
        'HorizontalPodAutoscaler',
        'PodDisruptionBudget',
      ].map((kind) => `${kind} ${name}`);
    const [job = ''] = kinds({}).filter((name) => name.startsWith('Job '));
    expect(job).toMatch(/^Job dhaka-migrate-[0-9a-f]{10}$/);
    expect(kinds({})).toEqual([
      ...['deny', 'api', 'web', 'db', 'migrate'].map((name) => `NetworkPolicy dhaka-${name}`),
      'ServiceAccount dhaka-db',
      'Service dhaka-db',
      'PersistentVolumeClaim dhaka-db',
      'StatefulSet dhaka-db',
      'ServiceAccount dhaka-migrate',
      job,
      ...each('dhaka-api'),
      ...each('dhaka-web'),
      'Ingress dhaka-ingress',
    ]);
  });

  it('gives the same bytes for the same input', () => {
    const bytes = (): string => JSON.stringify(allObjects(sampleStore('production')));
    expect(bytes()).toBe(bytes());
  });

  it('does not depend on the order in which the owner wrote the fields', () => {
    const one = aStore({
      spec: {
        security: {
          sessions: { idleSeconds: 600, absoluteSeconds: 700, accessTokenSeconds: 60 },
          trustedProxyHops: 2,
        },
      },
    });
    const other = aStore({
      spec: {
        security: {
          trustedProxyHops: 2,
          sessions: { accessTokenSeconds: 60, absoluteSeconds: 700, idleSeconds: 600 },
        },
      },
    });
    expect(JSON.stringify(allObjects(one))).toBe(JSON.stringify(allObjects(other)));
  });

  it('does not change a store that it is given', () => {
    const store = sampleStore('production');
    const before = structuredClone(store);
    allObjects(store);
    expect(store).toEqual(before);
  });
});

describe('the number of pods', () => {
  it('is not applied while an autoscaler owns it, and starts at its lower bound', () => {
    const deployment = objectsOf({}).find(({ manifest }) => manifest.kind === 'Deployment');
    expect(deployment?.manifest['spec']).not.toHaveProperty('replicas');
    expect(deployment?.initialReplicas).toBe(3);
  });

  it('is applied without an autoscaler, 0 included', () => {
    expect(deploymentSpec({ api: { replicas: 0, autoscaling: { enabled: false } } }).replicas).toBe(
      0,
    );
  });

  it.each([
    [{ replicas: 0, autoscaling: { enabled: false } }, false],
    [{ replicas: 1, autoscaling: { enabled: false } }, false],
    [{ replicas: 2, autoscaling: { enabled: false } }, true],
    [{ disruptionBudget: { enabled: false } }, false],
    [{}, true],
  ])('%j: disruption budget %s', (api, hasBudget) => {
    expect(kinds({ api }).includes('PodDisruptionBudget dhaka-api')).toBe(hasBudget);
  });
});

describe('the checksums on a pod template', () => {
  const annotations = (
    checksums: Readonly<Record<string, string>>,
    component = 'api',
    store = sampleStore('production'),
  ) => {
    const found = desiredObjects(store, settledFacts(store, checksums)).find(
      ({ manifest }) =>
        manifest.kind === 'Deployment' && manifest.metadata.name === `dhaka-${component}`,
    );
    const spec = found?.manifest['spec'] as { template: Template } | undefined;
    return spec?.template.metadata.annotations ?? {};
  };
  const secrets = 'dhakacart.io/secrets-checksum';
  const configMaps = 'dhakacart.io/config-maps-checksum';
  const complete = completeFacts(sampleStore('production')).checksums;

  it.each(['dhaka-session', 'dhaka-dbrole', 'smtp'])('change with Secret %s', (name) => {
    const changed = annotations({ ...complete, [`Secret/${name}`]: 'another' });
    expect(changed[secrets]).not.toBe(annotations(complete)[secrets]);
  });

  it('change with the password of the role in a database of its own', () => {
    const store = sampleStore('minimal');
    const { checksums } = completeFacts(store);
    const changed = annotations({ ...checksums, 'Secret/dhaka-db': 'another' }, 'api', store);
    expect(changed[secrets]).not.toBe(annotations(checksums, 'api', store)[secrets]);
  });

  it('leave out a Secret that does not exist, and every Secret that the component does not use', () => {
    const { 'Secret/smtp': _smtp, ...without } = complete;
    expect(annotations(without)[secrets]).not.toBe(annotations(complete)[secrets]);
    // The API reads the keys of access tokens anew while it runs.
    for (const name of ['other', 'dhaka-dbowner', 'dhaka-jwt']) {
      const changed = annotations({ ...complete, [`Secret/${name}`]: 'x' });
      expect(changed[secrets]).toBe(annotations(complete)[secrets]);
    }
    expect(annotations({})).not.toHaveProperty([secrets]);
    expect(annotations(complete, 'web')).not.toHaveProperty([secrets]);
  });

  it('change with a ConfigMap that the environment refers to, and with no Secret of its name', () => {
    const of = (checksums: Readonly<Record<string, string>>): string | undefined => {
      const env = [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'app', key: 'k' } } }];
      const found = objectsOf({ web: { env } }, checksums).find(
        ({ manifest }) => manifest.metadata.name === 'dhaka-web' && manifest.kind === 'Deployment',
      );
      const spec = found?.manifest['spec'] as { template: Template } | undefined;
      return spec?.template.metadata.annotations[configMaps];
    };
    expect(of({ 'ConfigMap/app': 'one' })).toBeDefined();
    expect(of({ 'ConfigMap/app': 'two' })).not.toBe(of({ 'ConfigMap/app': 'one' }));
    expect(of({ 'Secret/app': 'one' })).toBeUndefined();
  });

  it('change with the configuration of the component alone', () => {
    const config = 'dhakacart.io/config-checksum';
    const of = (spec: Partial<StoreSpecInput>, component: string) =>
      deploymentSpec(spec, component).template.metadata.annotations[config];
    const security = { trustedProxyHops: 3 };
    expect(of({ security }, 'api')).not.toBe(of({}, 'api'));
    expect(of({ security }, 'web')).toBe(of({}, 'web'));
  });
});

describe('the configuration', () => {
  it('allows the own hosts and the origins of the owner, each once', () => {
    const store = aStore({
      spec: {
        hosts: ['a.example.com', 'b.example.com'],
        security: { cors: { allowedOrigins: ['https://c.example.com', 'https://a.example.com'] } },
      },
    });
    const data = manifestOf(store, 'ConfigMap', 'api')['data'] as Record<string, string>;
    const { allowedOrigins } = JSON.parse(data['config.json'] ?? '') as {
      allowedOrigins: string[];
    };
    expect(allowedOrigins).toEqual([
      'https://a.example.com',
      'https://b.example.com',
      'https://c.example.com',
    ]);
  });

  it('puts the variables of the owner after those of the operator', () => {
    const env = [{ name: 'LOG_LEVEL', value: 'debug' }];
    const [container] = deploymentSpec({ api: { env } }).template.spec.containers;
    expect(container?.env.map(({ name }) => name)).toEqual([
      'PORT',
      'METRICS_PORT',
      'NODE_ENV',
      'CONFIG_FILE',
      'JWT_KEYS_FILE',
      'SESSION_SECRET_FILE',
      'PGHOST',
      'PGPORT',
      'PGDATABASE',
      'DATABASE_SSL_MODE',
      'PGUSER',
      'PGPASSWORD_FILE',
      'DATABASE_POOL_SIZE',
      'LOG_LEVEL',
    ]);
  });

  it('takes the image of a component before the release', () => {
    const image = 'registry.example.com/shop/api:9';
    const template = (api: object) => deploymentSpec({ api }).template.spec.containers[0];
    expect(template({ image })).toMatchObject({ image });
    expect(template({})).toMatchObject({ image: 'ghcr.io/dhakacart/storefront-api:1.0.0' });
  });
});

describe('topology spread', () => {
  it.each([
    ['Soft', 'ScheduleAnyway'],
    ['Hard', 'DoNotSchedule'],
  ] as const)('%s means %s for zones and hosts', (topologySpread, whenUnsatisfiable) => {
    const { spec } = deploymentSpec({ api: { scheduling: { topologySpread } } }).template;
    expect(spec['topologySpreadConstraints']).toMatchObject([
      { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable },
      { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable },
    ]);
  });

  it('Off means none', () => {
    const { spec } = deploymentSpec({ api: { scheduling: { topologySpread: 'Off' } } }).template;
    expect(spec).not.toHaveProperty('topologySpreadConstraints');
  });
});

describe('generated Secrets', () => {
  it('are owned by the store only under deletion policy Delete', () => {
    const owned = (policy: 'Retain' | 'Delete') =>
      generatedSecrets(aStore({ spec: { deletion: { policy } } })).map(
        ({ manifest }) => manifest.metadata.ownerReferences !== undefined,
      );
    expect(owned('Retain')).toEqual([false, false, false, false]);
    expect(owned('Delete')).toEqual([true, true, true, true]);
  });

  it('have keys of 48 bytes, say what they are for, and have no data in their manifest', () => {
    const password = { name: 'password', format: 'base64url', bytes: 48 };
    const fixed = (name: string, value: string) => ({ name, format: 'fixed', value });
    expect(
      generatedSecrets(aStore()).map(({ manifest, keys }) => [
        manifest.metadata.name,
        keys,
        manifest['data'],
      ]),
    ).toEqual([
      ['dhaka-session', [{ ...password, name: 'secret' }], undefined],
      ['dhaka-jwt', [{ name: 'jwks.json', format: 'jwks-hs256', bytes: 48 }], undefined],
      [
        'dhaka-db',
        [
          fixed('host', 'dhaka-db.shop.svc'),
          fixed('port', '5432'),
          fixed('database', 'shop'),
          fixed('username', 'shop'),
          password,
        ],
        undefined,
      ],
      ['dhaka-dbowner', [fixed('username', 'shop_owner'), password], undefined],
    ]);
  });
});

describe('storeReferences', () => {
  it('names each Secret and ConfigMap of the environments once', () => {
    const from = (name: string, secret: string) => ({
      name,
      valueFrom: { secretKeyRef: { name: secret, key: 'k' } },
    });
    const config = { name: 'D', valueFrom: { configMapKeyRef: { name: 'smtp', key: 'k' } } };
    const store = aStore({
      spec: {
        api: { env: [from('A', 'smtp'), from('B', 'smtp'), { name: 'C', value: 'x' }, config] },
        web: { env: [from('A', 'cdn'), from('B', 'smtp')] },
      },
    });
    expect(storeReferences(store)).toEqual([
      { kind: 'ConfigMap', name: 'smtp' },
      { kind: 'Secret', name: 'cdn' },
      { kind: 'Secret', name: 'smtp' },
    ]);
  });
});
