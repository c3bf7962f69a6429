// Stores whose database somebody else runs. PostgreSQL and the API's programs are real, and speak TLS; the nodes are
// played, so a Job is complete as soon as its pod has a node: tests stop the scheduler to say how it really ended.
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../../dev/cluster/certificate.ts';
import { type PostgresServer, startPostgres } from '../../../dev/postgres/start-postgres.ts';
import { type ApiPodOptions, endedApiPod, runApiPod, startApiPod } from '../../support/api-pod.ts';
import { withBundle } from '../../support/bundle.ts';
import { withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { failPod, waitingMigrationPod } from '../../support/migration-pods.ts';
import { withOperator } from '../../support/operator.ts';
import { children, condition, list, readyStore, smallShop } from '../../support/stores.ts';

const authority = createAuthority('database-ca');

describe('a store whose database is elsewhere', { timeout: 240_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster, { queue: { waitingDelayMs: 1_000, resyncMs: 2_000 } });
  const namespace = withNamespace('elsewhere', cluster);
  const program = withBundle('storefront-api');
  let postgres: PostgresServer;
  const { get, run, apply, applyStore, merge } = kubectlIn(cluster, namespace);
  /** What an SRE reads, with the folds of kubectl taken out. */
  const described = async (store: string): Promise<string> =>
    (await run('describe', `dcs/${store}`)).replace(/\s+/g, ' ');
  const waitReady = (store: string): Promise<string> =>
    run('wait', '--for=condition=Ready', `dcs/${store}`, '--timeout=120s');

  async function secret(name: string, data: Readonly<Record<string, string>>): Promise<void> {
    const manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace: namespace() },
      stringData: data,
    };
    await apply(manifest);
  }

  async function sql(statement: string, database = 'postgres'): Promise<void> {
    const client = new Client({ connectionString: postgres.url(database) });
    await client.connect();
    await client.query(statement);
    await client.end();
  }

  interface Access {
    readonly host: string;
    readonly port: string;
    readonly database: string;
    readonly username: string;
    readonly password: string;
  }

  /** A database on the server, and its owner, who may make roles. */
  async function ownedDatabase(name: string): Promise<Access> {
    const [username, password] = [`${name}_owner`, randomBytes(24).toString('base64url')];
    await sql(`CREATE ROLE ${username} LOGIN CREATEROLE PASSWORD '${password}'`);
    await sql(`CREATE DATABASE ${name} OWNER ${username}`);
    return { host: 'localhost', port: String(postgres.port), database: name, username, password };
  }

  const jobOf = async (store: string): Promise<string> => {
    const selector = ['-n', namespace(), '-l', `app.kubernetes.io/instance=${store}`];
    const [job, ...others] = await list(cluster(), 'jobs', selector);
    expect(others).toEqual([]);
    return `job/${job?.metadata.name}`;
  };
  const podOf = (object: string): ApiPodOptions => ({
    cluster: cluster(),
    namespace: namespace(),
    object,
    program: program(),
  });

  let isHeld = false;
  const hold = async (): Promise<void> => {
    isHeld = true;
    await cluster().stopComponent('kube-scheduler');
  };
  const letGo = async (): Promise<void> => {
    if (isHeld) await cluster().startComponent('kube-scheduler');
    isHeld = false;
  };
  afterEach(letGo);

  beforeAll(async () => {
    const request = { subject: { commonName: 'database' }, usage: 'server' } as const;
    const tls = issueCertificate(authority, { ...request, hosts: ['localhost'] });
    postgres = await startPostgres({ fsync: false, tls });
    await secret('database-ca', { 'ca.crt': authority.certificate });
  }, 60_000);
  afterAll(() => postgres.stop());

  const verified = (secretName: string, fields: object = {}): object => ({
    database: { external: { secretName, caSecretName: 'database-ca', ...fields } },
  });

  it('sells from it: migrated by its owner, served by a role that cannot migrate', async () => {
    const access = await ownedDatabase('shop');
    await secret('shop-db', { ...access });
    await readyStore(cluster(), namespace(), 'shop', verified('shop-db'));

    await runApiPod(podOf(await jobOf('shop')));
    await runApiPod(podOf('deployment/shop-api'), ['seed']);
    const pod = await startApiPod(podOf('deployment/shop-api'));
    const answer = await fetch(`http://127.0.0.1:${pod.metricsPort}/health/ready`);
    await pod.stop();
    expect(answer.status).toBe(200);
    await expect(runApiPod(podOf('deployment/shop-api'), ['migrate'])).rejects.toThrow(
      /ended with 1: .*may not make tables in database shop|permission denied/s,
    );

    const kinds = (await children(cluster(), namespace(), 'shop')).map(
      ({ kind, metadata }) => `${kind}/${metadata.name}`,
    );
    expect(kinds.filter((name) => /StatefulSet|Claim|-db/.test(name))).toEqual([
      'Secret/shop-dbrole',
    ]);
    const store = await get('dcs/shop');
    expect(condition(store, 'DatabaseReady')).toMatchObject({
      status: 'True',
      reason: 'DatabaseInUse',
    });
    expect(store['status'].components).not.toHaveProperty('database');
    const { egress } = (await get('networkpolicy/shop-api'))['spec'];
    expect(egress).toContainEqual({ ports: [{ port: postgres.port, protocol: 'TCP' }] });
  });

  it('serves as a role that its owner has made', async () => {
    const access = await ownedDatabase('given');
    await sql(`ALTER ROLE ${access.username} NOCREATEROLE`);
    await sql(`CREATE ROLE given_api LOGIN PASSWORD 'of-the-api'`);
    await secret('given-access', { ...access });
    await secret('given-role', { username: 'given_api', password: 'of-the-api' });
    const spec = verified('given-access', { runtimeSecretName: 'given-role' });
    await readyStore(cluster(), namespace(), 'given', spec);

    await runApiPod(podOf(await jobOf('given')));
    await runApiPod(podOf('deployment/given-api'), ['seed']);
    await expect(get('secret/given-dbrole')).rejects.toThrow(/not found/);
  });

  it('says which Secret, which key, and what to do, until it is there', async () => {
    await readyStore(cluster(), namespace(), 'neighbour');
    const before = (await get('dcs/neighbour')).metadata.resourceVersion;
    await applyStore('lost', { ...smallShop, ...verified('lost-access') });
    await eventually(async () =>
      expect(await described('lost')).toContain(
        `Secret lost-access, which spec.database.external.secretName names, does not exist in namespace ${namespace()}; create it with host, port, database, username, password`,
      ),
    );
    const access = await ownedDatabase('lost');
    await secret('lost-access', { ...access, password: '' });
    await eventually(async () => {
      const store = await get('dcs/lost');
      for (const type of ['Ready', 'DatabaseReady'])
        expect(condition(store, type)).toMatchObject({
          status: 'False',
          reason: 'DatabaseSecretInvalid',
        });
      expect(condition(store, 'Stalled')?.message).toContain(
        'Secret lost-access, which spec.database.external.secretName names: key password is missing or empty',
      );
    });
    expect(await described('lost')).not.toContain(access.password);
    await secret('lost-access', { ...access });
    await waitReady('lost');
    expect((await get('dcs/neighbour')).metadata.resourceVersion).toBe(before);
  });

  it('tells of a wrong password in the words of the program, and goes on when it is right', async () => {
    const access = await ownedDatabase('refused');
    await secret('refused-access', { ...access, password: 'not-the-password' });
    await hold();
    await applyStore('refused', {
      ...smallShop,
      database: {
        external: { secretName: 'refused-access', caSecretName: 'database-ca' },
        migration: { retries: 0 },
      },
    });
    const pod = await eventually(() => waitingMigrationPod(cluster(), namespace(), 'refused'));
    const { exitCode, output } = await endedApiPod(podOf(await jobOf('refused')));
    expect(exitCode).toBe(77);
    await failPod(cluster(), pod, { exitCode: exitCode ?? 0, message: output });

    await eventually(async () => {
      const told = await described('refused');
      expect(told).toContain(
        `ended with exit code 77: storefront-api: PostgreSQL at localhost:${access.port} refuses refused_owner (password authentication failed for user "refused_owner")`,
      );
      expect(told).toContain(
        'correct username, password or database in Secret refused-access, and it is tried again by itself',
      );
      expect(told).not.toContain('not-the-password');
      const store = await get('dcs/refused');
      expect(condition(store, 'DatabaseReady')).toMatchObject({
        status: 'False',
        reason: 'DatabaseRefused',
      });
      expect(condition(store, 'Stalled')?.reason).toBe('MigrationFailed');
    });

    await secret('refused-access', { ...access });
    await eventually(() => waitingMigrationPod(cluster(), namespace(), 'refused'));
    await runApiPod(podOf(await jobOf('refused')));
    await letGo();
    await waitReady('refused');
  });

  it('outlasts a database that is away, and a drained node, without a try to spare', async () => {
    await secret('away-access', { ...(await ownedDatabase('away')) });
    await hold();
    await applyStore('away', {
      ...smallShop,
      database: { external: { secretName: 'away-access' }, migration: { retries: 0 } },
    });
    const message = 'storefront-api: PostgreSQL at localhost:5432 cannot be reached (ECONNREFUSED)';
    const next = (): ReturnType<typeof waitingMigrationPod> =>
      eventually(() => waitingMigrationPod(cluster(), namespace(), 'away'), { timeoutMs: 60_000 });
    for (const exitCode of [69, 69, 69]) {
      await failPod(cluster(), await next(), { exitCode, message });
      await eventually(async () => {
        const store = await get('dcs/away');
        expect(store['status'].migration).toMatchObject({ state: 'Running', exitCode: 69 });
        expect(condition(store, 'Reconciling')?.reason).toBe('Migrating');
        expect(condition(store, 'DatabaseReady')).toMatchObject({
          status: 'False',
          reason: 'DatabaseUnreachable',
          message: expect.stringContaining(`tried again after pod`) as string,
        });
      });
    }
    await failPod(cluster(), await next(), { exitCode: 143, message: '', isDrained: true });
    await next();
    const { status } = await get(await jobOf('away'));
    expect((status.conditions ?? []).map(({ type }: { type: string }) => type)).toEqual([]);

    await letGo();
    await waitReady('away');
    expect((await get('dcs/away'))['status'].migration.message).toBe('');
  });

  it('migrates again and rolls no pods for a new password of the owner; a new address rolls them', async () => {
    const access = await ownedDatabase('rotated');
    await secret('rotated-access', { ...access });
    await readyStore(cluster(), namespace(), 'rotated', {
      ...verified('rotated-access'),
    });
    const template = async (): Promise<string> =>
      JSON.stringify((await get('deployment/rotated-api'))['spec'].template);
    const [job, before] = [await jobOf('rotated'), await template()];

    await secret('rotated-access', { ...access, password: 'another' });
    await eventually(async () => expect(await jobOf('rotated')).not.toBe(job));
    await waitReady('rotated');
    expect(await template()).toBe(before);

    await secret('rotated-access', { ...access, host: '127.0.0.1' });
    await eventually(async () => expect(await template()).not.toBe(before));
  });

  it('is not written to while nothing changes', async () => {
    const versions = async (): Promise<readonly string[]> => {
      const objects = [
        ...(await children(cluster(), namespace(), 'given')),
        await get('dcs/given'),
      ];
      return objects.map(
        ({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`,
      );
    };
    await waitReady('given');
    const before = await versions();
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    expect(await versions()).toEqual(before);
  });

  it('leaves alone what an earlier store of its name has kept, whatever its deletion policy', async () => {
    await readyStore(cluster(), namespace(), 'heir');
    await run('delete', 'dcs/heir', '--wait');
    const access = await ownedDatabase('heir');
    await secret('heir-access', { ...access });
    const spec = { ...verified('heir-access'), deletion: { policy: 'Delete' } };
    await readyStore(cluster(), namespace(), 'heir', spec);

    await merge('dcs/heir', { spec: { deletion: { protected: false } } });
    await run('delete', 'dcs/heir', '--wait');
    await get('pvc/heir-db');
    for (const name of ['db', 'dbowner']) await get(`secret/heir-${name}`);
    await get('secret/heir-access');
    await eventually(() => expect(get('secret/heir-dbrole')).rejects.toThrow(/not found/));
  });
});
