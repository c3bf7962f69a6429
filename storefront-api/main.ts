// The API process: serves, or runs one of the other commands of config.ts. The only place that ends the process.
import { apiConfig, helpText, logLevel, parseCommand } from './config.ts';
import { type ConfigSources, optional, processSources } from './config-sources.ts';
import { createStaff } from './create-staff.ts';
import { databaseSettings, runtimeRole } from './database-config.ts';
import { changeAccess } from './disable-account.ts';
import { ConfigError } from './errors.ts';
import { endInOrder } from './lifecycle.ts';
import { createLogger } from './log.ts';
import { MigrationError } from './repositories/migration-error.ts';
import { migrateShop, seedShop } from './shop-database.ts';
import { startApi } from './start-api.ts';

/** Exit codes as sysexits.h has them: a setting that cannot be used, and a database that cannot be. */
const exitUsage = 64;
const migrationExits = { schema: 1, unreachable: 69, refused: 77 } as const;

function exitCode(error: unknown): number {
  if (error instanceof ConfigError) return exitUsage;
  return error instanceof MigrationError ? migrationExits[error.blame] : 1;
}

async function runMigrations(sources: ConfigSources): Promise<void> {
  const applied = await migrateShop(databaseSettings(sources), runtimeRole(sources));
  createLogger(logLevel(sources)).info({ applied }, 'the database is up to date');
}

async function runSeed(sources: ConfigSources): Promise<void> {
  const added = await seedShop(databaseSettings(sources));
  createLogger(logLevel(sources)).info({ added }, 'the demonstration catalogue is there');
}

async function standardInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk);
  return text.replace(/\r?\n$/, '');
}

async function runCreateStaff(sources: ConfigSources, email: string): Promise<void> {
  const password = optional(sources, 'STAFF_PASSWORD') ?? (await standardInput());
  await createStaff(databaseSettings(sources), { email, password, now: new Date() });
  createLogger(logLevel(sources)).info('the account of the staff is there');
}

async function runAccessChange(
  sources: ConfigSources,
  email: string,
  isDisabled: boolean,
): Promise<void> {
  const request = { email, isDisabled, now: new Date() };
  const { isChanged, endedSessions } = await changeAccess(databaseSettings(sources), request);
  const state = isDisabled ? 'disabled' : 'enabled';
  createLogger(logLevel(sources)).info(
    { endedSessions },
    isChanged ? `the account is ${state}` : `the account was ${state} already: nothing was changed`,
  );
}

async function serve(sources: ConfigSources): Promise<void> {
  const config = apiConfig(sources);
  const log = createLogger(config.logLevel);
  const api = await startApi({ config, log, host: undefined });
  endInOrder({ log, stop: () => api.stop() });
}

async function run(): Promise<void> {
  const { command, email } = parseCommand(process.argv.slice(2));
  const sources = processSources(process.env);
  switch (command) {
    case 'help':
      process.stdout.write(helpText);
      return;
    case 'migrate':
      return runMigrations(sources);
    case 'seed':
      return runSeed(sources);
    case 'create-staff':
      return runCreateStaff(sources, email);
    case 'disable-account':
    case 'enable-account':
      return runAccessChange(sources, email, command === 'disable-account');
    case 'serve':
      return serve(sources);
  }
}

try {
  await run();
} catch (error) {
  // One line, the last one: in a pod it becomes the termination message.
  process.stderr.write(`storefront-api: ${(error as Error).message.replaceAll(/\s+/g, ' ')}\n`);
  process.exit(exitCode(error));
}
