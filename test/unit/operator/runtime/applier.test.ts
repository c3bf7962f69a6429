import { describe, expect, it } from 'vitest';
import { Applier, NameTakenError, type Standing } from '../../../../operator/runtime/applier.ts';
import type {
  FieldsV1,
  KubeObject,
  ResourceKind,
} from '../../../../operator/runtime/kube-object.ts';
import { ObjectCache } from '../../../../operator/runtime/object-cache.ts';
import { httpFailure, networkFailure, ScriptedClient } from '../../../support/scripted-client.ts';

const kind: ResourceKind = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
const path = '/apis/apps/v1/namespaces/shop/deployments/web';

function aDeployment(
  spec: object,
  more: { version?: number; fields?: FieldsV1; status?: unknown } = {},
): KubeObject {
  const { version, fields, status } = more;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'web',
      namespace: 'shop',
      ...(version !== undefined && { uid: 'uid-web', resourceVersion: String(version) }),
      ...(fields && {
        managedFields: [
          { manager: 'operator', operation: 'Apply' as const, fieldsV1: fields },
          { manager: 'kubectl-edit', operation: 'Update' as const },
        ],
      }),
    },
    spec,
    ...(status !== undefined && { status }),
  };
}

function anApplier(...held: KubeObject[]) {
  const cache = new ObjectCache({ manager: 'operator', project: (object) => object });
  for (const object of held) cache.observed(object);
  const client = new ScriptedClient(({ method, body }) =>
    method === 'GET'
      ? httpFailure(404, 'NotFound')
      : {
          ...(body as KubeObject),
          metadata: { ...(body as KubeObject).metadata, resourceVersion: '50' },
        },
  );
  const applier = new Applier({ client, manager: 'operator', lookup: () => ({ kind, cache }) });
  return { cache, client, applier };
}

const asStanding = (standing: Standing) => ({ standing: () => standing });
const ours = asStanding('ours');
const conflict = httpFailure(409, 'Conflict', {
  causes: [
    {
      reason: 'FieldManagerConflict',
      message: 'conflict with "kubectl-edit" using apps/v1',
      field: '.spec.paused',
    },
  ],
});

describe('the applier', () => {
  it('makes what is missing, and shows it in the cache', async () => {
    const { applier, client, cache } = anApplier();
    const manifest = aDeployment({ paused: true });
    const { signal } = new AbortController();
    const result = await applier.apply({ manifest }, { ...ours, signal });
    expect(result).toEqual({ action: 'created', conflicts: [] });
    expect(client.lines()).toEqual([`GET ${path}`, `PATCH ${path}`]);
    expect(client.requests[1]).toMatchObject({
      patchType: 'apply',
      query: { fieldManager: 'operator', force: 'false' },
      body: manifest,
      signal,
    });
    expect(cache.get('shop/web')).toBeDefined();
  });

  it('sends nothing when what it owns is what it desires', async () => {
    const live = aDeployment(
      { paused: true, replicas: 9 },
      { version: 1, fields: { 'f:spec': { 'f:paused': {} } } },
    );
    const { applier, client } = anApplier(live);
    const result = await applier.apply({ manifest: aDeployment({ paused: true }) }, ours);
    expect(result).toEqual({ action: 'unchanged', conflicts: [] });
    expect(client.requests).toEqual([]);
  });

  it('repairs a drift, and says of which field and by whom', async () => {
    const live = aDeployment(
      { paused: false },
      { version: 1, fields: { 'f:spec': { 'f:paused': {} } } },
    );
    const { applier, client } = anApplier(live);
    const result = await applier.apply({ manifest: aDeployment({ paused: true }) }, ours);
    expect(result).toEqual({
      action: 'updated',
      field: 'spec.paused',
      conflicts: [],
      isOurChange: true,
      otherManager: 'kubectl-edit',
    });
    expect(client.requests).toHaveLength(1);
  });

  it('forces a conflict after it has learnt who holds the field', async () => {
    const live = aDeployment({ paused: false }, { version: 1, fields: { 'f:spec': {} } });
    const { applier, client } = anApplier(live);
    const answers = client.answer;
    client.answer = (request, index) =>
      request.query?.['force'] === 'false' ? conflict : answers(request, index);
    const result = await applier.apply({ manifest: aDeployment({ paused: true }) }, ours);
    expect(result.conflicts).toEqual([{ field: 'spec.paused', manager: 'kubectl-edit' }]);
    expect(client.requests.map(({ query }) => query?.['force'])).toEqual(['false', 'true']);
  });

  it.each([
    ['a conflict of versions', httpFailure(409, 'Conflict')],
    ['a refusal', httpFailure(422, 'Invalid')],
    ['a broken network', networkFailure()],
  ])('does not force its way through %s', async (_what, error) => {
    const { applier, client } = anApplier(aDeployment({}, { version: 1 }));
    client.answer = () => error;
    await expect(applier.apply({ manifest: aDeployment({ paused: true }) }, ours)).rejects.toBe(
      error,
    );
    expect(client.requests).toHaveLength(1);
  });

  it.each(['foreign', 'departing'] as const)(
    'never writes to an object that is %s',
    async (standing) => {
      const { applier, client } = anApplier(aDeployment({}, { version: 1 }));
      const applied = applier.apply(
        { manifest: aDeployment({ paused: true }) },
        asStanding(standing),
      );
      await expect(applied).rejects.toThrow(NameTakenError);
      await expect(applied).rejects.toMatchObject({ standing });
      expect(client.requests).toEqual([]);
    },
  );

  it('looks for objects that the cache cannot see before it makes one', async () => {
    const { applier, client } = anApplier();
    client.answer = () => aDeployment({}, { version: 1 });
    const applied = applier.apply({ manifest: aDeployment({}) }, asStanding('foreign'));
    await expect(applied).rejects.toThrow('Deployment shop/web exists and does not belong');
    expect(client.lines()).toEqual([`GET ${path}`]);
  });

  it('does not take an API server that is away for a missing object', async () => {
    const { applier, client } = anApplier();
    client.answer = networkFailure;
    await expect(applier.apply({ manifest: aDeployment({}) }, ours)).rejects.toThrow('refused');
    expect(client.requests).toHaveLength(1);
  });

  it('gives an autoscaled object its first count under another manager', async () => {
    const { applier, client } = anApplier();
    await applier.apply({ manifest: aDeployment({ paused: true }), initialReplicas: 3 }, ours);
    const [, first, second] = client.requests;
    expect(first?.body).toEqual(aDeployment({ paused: true }));
    expect(second).toMatchObject({
      query: { fieldManager: 'operator-replicas', force: 'true' },
      body: { spec: { replicas: 3 } },
    });
  });

  it('hands the live count over before it lets go of it', async () => {
    const fields = { 'f:spec': { 'f:paused': {}, 'f:replicas': {} } };
    const { applier, client } = anApplier(
      aDeployment({ paused: true, replicas: 7 }, { version: 1, fields }),
    );
    const manifest = aDeployment({ paused: true });
    const result = await applier.apply({ manifest, initialReplicas: 2 }, ours);
    expect(result.field).toBe('spec.replicas');
    expect(client.requests.map(({ query, body }) => [query?.['fieldManager'], body])).toEqual([
      ['operator-replicas', aDeployment({ replicas: 7 })],
      ['operator', manifest],
    ]);
  });

  it('leaves the count alone that it does not own', async () => {
    const fields = { 'f:spec': { 'f:paused': {} } };
    const { applier, client } = anApplier(
      aDeployment({ paused: false, replicas: 7 }, { version: 1, fields }),
    );
    await applier.apply({ manifest: aDeployment({ paused: true }), initialReplicas: 2 }, ours);
    expect(client.requests).toHaveLength(1);
  });

  it('writes a status by force, and only when it differs', async () => {
    const { applier, client } = anApplier(aDeployment({}, { version: 1, status: { ready: 1 } }));
    const wanted = (ready: number): KubeObject => aDeployment({}, { status: { ready } });
    await expect(applier.applyStatus(wanted(1))).resolves.toBe('unchanged');
    await expect(applier.applyStatus(wanted(2))).resolves.toBe('updated');
    expect(client.lines()).toEqual([`PATCH ${path}/status`]);
    expect(client.requests[0]?.query).toEqual({ fieldManager: 'operator', force: 'true' });
  });
});
