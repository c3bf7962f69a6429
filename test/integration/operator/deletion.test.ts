import { describe, expect, it } from 'vitest';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { withOperator } from '../../support/operator.ts';
import { children, condition, type LiveObject, read, readyStore } from '../../support/stores.ts';

/** The garbage collector looks for new kinds every 30 s, and until then it does not know what a store is. */
const collectionTimeoutMs = 90_000;

describe('deleting a store', { timeout: 120_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster, { queue: { waitingDelayMs: 1_000 } });
  const namespace = withNamespace('deletion', cluster);
  const get = (object: string): Promise<LiveObject> => read(cluster(), [object, '-n', namespace()]);
  const remove = (name: string, ...args: readonly string[]): Promise<string> =>
    mustRun(cluster(), ['delete', `dcs/${name}`, '-n', namespace(), ...args]);
  const merge = (name: string, patch: object): Promise<string> =>
    mustRun(cluster(), [
      'patch',
      `dcs/${name}`,
      '-n',
      namespace(),
      '--type=merge',
      '-p',
      JSON.stringify(patch),
    ]);
  const left = async (name: string): Promise<readonly string[]> =>
    (await children(cluster(), namespace(), name)).map(
      ({ kind, metadata }) => `${kind}/${metadata.name}`,
    );

  it('keeps the generated credentials under Retain, and a store of the same name takes them up again', async () => {
    await readyStore(cluster(), namespace(), 'kept');
    const before = (await get('secret/kept-jwt'))['data'];

    await remove('kept', '--wait');
    await eventually(
      async () => expect(await left('kept')).toEqual(['Secret/kept-jwt', 'Secret/kept-session']),
      { timeoutMs: collectionTimeoutMs },
    );
    await readyStore(cluster(), namespace(), 'kept');

    const secret = await get('secret/kept-jwt');
    expect(secret['data']).toEqual(before);
    expect(secret.metadata.labels?.['dhakacart.io/store-uid']).toBe(
      (await get('dcs/kept')).metadata.uid,
    );
  });

  it('deletes everything under Delete', async () => {
    await readyStore(cluster(), namespace(), 'gone', { deletion: { policy: 'Delete' } });

    await remove('gone', '--wait');

    await eventually(async () => expect(await left('gone')).toEqual([]));
  });

  it('follows the policy that the store has at its end', async () => {
    await readyStore(cluster(), namespace(), 'changed', { deletion: { policy: 'Delete' } });
    await merge('changed', { spec: { deletion: { policy: 'Retain' } } });

    await remove('changed', '--wait');

    await eventually(async () =>
      expect(await left('changed')).toEqual(['Secret/changed-jwt', 'Secret/changed-session']),
    );
  });

  it('waits while the store is protected, and says how to let it go', async () => {
    await readyStore(cluster(), namespace(), 'safe', { deletion: { protected: true } });

    await remove('safe', '--wait=false');
    await eventually(async () => {
      const stalled = condition(await get('dcs/safe'), 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason: 'DeletionProtected' });
      expect(stalled?.message).toContain('spec.deletion.protected');
    });
    expect(await left('safe')).toContain('Deployment/safe-api');

    await merge('safe', { spec: { deletion: { protected: false } } });
    await mustRun(cluster(), [
      'wait',
      '--for=delete',
      'dcs/safe',
      '-n',
      namespace(),
      '--timeout=30s',
    ]);
  });

  it('lets a namespace end', async () => {
    await mustRun(cluster(), ['create', 'namespace', 'short-lived']);
    await readyStore(cluster(), 'short-lived', 'shop');

    await mustRun(cluster(), ['delete', 'namespace', 'short-lived', '--wait', '--timeout=45s']);
  });
});
