// A release on its way into a real cluster: the database, its migration, the API, the page. The nodes are played, so a Job
// is complete as soon as its pod has a node: tests stop the scheduler meanwhile, and may end the pod themselves. They do
// not touch the nodes, whose next heartbeat kwok puts off at each change, until they count as lost.
import { afterEach, describe, expect, it } from 'vitest';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { failPod, waitingMigrationPod } from '../../support/migration-pods.ts';
import { withOperator } from '../../support/operator.ts';
import { condition, list, type LiveObject, readyStore } from '../../support/stores.ts';

describe('a release', { timeout: 240_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster, { queue: { waitingDelayMs: 1_000 } });
  const namespace = withNamespace('release', cluster);
  const { get, run, applyStore, merge: patch } = kubectlIn(cluster, namespace);
  const merge = (store: string, spec: object): Promise<string> => patch(`dcs/${store}`, { spec });
  const owned = (kinds: string, store: string): Promise<readonly LiveObject[]> =>
    list(cluster(), kinds, ['-n', namespace(), '-l', `app.kubernetes.io/instance=${store}`]);
  const imageOf = async (deployment: string): Promise<string> =>
    (await get(`deployment/${deployment}`))['spec'].template.spec.containers[0].image;
  const images = async (store: string): Promise<readonly string[]> => [
    await imageOf(`${store}-api`),
    await imageOf(`${store}-web`),
  ];
  const released = (version: string): readonly string[] =>
    ['api', 'web'].map((name) => `ghcr.io/dhakacart/storefront-${name}:${version}`);
  let isHeld = false;
  const hold = async (): Promise<void> => {
    isHeld = true;
    await cluster().stopComponent('kube-scheduler');
  };
  const letGo = async (): Promise<void> => {
    if (isHeld) await cluster().startComponent('kube-scheduler');
    isHeld = false;
  };
  const waitReady = (store: string): Promise<string> =>
    run('wait', '--for=condition=Ready', `dcs/${store}`, '--timeout=120s');
  const reasons = async (store: string): Promise<readonly string[]> =>
    (await list(cluster(), 'events.events.k8s.io', ['-n', namespace()]))
      .filter((event) => event['regarding'].name === store)
      .map((event) => String(event['reason']));

  afterEach(letGo);

  it('makes no pods of a new store before its database is migrated', async () => {
    const api = { scheduling: { nodeSelector: { migrations: 'allowed' } } };
    await applyStore('fresh', { api });

    await eventually(async () => {
      const store = await get('dcs/fresh');
      expect(condition(store, 'DatabaseReady')?.status).toBe('True');
      expect(condition(store, 'Reconciling')?.reason).toBe('Migrating');
      expect(store['status'].migration).toMatchObject({ version: '1.0.0', state: 'Running' });
      expect(store['status'].migration.message).toContain('Unschedulable');
    });
    expect(await owned('deployments,hpa,pdb', 'fresh')).toEqual([]);
    expect(await owned('services,configmaps', 'fresh')).toHaveLength(5);

    await merge('fresh', { api: { scheduling: { nodeSelector: { migrations: null } } } });
    await waitReady('fresh');
    const store = await get('dcs/fresh');
    expect(store['status'].migration).toMatchObject({ state: 'Succeeded', message: '' });
    expect(store['status'].components.database.pods).toBe('1/1');
    await eventually(async () =>
      expect(await reasons('fresh')).toEqual(
        expect.arrayContaining(['MigrationStarted', 'Migrated']),
      ),
    );
  });

  it('keeps what serves until its Job is complete, then rolls the API, then the page', async () => {
    await readyStore(cluster(), namespace(), 'up');
    const template = async (): Promise<unknown> =>
      (await get('deployment/up-api'))['spec'].template;
    const before = await template();
    await hold();

    await merge('up', { version: '2.0.0', web: { autoscaling: { maxReplicas: 9 } } });
    await eventually(async () => {
      expect((await get('hpa/up-web'))['spec'].maxReplicas).toBe(9);
      const store = await get('dcs/up');
      expect(condition(store, 'Reconciling')?.reason).toBe('Migrating');
      expect(condition(store, 'ApiReady')).toMatchObject({
        status: 'True',
        reason: 'WaitingForTurn',
      });
      expect(store['status'].migration).toMatchObject({ version: '2.0.0', state: 'Running' });
      expect(store['status']).toMatchObject({ version: '1.0.0' });
    });
    expect(await images('up')).toEqual(released('1.0.0'));
    const [job, ...others] = await owned('jobs', 'up');
    expect([job?.['spec'].template.spec.containers[0].image, others]).toEqual([
      released('2.0.0')[0],
      [],
    ]);
    expect(await template()).toEqual(before);

    await letGo();
    await waitReady('up');
    expect(await images('up')).toEqual(released('2.0.0'));
    expect((await get('dcs/up'))['status'].version).toBe('2.0.0');
    const born = async (component: string): Promise<number> => {
      const sets = await owned('replicasets', 'up');
      const times = sets
        .filter(({ metadata }) => metadata.name.startsWith(`up-${component}-`))
        .map(({ metadata }) => Date.parse(String(metadata['creationTimestamp' as never])));
      expect(times).toHaveLength(2);
      return Math.max(...times);
    };
    const done = Date.parse(String((await owned('jobs', 'up'))[0]?.['status'].completionTime));
    expect(done).toBeLessThanOrEqual(await born('api'));
    expect(await born('api')).toBeLessThanOrEqual(await born('web'));
    expect(await reasons('up')).not.toContain('DriftRepaired');
  });

  it('whose migration fails changes nothing, says why, and is tried again on demand', async () => {
    await readyStore(cluster(), namespace(), 'bad', {
      database: { migration: { retries: 0 } },
    });
    await hold();
    await merge('bad', { version: '2.0.0' });
    const pod = await eventually(() => waitingMigrationPod(cluster(), namespace(), 'bad'));

    await failPod(cluster(), pod, {
      exitCode: 1,
      message: '{"level":30}\nstorefront-api: 0005_more.sql: the disk is full',
    });

    await eventually(async () => {
      const store = await get('dcs/bad');
      const stalled = condition(store, 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason: 'MigrationFailed' });
      expect(stalled?.message).toContain(`pod ${pod.metadata.name} ended with exit code 1`);
      expect(stalled?.message).toContain('storefront-api: 0005_more.sql: the disk is full');
      expect(stalled?.message).toContain('dhakacart.io/retry-migration');
      expect(store['status'].migration).toMatchObject({ version: '2.0.0', state: 'Failed' });
      expect(condition(store, 'ApiReady')).toMatchObject({ status: 'True' });
      expect(condition(store, 'WebReady')?.status).toBe('True');
    });
    expect(await images('bad')).toEqual(released('1.0.0'));
    await eventually(async () => expect(await reasons('bad')).toContain('MigrationFailed'));

    await letGo();
    await run('annotate', 'dcs/bad', 'dhakacart.io/retry-migration=1');
    await waitReady('bad');
    expect(await images('bad')).toEqual(released('2.0.0'));
    expect(await owned('jobs', 'bad')).toHaveLength(1);
  });

  it('is taken back by the version of before, migration first, and so is one that failed', async () => {
    await readyStore(cluster(), namespace(), 'back', {
      database: { migration: { retries: 0 } },
    });
    await merge('back', { version: '2.0.0' });
    await waitReady('back');
    expect(await images('back')).toEqual(released('2.0.0'));

    await hold();
    await merge('back', { version: '1.0.0' });
    await eventually(async () => {
      const { migration } = (await get('dcs/back'))['status'];
      expect(migration).toMatchObject({ version: '1.0.0', state: 'Running' });
    });
    expect(await images('back')).toEqual(released('2.0.0'));
    await letGo();
    await waitReady('back');
    expect(await images('back')).toEqual(released('1.0.0'));
    expect((await get('dcs/back'))['status'].version).toBe('1.0.0');

    await hold();
    await merge('back', { version: '3.0.0' });
    const pod = await eventually(() => waitingMigrationPod(cluster(), namespace(), 'back'));
    await failPod(cluster(), pod, { exitCode: 1, message: 'storefront-api: it failed' });
    await eventually(async () =>
      expect(condition(await get('dcs/back'), 'Stalled')?.reason).toBe('MigrationFailed'),
    );
    await letGo();
    await merge('back', { version: '1.0.0' });
    await waitReady('back');
    expect(await images('back')).toEqual(released('1.0.0'));
    expect(condition(await get('dcs/back'), 'Stalled')).toBeUndefined();
  });

  it('grows the volume, leaves one alone that is larger, and says when it cannot grow', async () => {
    await readyStore(cluster(), namespace(), 'grown');
    const size = async (): Promise<string> =>
      (await get('pvc/grown-db'))['spec'].resources.requests.storage;
    const managed = (storage: object) => ({ database: { managed: { storage } } });
    expect(await size()).toBe('8Gi');

    await merge('grown', managed({ size: '16Gi' }));
    await eventually(async () => expect(await size()).toBe('16Gi'));
    const requests = { resources: { requests: { storage: '32Gi' } } };
    await run('patch', 'pvc/grown-db', '--type=merge', '-p', JSON.stringify({ spec: requests }));
    await merge('grown', { ...managed({ size: '24Gi' }), web: { replicas: 4 } });
    await eventually(async () => {
      const store = await get('dcs/grown');
      expect(store['status'].observedGeneration).toBe(3);
      expect(condition(store, 'Ready')?.status).toBe('True');
    });
    expect(await size()).toBe('32Gi');

    const fixed = JSON.stringify({ allowVolumeExpansion: false });
    await mustRun(cluster(), ['patch', 'storageclass/standard', '--type=merge', '-p', fixed]);
    await merge('grown', managed({ size: '64Gi' }));
    await eventually(async () => {
      const stalled = condition(await get('dcs/grown'), 'Stalled');
      expect(stalled?.reason).toBe('VolumeCannotGrow');
      expect(stalled?.message).toMatch(/grown-db.*allowVolumeExpansion: true/);
    });
    expect(condition(await get('dcs/grown'), 'DatabaseReady')?.status).toBe('True');

    await merge('grown', managed({ size: '24Gi' }));
    await waitReady('grown');
    expect(condition(await get('dcs/grown'), 'Stalled')).toBeUndefined();
    expect(await size()).toBe('32Gi');
  });
});
