// Brings a database to the schema that this program knows: the files of migrations/ in the order of their names, each in
// a transaction of its own, each once. Several runners may start together: an advisory lock lets one work at a time.
// Migrations only add (expand); what is no longer used goes in a later release (contract), since old and new pods serve
// side by side during a rollout.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { errorCode } from './database-errors.ts';
import { connectionConfig, type DatabaseSettings } from './database.ts';

/** One file. */
export interface Migration {
  /** File name without `.sql`, such as `0001_catalogue`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file in hex. */
  readonly checksum: string;
}

/** The schema cannot be brought up to date; the message says why and what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/** Any number will do, as long as nothing else in the database takes it. */
const lockKey = 4_715_201;
/** Wait for other runners, then for tables in use; a migration that waits blocks every query behind it. */
const runnerPatience = '120s';
const tablePatience = '5s';
const tableAttempts = 5;
const lockNotAvailable = '55P03';

const fileName = /^(\d{4}_[a-z0-9_]+)\.sql$/;

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
    return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
  });
  const numbers = migrations.map(({ name }) => name.slice(0, 4));
  const twice = numbers.find((number, at) => numbers.indexOf(number) !== at);
  if (twice !== undefined) throw new MigrationError(`two migrations have the number ${twice}`);
  return migrations;
}

/**
 * Which migrations are still to be run. Pure.
 * @throws MigrationError when what was applied is not the beginning of what is known
 */
export function pendingMigrations(
  known: readonly Migration[],
  applied: readonly Pick<Migration, 'name' | 'checksum'>[],
): readonly Migration[] {
  for (const [at, { name, checksum }] of applied.entries()) {
    const file = known[at];
    if (file === undefined) {
      throw new MigrationError(
        `the database is newer than this program: it has ${name}. Deploy a release that knows it`,
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
      await client.query('INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)', [
        migration.name,
        migration.checksum,
      ]);
      await client.query('COMMIT');
      return;
    } catch (cause) {
      await client.query('ROLLBACK');
      if (errorCode(cause) === lockNotAvailable && attempt < tableAttempts) continue;
      throw new MigrationError(`${migration.name}.sql: ${(cause as Error).message}`, { cause });
    }
  }
}

/** What the API's own role may do: read and write rows, never change the schema. */
function grantStatements(role: string, database: string): readonly string[] {
  const to = escapeIdentifier(role);
  return [
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    `GRANT CONNECT ON DATABASE ${escapeIdentifier(database)} TO ${to}`,
    `GRANT USAGE ON SCHEMA public TO ${to}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${to}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${to}`,
    `REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM ${to}`,
  ];
}

async function grantTo(client: Client, role: string, database: string): Promise<void> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount === 0) {
    throw new MigrationError(`there is no role ${role}: create it first (CREATE ROLE ... LOGIN)`);
  }
  for (const statement of grantStatements(role, database)) await client.query(statement);
}

/** What to bring up to date. */
export interface MigrationRun {
  /** As the owner of the schema. */
  readonly database: DatabaseSettings;
  readonly migrations: readonly Migration[];
  /** Role that the API runs as; it gets its grants after every run. */
  readonly runtimeRole: string | undefined;
}

/**
 * Brings the database up to date.
 * @returns names of the migrations that this run applied
 * @throws MigrationError
 */
export async function migrate(run: MigrationRun): Promise<readonly string[]> {
  const client = new Client(connectionConfig(run.database));
  client.on('error', () => undefined); // the query in flight reports it
  await client.connect();
  try {
    await client.query(`SET lock_timeout = '${runnerPatience}'`);
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    await client.query(`CREATE TABLE IF NOT EXISTS schema_migrations (
      name text PRIMARY KEY COLLATE "C", checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const { rows } = await client.query<Pick<Migration, 'name' | 'checksum'>>(
      'SELECT name, checksum FROM schema_migrations ORDER BY name',
    );
    const pending = pendingMigrations(run.migrations, rows);
    for (const migration of pending) await applyMigration(client, migration);
    if (run.runtimeRole !== undefined)
      await grantTo(client, run.runtimeRole, run.database.database);
    return pending.map(({ name }) => name);
  } finally {
    await client.end(); // gives the advisory lock back
  }
}
