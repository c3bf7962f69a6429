// Brings a database to the schema that this program knows: the files of migrations/ in the order of their names, each in
// a transaction of its own, each once. Several runners may start together: an advisory lock lets one work at a time.
// Migrations only add (expand); what is no longer used goes in a later release (contract), since old and new pods serve
// side by side during a rollout, and a release may be taken back. One that takes something away says from which migration
// on programs no longer need it, `-- requires: 0007_orders_of_guests`; older programs then refuse the database.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { errorCode, isConnectionFailure, isOutOfConnections } from './database-errors.ts';
import { connectionConfig, type DatabaseSettings } from './database.ts';
import { connectionError, lossError, MigrationError } from './migration-error.ts';
import { assertUsable, grantRuntimeRole, type RuntimeRole } from './runtime-role.ts';

/** One file. */
export interface Migration {
  /** File name without `.sql`, such as `0001_catalogue`. */
  readonly name: string;
  readonly sql: string;
  /** The migration that a program must know to serve from the schema that this one leaves; null: any program may. */
  readonly requires: string | null;
  /** SHA-256 of the file in hex. */
  readonly checksum: string;
}

/** Any number will do, as long as nothing else in the database takes it. */
const lockKey = 4_715_201;
/** Wait for other runners, then for tables in use; a migration that waits blocks every query behind it. */
const runnerPatience = '120s';
const tablePatience = '5s';
const tableAttempts = 5;
const lockNotAvailable = '55P03';

const insufficientPrivilege = '42501';

/**
 * A server that has just started may not be found yet: DNS answers of before live on for up to 30 s
 * (https://github.com/coredns/coredns/tree/master/plugin/cache, the operator of a cluster chooses).
 */
const connectPatienceMs = 40_000;
const connectPauseMs = 1_000;

const fileName = /^(\d{4}_[a-z0-9_]+)\.sql$/;
const requirement = /^-- *requires\b(.*)$/gim;

/**
 * Reads a folder of migrations.
 * @throws MigrationError on a file with another name or a number that stands twice
 */
export function readMigrations(folder: string): readonly Migration[] {
  const files = readdirSync(folder).toSorted();
  const migrations = files.map((file) => {
    const name = fileName.exec(file)?.[1];
    if (name === undefined) {
      throw new MigrationError(`${file}: migrations are named like 0001_catalogue.sql`);
    }
    const sql = readFileSync(join(folder, file), 'utf8');
    const checksum = createHash('sha256').update(sql).digest('hex');
    return { name, sql, requires: requiredBy(name, sql), checksum };
  });
  const numbers = migrations.map(({ name }) => name.slice(0, 4));
  const twice = numbers.find((number, at) => numbers.indexOf(number) !== at);
  if (twice !== undefined) throw new MigrationError(`two migrations have the number ${twice}`);
  for (const { name, requires } of migrations) {
    if (requires === null || migrations.some((one) => one.name === requires)) continue;
    throw new MigrationError(`${name}.sql requires ${requires}, which is no migration`);
  }
  return migrations;
}

/** A line that is nearly right must not pass for a comment. */
function requiredBy(name: string, sql: string): string | null {
  const [found, ...others] = [...sql.matchAll(requirement)].map(([, rest = '']) => rest);
  if (found === undefined) return null;
  const required = /^: (\d{4}_[a-z0-9_]+)$/.exec(found)?.[1];
  if (required === undefined || others.length > 0 || required > name) {
    throw new MigrationError(
      `${name}.sql: write one line such as "-- requires: 0001_catalogue", and name no later migration`,
    );
  }
  return required;
}

/** What is remembered of a migration. */
export type AppliedMigration = Pick<Migration, 'name' | 'checksum' | 'requires'>;

/**
 * Which migrations are still to be run; none when the database is newer than the program and fits it all the same. Pure.
 * @throws MigrationError when what was applied is not the beginning of what is known, or no longer fits the program
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): readonly Migration[] {
  for (const [at, { name, checksum, requires }] of applied.entries()) {
    const file = known[at];
    if (file === undefined) {
      if (requires === null || known.some((one) => one.name === requires)) continue;
      throw new MigrationError(
        `the database is too new for this program: since ${name} it takes one that knows ${requires}. Deploy such a release`,
      );
    }
    if (file.name !== name) {
      throw new MigrationError(
        `the database has ${name} where this program has ${file.name}: number new migrations after all others`,
      );
    }
    if (file.checksum !== checksum) {
      throw new MigrationError(
        `${name}.sql was changed after it was applied: restore the file and put the change into a new one`,
      );
    }
  }
  return known.slice(applied.length);
}

async function applyMigration(client: Client, migration: Migration): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query('BEGIN');
      await client.query(`SET LOCAL lock_timeout = '${tablePatience}'`);
      await client.query(migration.sql);
      await client.query(
        'INSERT INTO schema_migrations (name, checksum, requires) VALUES ($1, $2, $3)',
        [migration.name, migration.checksum, migration.requires],
      );
      await client.query('COMMIT');
      return;
    } catch (cause) {
      if (isConnectionFailure(cause)) throw cause;
      await client.query('ROLLBACK');
      if (errorCode(cause) === lockNotAvailable && attempt < tableAttempts) continue;
      throw new MigrationError(`${migration.name}.sql: ${(cause as Error).message}`, { cause });
    }
  }
}

/** What to bring up to date. */
export interface MigrationRun {
  /** As the owner of the schema. */
  readonly database: DatabaseSettings;
  readonly migrations: readonly Migration[];
  /** Role that the API runs as; it gets its grants after every run. */
  readonly runtimeRole: RuntimeRole | undefined;
  /** How long a server that cannot be reached, or has no connection left, is tried again; default 40 s. */
  readonly connectPatienceMs?: number;
}

/** @throws MigrationError when the server refuses, or cannot be reached for too long */
async function connectedClient(
  database: DatabaseSettings,
  patienceMs: number = connectPatienceMs,
): Promise<Client> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const client = new Client(connectionConfig(database));
    client.on('error', () => undefined); // the query in flight reports it
    try {
      await client.connect();
      return client;
    } catch (error) {
      const isLate = performance.now() > deadline;
      const mayPass = isConnectionFailure(error) || isOutOfConnections(error);
      if (isLate || !mayPass) throw connectionError(database, error);
    }
    await sleep(connectPauseMs);
  }
}

async function lockOut(client: Client): Promise<void> {
  await client.query(`SET lock_timeout = '${runnerPatience}'`);
  try {
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
  } catch (cause) {
    if (errorCode(cause) !== lockNotAvailable) throw cause;
    const text = `another migration of this database has not ended for ${runnerPatience}: look for it in pg_stat_activity, end it if it hangs, and run this again`;
    throw new MigrationError(text, { cause });
  }
}

/** The second statement is for databases whose first migrations were run before one could require anything. */
async function prepareHistory(client: Client, { user, database }: DatabaseSettings): Promise<void> {
  try {
    await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      name text PRIMARY KEY COLLATE "C", checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    await client.query('ALTER TABLE schema_migrations ADD COLUMN IF NOT EXISTS requires text');
  } catch (cause) {
    if (errorCode(cause) !== insufficientPrivilege) throw cause;
    const text = `${user} may not make tables in database ${database} (${(cause as Error).message}): it must own the database (ALTER DATABASE ${escapeIdentifier(database)} OWNER TO ${escapeIdentifier(user)})`;
    throw new MigrationError(text, { cause });
  }
}

async function migrateWith(client: Client, run: MigrationRun): Promise<readonly string[]> {
  await lockOut(client);
  await prepareHistory(client, run.database);
  const { rows } = await client.query<AppliedMigration>(
    'SELECT name, checksum, requires FROM schema_migrations ORDER BY name',
  );
  const pending = pendingMigrations(run.migrations, rows);
  for (const migration of pending) await applyMigration(client, migration);
  const { runtimeRole, database } = run;
  if (runtimeRole !== undefined) await grantRuntimeRole(client, runtimeRole, database.database);
  return pending.map(({ name }) => name);
}

/**
 * Brings the database up to date.
 * @returns names of the migrations that this run applied
 * @throws MigrationError
 */
export async function migrate(run: MigrationRun): Promise<readonly string[]> {
  if (run.runtimeRole !== undefined) assertUsable(run.runtimeRole);
  const client = await connectedClient(run.database, run.connectPatienceMs);
  let applied: readonly string[];
  try {
    applied = await migrateWith(client, run);
  } catch (error) {
    throw isConnectionFailure(error) ? lossError(run.database, error) : error;
  } finally {
    await client.end(); // gives the advisory lock back
  }
  await tryRuntimeRole(run);
  return applied;
}

/** Pods of the API that the server does not let in would be no release. */
async function tryRuntimeRole({ database, runtimeRole, ...run }: MigrationRun): Promise<void> {
  const { name: user, password } = runtimeRole ?? {};
  if (user === undefined || password === undefined) return;
  const client = await connectedClient({ ...database, user, password }, run.connectPatienceMs);
  await client.end();
}
