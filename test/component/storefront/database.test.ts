import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../dev/postgres/start-postgres.ts';
import { DatabaseUnavailable } from '../../../storefront-api/errors.ts';
import {
  Database,
  databaseLimits,
  readConnectionCount,
  type StatementRunner,
} from '../../../storefront-api/repositories/database.ts';
import { eventually } from '../../support/eventually.ts';
import { asAdministrator, settingsOf } from '../../support/storefront.ts';

const one = { name: 'one', text: 'SELECT 1 AS one' };
const sleep = { name: 'sleep', text: 'SELECT pg_sleep(30)' };

let server: PostgresServer;
let database: Database;
beforeAll(async () => {
  server = await startPostgres({ fsync: false });
  database = new Database({ ...settingsOf(server.url()), poolSize: 4 });
});
afterAll(async () => {
  await database.end();
  await server.stop();
});

describe('the database', () => {
  it('serves reads again at once after a restart, without an error', async () => {
    await Promise.all(Array.from({ length: 4 }, () => database.read(one)));
    await server.restart();
    expect(await database.read(one)).toEqual([{ one: 1 }]);
  });

  it('is unavailable while it is away, soon, and comes back', async () => {
    await database.read(one);
    await server.kill();
    // Children of the server may answer for a moment after its death.
    await eventually(() => expect(database.read(one)).rejects.toThrow());
    const startedAt = performance.now();
    await expect(database.read(one)).rejects.toThrow(DatabaseUnavailable);
    expect(performance.now() - startedAt).toBeLessThan(databaseLimits.connectMs * 2);
    await server.restart();
    expect(await database.read(one)).toEqual([{ one: 1 }]);
  });

  it.each([
    ['password', { password: 'changed meanwhile' }],
    ['role', { user: 'nobody' }],
    ['database', { database: 'nowhere' }],
  ])('that refuses our %s is unavailable', async (_, wrong) => {
    const refused = new Database({ ...settingsOf(server.url()), ...wrong, poolSize: 4 });
    await expect(refused.read(one)).rejects.toThrow(DatabaseUnavailable);
    await expect(refused.run(one)).rejects.toThrow(DatabaseUnavailable);
    await refused.end();
  });

  it('drops every connection when an administrator ends one', async () => {
    await Promise.all(Array.from({ length: 4 }, () => database.read(one)));
    const before = database.drops;
    const reads = Promise.all(
      [database.run(sleep), database.run(sleep)].map((read) =>
        read.catch((error: unknown) => error),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    await asAdministrator(
      server.url(),
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND pid <> pg_backend_pid()",
    );
    for (const outcome of await reads) expect(outcome).toBeInstanceOf(DatabaseUnavailable);
    expect(database.drops - before).toBe(1);
    expect(await database.read(one)).toEqual([{ one: 1 }]);
  });

  it('drops every connection to a primary that has become read-only, and never repeats the write', async () => {
    const admin = server.url();
    await asAdministrator(admin, 'CREATE TABLE t (n int)');
    const [before, sent] = [database.drops, database.statements];
    const write = { name: 'write', text: 'INSERT INTO t VALUES (1)' };
    await asAdministrator(admin, 'ALTER DATABASE postgres SET default_transaction_read_only = on');
    const fresh = new Database({ ...settingsOf(admin), poolSize: 1 });
    await expect(fresh.run(write)).rejects.toThrow(DatabaseUnavailable);
    expect([fresh.drops, fresh.statements]).toEqual([1, 1]);
    await fresh.end();
    await asAdministrator(
      `${admin}?options=-c%20default_transaction_read_only%3Doff`,
      'ALTER DATABASE postgres RESET default_transaction_read_only',
    );
    await database.run(write);
    expect([database.drops - before, database.statements - sent]).toEqual([0, 1]);
  });

  it('S94 ends statements that take too long', async () => {
    await expect(database.run(sleep)).rejects.toThrow(DatabaseUnavailable);
    expect(
      await asAdministrator(
        server.url(),
        "SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%' AND state = 'active' AND pid <> pg_backend_pid()",
      ),
    ).toEqual([]);
  });

  it('runs a transaction again that lost a race, and all of it or nothing', async () => {
    await database.run({ name: '', text: 'CREATE TABLE counters (id int PRIMARY KEY, n int); ' });
    await database.run({ name: '', text: 'INSERT INTO counters VALUES (1, 0), (2, 0)' });
    const add = { name: 'add', text: 'UPDATE counters SET n = n + 1 WHERE id = $1' };
    const both = (first: number, second: number): Promise<void> =>
      database.transaction(async (runner) => {
        await runner.run(add, [first]);
        await runner.run({ name: 'nap', text: 'SELECT pg_sleep(0.05)' });
        await runner.run(add, [second]);
      });
    await Promise.all([both(1, 2), both(2, 1)]); // a deadlock, unless one is run again
    await expect(
      database.transaction(async (runner) => {
        await runner.run(add, [1]);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(
      await database.read({ name: 'sums', text: 'SELECT n FROM counters ORDER BY id' }),
    ).toEqual([{ n: 2 }, { n: 2 }]);
  });
});

describe('a transaction whose connection is ended', () => {
  const end = (query: string): Promise<unknown> =>
    asAdministrator(
      server.url(),
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '${query}' AND pid <> pg_backend_pid()`,
    );
  // Vitest fails the run on an error that nobody caught; this makes the test say so.
  const uncaught: unknown[] = [];
  const note = (error: unknown): number => uncaught.push(error);
  beforeAll(() => void process.on('uncaughtException', note));
  afterAll(() => void process.off('uncaughtException', note));

  it.each<[string, (runner: StatementRunner) => Promise<unknown>]>([
    [
      'at work on a statement',
      async (runner) => {
        const statement = runner.run({ name: '', text: 'SELECT pg_sleep(31)' });
        await Promise.all([
          statement,
          eventually(() => expect(end('%pg_sleep(31)')).resolves.toHaveLength(1)),
        ]);
      },
    ],
    [
      'between two statements',
      async (runner) => {
        await runner.run({ name: '', text: "SELECT 'in between'" });
        const before = database.drops;
        expect(await end("SELECT ''in between''")).toHaveLength(1);
        // It is heard of while nobody waits for an answer.
        await eventually(() => expect(database.drops).toBe(before + 1));
        await runner.run(one);
      },
    ],
  ])('%s is unavailable, and the process goes on', async (_, work) => {
    const before = database.drops;
    await expect(database.transaction(work)).rejects.toThrow(DatabaseUnavailable);
    await setImmediate();
    expect(uncaught).toEqual([]);
    expect(await database.transaction((runner) => runner.run(one))).toEqual([{ one: 1 }]);
    expect(database.drops - before).toBe(1);
  });
});

describe('reads', () => {
  const half = { name: 'half', text: 'SELECT 10 / $1::int AS n' };

  it('share few connections without getting in each other’s way', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, (_, n) =>
        database.read<{ n: number }>(half, [n % 10]).then(
          ([row]) => row?.n,
          (error: unknown) => (error as { code: string }).code,
        ),
      ),
    );
    const expected = Array.from({ length: 400 }, (_, n) =>
      n % 10 === 0 ? '22012' : Math.trunc(10 / (n % 10)),
    );
    expect(outcomes).toEqual(expected);
    expect(database.connections.total).toBeLessThanOrEqual(4);
  });

  it('that were on their way on a connection that broke are sent once more', async () => {
    const nap = { name: 'nap2', text: 'SELECT pg_sleep(0.3), 1 AS one' };
    const reads = Promise.all(Array.from({ length: 5 }, () => database.read(nap)));
    await new Promise((resolve) => setTimeout(resolve, 100));
    await asAdministrator(
      server.url(),
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(0.3)%' AND pid <> pg_backend_pid()",
    );
    expect(await reads).toHaveLength(5);
  });

  it('that take too long fail alone or are repeated, and the next ones work', async () => {
    const outcomes = await Promise.allSettled([database.read(sleep), database.read(one)]);
    expect(outcomes[0]).toMatchObject({
      status: 'rejected',
      reason: expect.any(DatabaseUnavailable),
    });
    expect(await database.read(one)).toEqual([{ one: 1 }]);
  });

  it.each([
    [1, 1],
    [2, 1],
    [9, 3],
    [10, 3],
    [100, 4],
  ])('of %i connections get %i', (poolSize, count) => {
    expect(readConnectionCount(poolSize)).toBe(count);
  });
});

describe('a statement that may be repeated', () => {
  it.each([
    ['40001', 3, 'done'],
    ['40P01', 3, 'done'],
    ['40001', 4, '40001'],
    ['23514', 1, '23514'],
  ])('lost with %s %i times: %s', async (code, failures, end) => {
    // A sequence counts the attempts: it is the one thing that is not undone.
    await database.run({ name: '', text: 'DROP SEQUENCE IF EXISTS attempts' });
    await database.run({ name: '', text: 'CREATE SEQUENCE attempts' });
    await database.run({
      name: '',
      text: `CREATE OR REPLACE FUNCTION attempt() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('attempts') <= ${failures} THEN RAISE EXCEPTION 'lost' USING ERRCODE = '${code}'; END IF;
        RETURN 'done'; END $$`,
    });
    const outcome = await database
      .runRepeatable<{ attempt: string }>({ name: '', text: 'SELECT attempt()' })
      .then(
        (rows) => rows[0]?.attempt,
        (error: unknown) => (error as { code: string }).code,
      );
    expect(outcome).toBe(end);
  });
});

describe('a database that swallows everything', () => {
  let proxy: Server;
  const sockets = new Set<Socket>();
  let isSilent = false;
  beforeAll(async () => {
    proxy = createServer((client) => {
      const upstream = connect(server.port, '127.0.0.1');
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => undefined);
        socket.on('close', () => sockets.delete(socket));
      }
      client.on('data', (data) => isSilent || upstream.write(data));
      upstream.on('data', (data) => isSilent || client.write(data));
      client.on('close', () => upstream.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => proxy.close(resolve));
  });

  it('is unavailable within the limits, for a connection in use and for a new one', async () => {
    const { port } = proxy.address() as AddressInfo;
    const behind = new Database({ ...settingsOf(server.url()), port, poolSize: 1 });
    expect(await behind.read(one)).toEqual([{ one: 1 }]);
    isSilent = true;
    const startedAt = performance.now();
    await expect(behind.read(one)).rejects.toThrow(DatabaseUnavailable);
    const longest = databaseLimits.queryMs + databaseLimits.connectMs + 1_000;
    expect(performance.now() - startedAt).toBeLessThan(longest);
    isSilent = false;
    expect(await behind.read(one)).toEqual([{ one: 1 }]);
    await behind.end();
  });
});
