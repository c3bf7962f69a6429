// The operator and the API agree: what the operator writes is what the API starts from, and what the owner changes in the
// store is what shoppers meet.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresServer } from '../../../dev/postgres/start-postgres.ts';
import { startPostgres } from '../../../dev/postgres/start-postgres.ts';
import { setOwnerPassword } from '../../../operator/status/owner-password.ts';
import { type ApiPod, type ApiPodOptions, runApiPod, startApiPod } from '../../support/api-pod.ts';
import { withBundle } from '../../support/bundle.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { withOperator } from '../../support/operator.ts';
import { list, read, readyStore } from '../../support/stores.ts';

const host = 'shop.example.com';

interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

describe('the API, started from what the operator wrote', () => {
  const cluster = withOwnCluster();
  withOperator(cluster);
  const namespace = withNamespace('contract', cluster);
  const program = withBundle('storefront-api');
  let postgres: PostgresServer;
  let pod: ApiPod | undefined;

  const podOf = (object: string): ApiPodOptions => ({
    cluster: cluster(),
    namespace: namespace(),
    object,
    program: program(),
    database: { host: '127.0.0.1', port: Number(new URL(postgres.url()).port) },
  });
  const api = (): ApiPodOptions => podOf('deployment/shop-api');

  async function values(name: string): Promise<Readonly<Record<string, string>>> {
    const { data } = await read(cluster(), [`secret/${name}`, '-n', namespace()]);
    return Object.fromEntries(
      Object.entries(data as Record<string, string>).map(([key, text]) => [
        key,
        Buffer.from(text, 'base64').toString(),
      ]),
    );
  }

  /** What the image of PostgreSQL makes of POSTGRES_USER, POSTGRES_PASSWORD_FILE and POSTGRES_DB. */
  async function prepareServer(): Promise<void> {
    const [shop, owner] = [await values('shop-db'), await values('shop-dbowner')];
    const client = new Client({ connectionString: postgres.url() });
    await client.connect();
    await client.query(
      `CREATE ROLE ${owner['username']} SUPERUSER LOGIN PASSWORD '${owner['password']}'`,
    );
    await client.query(`CREATE DATABASE ${shop['database']} OWNER ${owner['username']}`);
    await client.end();
  }

  beforeAll(async () => {
    postgres = await startPostgres({ fsync: false });
    await readyStore(cluster(), namespace(), 'shop', { hosts: [host] });
    await prepareServer();
    const [job] = await list(cluster(), 'jobs', ['-n', namespace()]);
    await runApiPod(podOf(`job/${job?.metadata.name}`));
    await runApiPod(api(), ['seed']);
  }, 400_000);
  afterEach(async () => {
    await pod?.stop();
    pod = undefined;
  });
  afterAll(() => postgres.stop());

  const start = async (): Promise<ApiPod> => {
    pod = await startApiPod(api());
    return pod;
  };

  /** Changes the store; resolves when its Deployment wants new pods. */
  async function edit(spec: object): Promise<void> {
    const template = async (): Promise<string> => {
      const deployment = await read(cluster(), ['deployment/shop-api', '-n', namespace()]);
      return JSON.stringify(deployment['spec'].template);
    };
    const before = await template();
    const patch = JSON.stringify({ spec });
    const patched = ['patch', 'dcs/shop', '-n', namespace(), '--type=merge', '-p', patch];
    await mustRun(cluster(), patched);
    await eventually(async () => expect(await template()).not.toBe(before));
  }

  /** `fetch` would set the Host header itself. */
  async function ask({ port }: ApiPod, path: string, options: Asked = {}): Promise<Answer> {
    const { headers, statusCode, body } = await request(`http://127.0.0.1:${port}${path}`, {
      ...options,
      headers: { host, 'x-forwarded-for': '203.0.113.9', ...options.headers },
    });
    return { status: statusCode, headers, text: await body.text() };
  }

  const signIn = (running: ApiPod): Promise<Answer> =>
    ask(running, '/api/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'nobody@example.com', password: 'not the password' }),
    });

  it('starts, is ready, and serves the host of the store', async () => {
    const running = await start();
    const answer = await ask(running, '/api/products?limit=1');
    expect(answer.status).toBe(200);
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(
      (await ask(running, '/api/products', { headers: { host: 'other.example' } })).status,
    ).toBe(421);
  });

  it('serves as a role that cannot migrate', async () => {
    await expect(runApiPod(api(), ['migrate'])).rejects.toThrow(/permission denied/);
  });

  /** Deletes a Secret; resolves to the Job that another one brings with it. */
  async function lose(secret: string): Promise<ApiPodOptions> {
    const names = async (): Promise<readonly string[]> =>
      (await list(cluster(), 'jobs', ['-n', namespace()])).map(({ metadata }) => metadata.name);
    const before = await names();
    await mustRun(cluster(), ['delete', `secret/${secret}`, '-n', namespace()]);
    const [job] = await eventually(async () => {
      const now = await names();
      expect(now).toHaveLength(1);
      expect(now).not.toEqual(before);
      return now;
    });
    return podOf(`job/${job}`);
  }

  it('serves with another password after its Secret was lost, since the migration sets it', async () => {
    const before = await values('shop-db');
    const job = await lose('shop-db');
    const after = await values('shop-db');
    expect(after['password']).not.toBe(before['password']);
    expect({ ...after, password: '' }).toEqual({ ...before, password: '' });
    await runApiPod(job);
    expect((await ask(await start(), '/api/products?limit=1')).status).toBe(200);
  });

  it('migrates with another password of the owner as soon as somebody has set it as the status says', async () => {
    const before = await values('shop-dbowner');
    const job = await lose('shop-dbowner');
    await expect(runApiPod(job)).rejects.toThrow(/password|28P01/);

    const after = await values('shop-dbowner');
    const folder = mkdtempSync(join(tmpdir(), 'dhakacart-psql-'));
    writeFileSync(join(folder, 'password'), after['password'] ?? '');
    // Instead of psql in the pod of the database: a program that prints what it is to do, and for whom.
    writeFileSync(join(folder, 'psql'), '#!/bin/sh\necho "$@"; cat\n', { mode: 0o755 });
    const said = execFileSync('sh', ['-c', setOwnerPassword], {
      env: {
        PATH: `${folder}:${process.env['PATH']}`,
        POSTGRES_PASSWORD_FILE: join(folder, 'password'),
        POSTGRES_USER: before['username'],
        POSTGRES_DB: 'shop',
      },
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });
    const [words, statement = ''] = said.split('\n');
    expect(words).toBe('-U shop_owner shop');
    const { port } = new URL(postgres.url());
    const client = new Client({
      host: '127.0.0.1',
      port: Number(port),
      database: 'shop',
      user: before['username'],
      password: before['password'],
    });
    await client.connect();
    await client.query(statement);
    await client.end();
    await runApiPod(job);
  });

  it('answers another origin once the owner allows it', async () => {
    const origin = 'https://admin.example.com';
    const allowed = async (): Promise<unknown> => {
      const answer = await ask(await start(), '/api/products', { headers: { origin } });
      await pod?.stop();
      return answer.headers['access-control-allow-origin'];
    };
    expect(await allowed()).toBeUndefined();
    await edit({ security: { cors: { allowedOrigins: [origin] } } });
    expect(await allowed()).toBe(origin);
  });

  it('limits sign-ins as the owner says', async () => {
    await edit({ security: { rateLimits: { login: { requests: 2, windowSeconds: 600 } } } });
    const running = await start();
    const statuses: number[] = [];
    for (let round = 0; round < 3; round += 1) statuses.push((await signIn(running)).status);
    expect(statuses).toEqual([401, 401, 429]);
  });

  it('closes for maintenance in the words of the owner, and opens again', async () => {
    await edit({ maintenance: { mode: 'ReadOnly', message: { en: 'Back at six' } } });
    let running = await start();
    const refused = await signIn(running);
    expect(refused.status).toBe(503);
    expect(JSON.parse(refused.text)).toMatchObject({ detail: 'Back at six' });
    expect((await ask(running, '/api/products')).status).toBe(200);
    await running.stop();
    await edit({ maintenance: { mode: 'Off' } });
    running = await start();
    expect((await signIn(running)).status).not.toBe(503);
  });
});
