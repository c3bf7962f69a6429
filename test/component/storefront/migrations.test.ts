import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, inject, it } from 'vitest';
import type { DatabaseSettings } from '../../../storefront-api/repositories/database.ts';
import { MigrationError } from '../../../storefront-api/repositories/migration-error.ts';
import {
  migrate,
  type Migration,
  readMigrations,
} from '../../../storefront-api/repositories/migrator.ts';
import { migrationsFolder } from '../../../storefront-api/shop-database.ts';
import { aShopper, checkOut } from '../../support/shopper.ts';
import {
  asAdministrator,
  emptyDatabase,
  migratedDatabase,
  seededDatabase,
  settingsOf,
  startedApi,
} from '../../support/storefront.ts';

const known = readMigrations(migrationsFolder);
const names = known.map(({ name }) => name);
const folder = mkdtempSync(join(tmpdir(), 'dhakacart-migrations-'));
afterAll(() => rmSync(folder, { recursive: true }));

const aMigration = (name: string, sql: string, requires: string | null = null): Migration => ({
  name,
  sql,
  requires,
  checksum: name,
});

function run(url: string, migrations: readonly Migration[] = known): Promise<readonly string[]> {
  return migrate({ database: settingsOf(url), migrations, runtimeRole: undefined });
}

describe('a database that cannot be reached', () => {
  const outcome = (change: Partial<DatabaseSettings>): Promise<unknown> =>
    migrate({
      database: { ...settingsOf(inject('postgresUrl')), ...change },
      migrations: known,
      runtimeRole: undefined,
      connectPatienceMs: 0,
    }).catch((error: unknown) => error);

  it.each<[string, Partial<DatabaseSettings>, string, RegExp]>([
    ['nobody listens', { port: 9 }, 'unreachable', /cannot be reached .*look whether it runs/],
    ['another password', { password: 'x' }, 'refused', /refuses .*the password of that role/],
    ['another database', { database: 'nowhere' }, 'refused', /has no database nowhere/],
    [
      'no TLS',
      { tls: { rejectUnauthorized: true } },
      'unreachable',
      /does not prove who it is .*DATABASE_CA_FILE/,
    ],
  ])('is told from one that lets nobody in: %s', async (_title, change, blame, words) => {
    expect(await outcome(change)).toMatchObject({
      blame,
      message: expect.stringMatching(words) as string,
    });
  });
});

describe('a database that is away for a while', () => {
  const migrateNothing = (
    database: DatabaseSettings,
    connectPatienceMs: number,
  ): Promise<readonly string[]> =>
    migrate({ database, migrations: [], runtimeRole: undefined, connectPatienceMs });

  it('is waited for while it has no connection left', async () => {
    const url = await emptyDatabase();
    const name = `limited_${randomUUID().slice(0, 8)}`;
    await asAdministrator(url, `CREATE ROLE ${name} LOGIN PASSWORD 'x' CONNECTION LIMIT 0`);
    const database = { ...settingsOf(url), user: name, password: 'x' };
    await expect(migrateNothing(database, 0)).rejects.toMatchObject({
      blame: 'unreachable',
      message: expect.stringMatching(/has no connection left .*max_connections/) as string,
    });
    const waiting = migrateNothing(database, 30_000);
    await sleep(500);
    await asAdministrator(url, `ALTER ROLE ${name} SUPERUSER CONNECTION LIMIT -1`);
    expect(await waiting).toEqual([]);
  });

  it.each([
    ['ends', 'SELECT pg_terminate_backend(pg_backend_pid())'],
    ['turns into a replica', 'SET transaction_read_only = on; CREATE TABLE a ()'],
  ])('is to blame when it %s in the middle', async (_title, statement) => {
    const url = await emptyDatabase();
    await expect(run(url, [aMigration('0001_lost', statement)])).rejects.toMatchObject({
      blame: 'unreachable',
      message: expect.stringMatching(/went away in the middle .*nothing is half done/) as string,
    });
    expect(await run(url, [aMigration('0001_lost', 'SELECT 1')])).toEqual(['0001_lost']);
  });
});

describe('migrations', () => {
  it('are applied once, however many start together', async () => {
    const url = await emptyDatabase();
    const applied = await Promise.all(Array.from({ length: 5 }, () => run(url)));
    expect(applied.flat().toSorted()).toEqual(names);
    expect(await run(url)).toEqual([]);
    expect(await asAdministrator(url, 'SELECT name FROM schema_migrations ORDER BY name')).toEqual(
      names.map((name) => ({ name })),
    );
  });

  it('that were changed after they were applied are refused', async () => {
    const url = await migratedDatabase();
    const changed = known.map((migration, at) =>
      at === 1 ? { ...migration, checksum: 'x' } : migration,
    );
    await expect(run(url, changed)).rejects.toThrow(
      /^0002_accounts\.sql was changed after it was applied: restore/,
    );
  });

  it('of a newer release that only add are no obstacle to an older one, which sells', async () => {
    const url = await seededDatabase();
    const newest = [...known, aMigration('0098_colours', 'ALTER TABLE products ADD colour text')];
    expect(await run(url, newest)).toEqual(['0098_colours']);
    expect(await run(url)).toEqual([]);
    const api = await startedApi(url);
    try {
      const shopper = aShopper(api);
      const json = { sku: 'HILSA-PADMA-1KG', quantity: 1 };
      expect(await shopper.ask('POST', '/api/cart/lines', { json })).toMatchObject({ status: 200 });
      expect(await checkOut(shopper, randomUUID())).toMatchObject({ status: 201 });
    } finally {
      await api.stop();
    }
    expect(await run(url, newest)).toEqual([]);
  });

  it('that take away what a release needs are refused by that release and by no later one', async () => {
    const url = await migratedDatabase();
    const [expand, contract] = [
      aMigration('0097_expand', 'ALTER TABLE products ADD colour text'),
      aMigration('0098_contract', '-- requires: 0097_expand\nSELECT 1', '0097_expand'),
    ];
    const newest = [...known, expand, contract];
    expect(await run(url, newest)).toEqual(['0097_expand', '0098_contract']);
    expect(await run(url, newest.slice(0, -1))).toEqual([]);
    await expect(run(url)).rejects.toThrow(
      'the database is too new for this program: since 0098_contract it takes one that knows 0097_expand. Deploy such a release',
    );
  });

  it('find a history that was begun before one could require anything', async () => {
    const url = await migratedDatabase();
    await asAdministrator(url, 'ALTER TABLE schema_migrations DROP COLUMN requires');
    expect(await run(url)).toEqual([]);
  });

  it('that fail leave nothing behind', async () => {
    const url = await emptyDatabase();
    const broken = aMigration('0001_broken', 'CREATE TABLE a (); SELECT 1/0');
    await expect(run(url, [broken])).rejects.toThrow(/^0001_broken\.sql: division by zero/);
    expect(await asAdministrator(url, "SELECT to_regclass('a') AS a")).toEqual([{ a: null }]);
  });

  it.each([
    ['-- requires: 0001_catalogue\nSELECT 1', '0001_catalogue'],
    ['-- A comment.\n-- requires: 0099_new\n', '0099_new'],
    ['-- This requires nothing.\n', null],
  ])('say what programs must know: %j', (sql, requires) => {
    const copy = mkdtempSync(join(folder, 'copy-'));
    cpSync(migrationsFolder, copy, { recursive: true });
    writeFileSync(join(copy, '0099_new.sql'), sql);
    expect(readMigrations(copy).at(-1)).toMatchObject({ name: '0099_new', requires });
  });

  it.each([
    ['-- requires 0001_catalogue', /0099_new\.sql: write one line such as/],
    ['-- Requires: catalogue', /write one line such as/],
    ['-- requires: 0001_catalogue\n-- requires: 0002_accounts', /write one line such as/],
    ['-- requires: 9999_later', /name no later migration/],
    ['-- requires: 0001_other', /0099_new\.sql requires 0001_other, which is no migration/],
  ])('that say it wrongly are refused: %j', (sql, words) => {
    const copy = mkdtempSync(join(folder, 'copy-'));
    cpSync(migrationsFolder, copy, { recursive: true });
    writeFileSync(join(copy, '0099_new.sql'), `${sql}\n`);
    expect(() => readMigrations(copy)).toThrow(words);
  });

  it.each(['1_short.sql', '0009_Upper.sql', 'notes.txt', '0001_again.sql'])(
    'named %s are refused',
    (name) => {
      const copy = mkdtempSync(join(folder, 'copy-'));
      cpSync(migrationsFolder, copy, { recursive: true });
      writeFileSync(join(copy, name), '');
      expect(() => readMigrations(copy)).toThrow(MigrationError);
    },
  );
});
