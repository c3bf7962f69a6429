import { describe, expect, it } from 'vitest';
import type { ResourceKind } from '../../../../operator/runtime/kube-object.ts';
import { type PruneCandidate, pruneObjects } from '../../../../operator/runtime/pruner.ts';
import { httpFailure, ScriptedClient } from '../../../support/scripted-client.ts';

const kind: ResourceKind = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
};

function aCandidate(name: string, metadata: object = {}): PruneCandidate {
  return {
    kind,
    object: {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'shop', uid: `uid-${name}`, ...metadata },
    },
  };
}

describe('the pruner', () => {
  it('deletes each candidate under the precondition of its UID', async () => {
    const client = new ScriptedClient(() => ({}));
    const { signal } = new AbortController();
    const result = await pruneObjects(client, [aCandidate('a'), aCandidate('b')], signal);
    expect(client.lines()).toEqual([
      'DELETE /api/v1/namespaces/shop/configmaps/a',
      'DELETE /api/v1/namespaces/shop/configmaps/b',
    ]);
    expect(client.requests[0]).toMatchObject({
      body: {
        kind: 'DeleteOptions',
        preconditions: { uid: 'uid-a' },
        propagationPolicy: 'Background',
      },
      signal,
    });
    expect(result.deleted).toHaveLength(2);
    expect(result.survivors).toEqual([]);
  });

  it.each([
    ['gone already', httpFailure(404, 'NotFound')],
    ['replaced by another under its name', httpFailure(409, 'Conflict')],
  ])('takes an object for done that is %s', async (_what, error) => {
    const { deleted, survivors } = await pruneObjects(new ScriptedClient(() => error), [
      aCandidate('a'),
    ]);
    expect([deleted.length, survivors.length]).toEqual([1, 0]);
  });

  it('reports what it may not delete and goes on with the others', async () => {
    const forbidden = httpFailure(403, 'Forbidden');
    const client = new ScriptedClient(({ path }) => (path.endsWith('/a') ? forbidden : {}));
    const { deleted, survivors } = await pruneObjects(client, [aCandidate('a'), aCandidate('b')]);
    expect(deleted.map(({ object }) => object.metadata.name)).toEqual(['b']);
    expect(survivors).toEqual([{ candidate: aCandidate('a'), error: forbidden }]);
  });

  it('leaves alone what is being deleted, and never deletes by name only', async () => {
    const client = new ScriptedClient(() => ({}));
    const leaving = aCandidate('a', { deletionTimestamp: '2026-01-01T00:00:00Z' });
    const { deleted, survivors } = await pruneObjects(client, [
      leaving,
      aCandidate('b', { uid: undefined }),
    ]);
    expect(client.requests).toEqual([]);
    expect(deleted).toEqual([]);
    expect(survivors[0]?.error.message).toBe('shop/b has no UID');
  });
});
