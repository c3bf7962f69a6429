import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { neverObserved } from '../../../crds/store/status.ts';
import { storeSpec } from '../../../crds/store/store.ts';
import { mustRun, sharedCluster, withNamespace } from '../../support/cluster.ts';
import { withStoreApi } from '../../support/store-api.ts';
import { smallestSpec } from '../../support/store-cases.ts';

const sample = (name: string): string =>
  fileURLToPath(new URL(`../../../crds/samples/${name}.yaml`, import.meta.url));

describe('the definition of a store at a real API server', () => {
  const api = withStoreApi();
  const namespace = withNamespace('contract');

  it('is established, and nothing in it is non-structural', async () => {
    const { body } = await api().client.request(
      'GET',
      '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/dhakacartstores.dhakacart.io',
    );

    const conditions = body.status.conditions as { type: string; status: string }[];
    expect(conditions).toContainEqual(
      expect.objectContaining({ type: 'Established', status: 'True' }),
    );
    expect(conditions.map(({ type }) => type)).not.toContain('NonStructuralSchema');
  });

  it.each(['minimal', 'namespaced', 'production', 'gateway', 'external-secrets'])(
    'takes the sample %s strictly, with our defaults',
    async (name) => {
      const store = parse(readFileSync(sample(name), 'utf8')) as { metadata: object; spec: object };
      const manifest = { ...store, metadata: { ...store.metadata, namespace: namespace() } };
      const args = ['apply', '--validate=strict', '-o', 'json', '-f', '-'];

      const stored = await mustRun(sharedCluster(), args, JSON.stringify(manifest));

      expect((JSON.parse(stored) as { spec: unknown }).spec).toEqual(storeSpec.parse(store.spec));
      await mustRun(sharedCluster(), ['delete', 'dcs/dhaka', '-n', namespace(), '--wait=false']);
    },
  );

  it('refuses an unknown field under strict validation, and drops it otherwise', async () => {
    const spec = { ...smallestSpec, api: { replica: 2 } };

    const strict = await api().create(spec, { fieldValidation: 'Strict' });
    const lenient = await api().create(spec);

    expect(strict.status).toBe(400);
    expect(strict.body.message).toContain('unknown field "spec.api.replica"');
    expect(lenient.body.spec.api).not.toHaveProperty('replica');
  });

  it('drops null where a default is, as the guard never sees one', async () => {
    const { status, body } = await api().create({ ...smallestSpec, paused: null, api: null });

    expect(status).toBe(201);
    expect(body.spec).toEqual(storeSpec.parse(smallestSpec));
  });

  it('is in progress for kstatus until an operator has looked at it', async () => {
    const { body } = await api().create(smallestSpec);

    expect(body.status).toEqual({ observedGeneration: neverObserved });
  });

  it('explains itself', async () => {
    const explain = (path: string): Promise<string> =>
      mustRun(sharedCluster(), ['explain', path]).then((text) => text.replace(/\s+/g, ' '));

    const autoscaling = await explain('dcs.spec.api.autoscaling');
    const status = await explain('dcs.status.components.api');

    expect(autoscaling).toContain('Scaling by load. Needs metrics-server in the cluster.');
    expect(autoscaling).toContain('CPU use that scaling aims for, in percent of the request.');
    expect(autoscaling).toContain('Fewest pods. At least 2 while the disruption budget is on.');
    expect(await explain('dcs.spec.database.managed')).toContain(
      'One PostgreSQL that the operator runs',
    );
    expect(await explain('dcs.spec.database.migration')).toContain('dhakacart.io/retry-migration');
    expect(status).toContain('Ready and desired pods as one text');
  });

  it('has short names, a category and columns', async () => {
    const path = `/apis/dhakacart.io/v1alpha1/namespaces/${namespace()}/dhakacartstores`;
    const body = {
      apiVersion: 'dhakacart.io/v1alpha1',
      kind: 'DhakaCartStore',
      metadata: { name: 'columns' },
      spec: smallestSpec,
    };
    await api().client.request('POST', path, { body });
    const pods = { ready: 2, desired: 3, updated: 3, pods: '2/3', message: '' };
    const condition = {
      type: 'Ready',
      status: 'False',
      reason: 'ComponentsNotReady',
      message: 'api has 2 of 3 pods',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: 1,
    };
    const status = {
      conditions: [
        condition,
        { ...condition, type: 'DatabaseReady', status: 'True', reason: 'DatabaseRunning' },
      ],
      components: { api: pods, web: pods },
      images: { api: 'ghcr.io/dhakacart/storefront-api:1.0.0' },
      url: 'https://shop.example.com',
      version: '1.0.0',
    };

    const patched = await api().client.request('PATCH', `${path}/columns/status`, {
      body: { status },
      contentType: 'application/merge-patch+json',
    });
    const args = ['get', 'dhakacart', '-n', namespace(), '-o', 'wide'];
    const table = await mustRun(sharedCluster(), args);

    expect(patched.status, JSON.stringify(patched.body)).toBe(200);
    expect(table).toMatch(
      /NAME\s+READY\s+REASON\s+VERSION\s+API\s+WEB\s+URL\s+DATABASE\s+PAUSED\s+API IMAGE\s+WEB IMAGE\s+CERTIFICATE UNTIL\s+AGE/,
    );
    expect(table).toMatch(
      /columns\s+False\s+ComponentsNotReady\s+1\.0\.0\s+2\/3\s+2\/3\s+https:\/\/shop\.example\.com\s+True\s+false/,
    );
  });
});
