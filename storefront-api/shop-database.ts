// The database of this shop: its migrations, and the demonstration catalogue that a new one may be given.
import { join } from 'node:path';
import { type SeedCounts, seedCatalogue } from './repositories/catalogue-seed.ts';
import { Database, type DatabaseSettings } from './repositories/database.ts';
import { migrate, readMigrations } from './repositories/migrator.ts';
import type { RuntimeRole } from './repositories/runtime-role.ts';
import { seedCategories } from './seed/categories.ts';
import { seedProducts } from './seed/products.ts';

/** Folder of the migrations; a bundle keeps it beside itself. */
export const migrationsFolder = join(import.meta.dirname, 'migrations');

/**
 * Brings the schema up to date.
 * @param runtimeRole role that the API runs as, if it is not the owner of the schema
 * @returns names of the migrations that were applied
 * @throws MigrationError
 */
export function migrateShop(
  database: DatabaseSettings,
  runtimeRole?: RuntimeRole,
): Promise<readonly string[]> {
  return migrate({ database, migrations: readMigrations(migrationsFolder), runtimeRole });
}

/**
 * Adds the demonstration catalogue where it is missing.
 * @throws DatabaseUnavailable
 */
export async function seedShop(settings: DatabaseSettings): Promise<SeedCounts> {
  const database = new Database(settings);
  try {
    return await seedCatalogue(database, { categories: seedCategories, products: seedProducts });
  } finally {
    await database.end();
  }
}
