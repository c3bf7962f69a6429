import { describe, expect, it } from 'vitest';
import { withNamespace, withOwnCluster } from '../../support/cluster.ts';
import {
  expectMadeAnew,
  expectSetBack,
  type HandEdit,
  repairTimeoutMs,
} from '../../support/drift.ts';
import { eventually } from '../../support/eventually.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { withOperator } from '../../support/operator.ts';
import { installIngressClass, list, type LiveObject, readyStore } from '../../support/stores.ts';

const edits: readonly HandEdit[] = [
  {
    object: 'serviceaccount/shop-api',
    patch: { automountServiceAccountToken: true },
    field: (live) => live['automountServiceAccountToken'],
  },
  {
    object: 'configmap/shop-web',
    patch: { data: { 'config.json': '{}' } },
    field: (live) => live['data']['config.json'],
  },
  {
    object: 'service/shop-api',
    patch: { spec: { selector: { 'app.kubernetes.io/component': 'web' } } },
    field: (live) => live['spec'].selector['app.kubernetes.io/component'],
  },
  {
    object: 'deployment/shop-api',
    patch: { spec: { template: { spec: { containers: [{ name: 'api', image: 'evil:1' }] } } } },
    field: (live) => live['spec'].template.spec.containers[0].image,
  },
  {
    object: 'service/shop-db',
    patch: { spec: { selector: { 'app.kubernetes.io/component': 'web' } } },
    field: (live) => live['spec'].selector['app.kubernetes.io/component'],
  },
  {
    object: 'statefulset/shop-db',
    patch: {
      spec: { template: { spec: { containers: [{ name: 'database', image: 'evil:1' }] } } },
    },
    field: (live) => live['spec'].template.spec.containers[0].image,
  },
  {
    object: 'persistentvolumeclaim/shop-db',
    patch: { metadata: { labels: { 'app.kubernetes.io/part-of': 'something-else' } } },
    field: (live) => live.metadata.labels?.['app.kubernetes.io/part-of'],
  },
  {
    object: 'horizontalpodautoscaler/shop-web',
    patch: { spec: { maxReplicas: 50 } },
    field: (live) => live['spec'].maxReplicas,
  },
  {
    object: 'poddisruptionbudget/shop-web',
    patch: { spec: { maxUnavailable: 3 } },
    field: (live) => live['spec'].maxUnavailable,
  },
  {
    object: 'ingress/shop-ingress',
    patch: { spec: { ingressClassName: 'elsewhere' } },
    field: (live) => live['spec'].ingressClassName,
  },
  {
    object: 'networkpolicy/shop-deny',
    patch: { spec: { podSelector: { matchLabels: { 'app.kubernetes.io/instance': 'else' } } } },
    field: (live) => live['spec'].podSelector.matchLabels['app.kubernetes.io/instance'],
  },
  {
    object: 'secret/shop-tls',
    patch: { metadata: { labels: { 'app.kubernetes.io/part-of': 'something-else' } } },
    field: (live) => live.metadata.labels?.['app.kubernetes.io/part-of'],
  },
  {
    object: 'secret/shop-jwt',
    patch: { metadata: { labels: { 'app.kubernetes.io/part-of': 'something-else' } } },
    field: (live) => live.metadata.labels?.['app.kubernetes.io/part-of'],
  },
];

describe('drift of a child', () => {
  const cluster = withOwnCluster();
  withOperator(cluster);
  const namespace = withNamespace('drift', cluster);
  const { get, run } = kubectlIn(cluster, namespace);

  it('is preceded by a store that is Ready', async () => {
    await installIngressClass(cluster(), 'traefik', {
      controller: 'traefik.io/ingress-controller',
    });
    await readyStore(cluster(), namespace(), 'shop', { api: {}, web: {} });
  });

  it.each(edits)('is set back on $object, while what others added survives', (edit) =>
    expectSetBack(cluster(), namespace(), edit),
  );

  // A Secret is drawn anew (below), and a claim in use stays until its pod is gone.
  it.each(edits.filter(({ object }) => !/^(secret|persistentvolumeclaim)/.test(object)))(
    'is repaired when $object is deleted',
    (edit) => expectMadeAnew(cluster(), namespace(), edit),
  );

  it('is repaired when labels or the owner reference were removed', async () => {
    await run(
      'label',
      'service/shop-web',
      'app.kubernetes.io/managed-by-',
      'dhakacart.io/store-uid-',
    );
    await run(
      'patch',
      'configmap/shop-api',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/metadata/ownerReferences"}]',
    );

    await eventually(
      async () => {
        expect((await get('service/shop-web')).metadata.labels).toHaveProperty(
          'app.kubernetes.io/managed-by',
        );
        expect((await get('configmap/shop-api')).metadata.ownerReferences).toHaveLength(1);
      },
      { timeoutMs: repairTimeoutMs },
    );
  });

  it('sets the labels of the migration Job back, and runs it anew when it is deleted', async () => {
    const jobs = async (): Promise<LiveObject> => {
      const [job, ...others] = await list(cluster(), 'jobs', ['-n', namespace()]);
      expect(others).toEqual([]);
      if (job === undefined) throw new Error('no Job');
      return job;
    };
    const before = await jobs();
    const { name } = before.metadata;
    await run('label', `job/${name}`, 'app.kubernetes.io/part-of=x', '--overwrite');
    await eventually(
      async () =>
        expect((await jobs()).metadata.labels?.['app.kubernetes.io/part-of']).toBe('dhakacart'),
      { timeoutMs: repairTimeoutMs },
    );

    await run('delete', `job/${name}`);
    await eventually(async () => {
      const after = await jobs();
      expect(after.metadata).toMatchObject({ name });
      expect(after.metadata.uid).not.toBe(before.metadata.uid);
      expect(after['status'].completionTime).toBeDefined();
    });
    await run('wait', '--for=condition=Ready', 'dcs/shop', '--timeout=30s');
  });

  it('draws a lost key anew, and only that one', async () => {
    const session = (await get('secret/shop-session'))['data'];
    await run('delete', 'secret/shop-jwt');

    const drawn = await eventually(() => get('secret/shop-jwt'), { timeoutMs: repairTimeoutMs });
    const jwks = JSON.parse(Buffer.from(drawn['data']['jwks.json'], 'base64').toString()) as {
      keys: { k: string }[];
    };

    expect(Buffer.from(jwks.keys[0]?.k ?? '', 'base64url')).toHaveLength(48);
    expect((await get('secret/shop-session'))['data']).toEqual(session);
  });
});
