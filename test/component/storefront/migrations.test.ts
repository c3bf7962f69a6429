import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MigrationError } from '../../../storefront-api/repositories/migration-error.ts';
import {
  migrate,
  type Migration,
  readMigrations,
} from '../../../storefront-api/repositories/migrator.ts';
import { migrationsFolder } from '../../../storefront-api/shop-database.ts';
import {
  asAdministrator,
  emptyDatabase,
  migratedDatabase,
  settingsOf,
} from '../../support/storefront.ts';

const known = readMigrations(migrationsFolder);
const names = known.map(({ name }) => name);
const folder = mkdtempSync(join(tmpdir(), 'dhakacart-migrations-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(url: string, migrations: readonly Migration[] = known): Promise<readonly string[]> {
  return migrate({ database: settingsOf(url), migrations, runtimeRole: undefined });
}

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

  it('of a newer release are refused by an older one', async () => {
    const url = await migratedDatabase();
    await expect(run(url, known.slice(0, 2))).rejects.toThrow(
      /the database is newer than this program/,
    );
  });

  it('that fail leave nothing behind', async () => {
    const url = await emptyDatabase();
    const broken = { name: '0001_broken', sql: 'CREATE TABLE a (); SELECT 1/0', checksum: 'x' };
    await expect(run(url, [broken])).rejects.toThrow(/^0001_broken\.sql: division by zero/);
    expect(await asAdministrator(url, "SELECT to_regclass('a') AS a")).toEqual([{ a: null }]);
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
