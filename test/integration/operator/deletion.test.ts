import { describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestOperator, withOperator } from '../../support/operator.ts';
import {
  children,
  condition,
  keptChildren,
  type LiveObject,
  read,
  readyStore,
  smallShop,
  storeManifest,
} from '../../support/stores.ts';

/** The garbage collector looks for new kinds every 30 s, and until then it does not know what a store is. */
const collectionTimeoutMs = 90_000;

const cluster = withOwnCluster();

describe('deleting a store', { timeout: 120_000 }, () => {
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

  it('keeps data and credentials under Retain, and a store of the same name takes them up again', async () => {
    await readyStore(cluster(), namespace(), 'kept');
    const data = async (): Promise<unknown> =>
      Promise.all(
        ['jwt', 'session', 'db', 'dbowner'].map(
          async (suffix) => (await get(`secret/kept-${suffix}`))['data'],
        ),
      );
    const before = await data();
    const claim = await get('persistentvolumeclaim/kept-db');
    expect(claim['status'].phase).toBe('Bound');

    await remove('kept', '--wait');
    await eventually(async () => expect(await left('kept')).toEqual(keptChildren('kept')), {
      timeoutMs: collectionTimeoutMs,
    });
    await readyStore(cluster(), namespace(), 'kept');

    expect(await data()).toEqual(before);
    const { uid } = (await get('dcs/kept')).metadata;
    const taken = await get('persistentvolumeclaim/kept-db');
    expect(taken.metadata.uid).toBe(claim.metadata.uid);
    for (const { metadata } of [taken, await get('secret/kept-jwt')])
      expect(metadata.labels?.['dhakacart.io/store-uid']).toBe(uid);
  });

  it('deletes everything under Delete', async () => {
    await readyStore(cluster(), namespace(), 'gone', { deletion: { policy: 'Delete' } });

    await remove('gone', '--wait');

    await eventually(async () => expect(await left('gone')).toEqual([]));
  });

  it('waits for a claim that is on its way out, and begins anew when it is gone', async () => {
    await readyStore(cluster(), namespace(), 'again', { deletion: { policy: 'Delete' } });
    const { uid } = (await get('persistentvolumeclaim/again-db')).metadata;

    await remove('again', '--wait');
    await readyStore(cluster(), namespace(), 'again', { deletion: { policy: 'Delete' } });

    expect((await get('persistentvolumeclaim/again-db')).metadata.uid).not.toBe(uid);
  });

  it('refuses to begin an empty shop beside the files of another version', async () => {
    const database = (version: number) => ({ database: { managed: { version } } });
    await readyStore(cluster(), namespace(), 'older', database(17));
    await remove('older', '--wait');
    await eventually(async () => expect(await left('older')).toEqual(keptChildren('older')), {
      timeoutMs: collectionTimeoutMs,
    });

    await mustRun(
      cluster(),
      ['apply', '-f', '-'],
      storeManifest('older', namespace(), database(18)),
    );
    await eventually(async () => {
      const stalled = condition(await get('dcs/older'), 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason: 'DatabaseVersionMismatch' });
      expect(stalled?.message).toContain('set spec.database.managed.version to 17');
    });
  });

  it('says what to do about the claim of a class that was misspelt', async () => {
    const withClass = (className: string): Promise<string> => {
      const spec = { ...smallShop, database: { managed: { storage: { className } } } };
      return mustRun(cluster(), ['apply', '-f', '-'], storeManifest('typo', namespace(), spec));
    };
    await withClass('standrad');
    await eventually(() => get('pvc/typo-db'));
    await remove('typo', '--wait');
    await eventually(async () => expect(await left('typo')).toEqual(keptChildren('typo')), {
      timeoutMs: collectionTimeoutMs,
    });

    await withClass('standard');
    const advice = await eventually(async () => {
      const stalled = condition(await get('dcs/typo'), 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason: 'StorageClassMismatch' });
      return String(stalled?.message);
    });
    const [, command = ''] = /kubectl (delete pvc .*)$/.exec(advice) ?? [];
    await mustRun(cluster(), command.split(' '));
    await mustRun(cluster(), [
      'wait',
      '--for=condition=Ready',
      'dcs/typo',
      '-n',
      namespace(),
      '--timeout=60s',
    ]);
    expect((await get('pvc/typo-db'))['spec'].storageClassName).toBe('standard');
  });

  it('follows the policy that the store has at its end', async () => {
    await readyStore(cluster(), namespace(), 'changed', { deletion: { policy: 'Delete' } });
    await merge('changed', { spec: { deletion: { policy: 'Retain' } } });

    await remove('changed', '--wait');

    await eventually(async () => expect(await left('changed')).toEqual(keptChildren('changed')));
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

  it('ends in the order of a foreground deletion, as Argo CD asks for it', async () => {
    await readyStore(cluster(), namespace(), 'foreground');

    await remove('foreground', '--cascade=foreground', '--wait', '--timeout=60s');

    expect(await left('foreground')).toEqual(keptChildren('foreground'));
  });

  it('lets a namespace end', async () => {
    await mustRun(cluster(), ['create', 'namespace', 'short-lived']);
    await readyStore(cluster(), 'short-lived', 'shop');

    await mustRun(cluster(), ['delete', 'namespace', 'short-lived', '--wait', '--timeout=45s']);
  });
});

describe('deleting a store while no operator runs', { timeout: 120_000 }, () => {
  const namespace = withNamespace('absent', cluster);

  it('waits for one, which deletes it within 30 s and makes nothing anew', async () => {
    const kubeconfig = await installOperatorRole(cluster());
    const before = await startTestOperator(kubeconfig);
    await readyStore(cluster(), namespace(), 'shop');
    await before.stop();

    const store = ['dcs/shop', '-n', namespace()];
    await mustRun(cluster(), ['delete', ...store, '--wait=false']);
    await mustRun(cluster(), ['delete', 'service/shop-api', '-n', namespace()]);
    expect((await read(cluster(), store)).metadata.deletionTimestamp).toBeDefined();

    const after = await startTestOperator(kubeconfig);
    const made: string[] = [];
    try {
      await mustRun(cluster(), ['wait', '--for=delete', ...store, '--timeout=30s']);
      await eventually(async () => {
        const found = await children(cluster(), namespace(), 'shop');
        made.push(...found.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
        expect(found).toHaveLength(keptChildren('shop').length);
      });
    } finally {
      await after.stop();
    }
    expect(made).not.toContain('Service/shop-api');
  });
});
