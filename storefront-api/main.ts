// The API process: `serve`, `migrate` or `seed`. The only place that ends the process.
import { join } from 'node:path';
import { apiConfig, helpText, logLevel, parseCommand } from './config.ts';
import { type ConfigSources, optional, processSources } from './config-sources.ts';
import { databaseSettings } from './database-config.ts';
import { ConfigError } from './errors.ts';
import { endInOrder } from './lifecycle.ts';
import { createLogger } from './log.ts';
import { seedCatalogue } from './repositories/catalogue-seed.ts';
import { Database } from './repositories/database.ts';
import { migrate, readMigrations } from './repositories/migrator.ts';
import { seedCategories } from './seed/categories.ts';
import { seedProducts } from './seed/products.ts';
import { startApi } from './start-api.ts';

/** Exit code for a setting that cannot be used, as sysexits.h has it for a usage error. */
const exitUsage = 64;

const everyInterface = '0.0.0.0';

async function runMigrations(sources: ConfigSources): Promise<void> {
  const applied = await migrate({
    database: databaseSettings(sources),
    migrations: readMigrations(join(import.meta.dirname, 'migrations')),
    runtimeRole: optional(sources, 'DATABASE_RUNTIME_ROLE'),
  });
  createLogger(logLevel(sources)).info({ applied }, 'the database is up to date');
}

async function runSeed(sources: ConfigSources): Promise<void> {
  const database = new Database(databaseSettings(sources));
  try {
    const added = await seedCatalogue(database, {
      categories: seedCategories,
      products: seedProducts,
    });
    createLogger(logLevel(sources)).info({ added }, 'the demonstration catalogue is there');
  } finally {
    await database.end();
  }
}

async function serve(sources: ConfigSources): Promise<void> {
  const config = apiConfig(sources);
  const log = createLogger(config.logLevel);
  const api = await startApi({ config, log, host: everyInterface });
  endInOrder({ log, stop: () => api.stop() });
}

async function run(): Promise<void> {
  const command = parseCommand(process.argv.slice(2));
  const sources = processSources(process.env);
  switch (command) {
    case 'help':
      process.stdout.write(helpText);
      return;
    case 'migrate':
      return runMigrations(sources);
    case 'seed':
      return runSeed(sources);
    case 'serve':
      return serve(sources);
  }
}

try {
  await run();
} catch (error) {
  process.stderr.write(`storefront-api: ${(error as Error).message}\n`);
  process.exit(error instanceof ConfigError ? exitUsage : 1);
}
