// The role that the API serves as. It reads and writes rows and can do nothing else: whoever takes over the API can
// neither change the schema, nor forge which migrations ran, nor make objects of his own.
import { randomBytes } from 'node:crypto';
import { type Client, escapeIdentifier, escapeLiteral } from 'pg';
import { errorCode } from './database-errors.ts';
import { MigrationError } from './migration-error.ts';
import { isPlainPassword, scramSaltBytes, scramVerifier } from './scram-verifier.ts';

/** A role by name. */
export interface RuntimeRole {
  readonly name: string;
  /** Given: the role is made if it is missing, and gets this password. Undefined: the role is somebody else's to make. */
  readonly password: string | undefined;
  /** The role is there already: its password is tried and never set. */
  readonly isGiven?: boolean;
}

/** Two runs in databases of one server may make the role at once: roles belong to the server. */
const alreadyThere = new Set(['42710', '23505']);

const insufficientPrivilege = '42501';

/** Rights that would make every grant below pointless. */
const powers = ['rolsuper', 'rolcreaterole', 'rolcreatedb', 'rolreplication', 'rolbypassrls'];

const powersQuery = `
  SELECT ${powers.join(' OR ')} AS powerful, pg_has_role(rolname, current_user, 'MEMBER') AS owner
  FROM pg_roles WHERE rolname = $1`;

/**
 * Refuses a role that cannot be the API's, before anything is changed.
 * @throws MigrationError
 */
export function assertUsable({ name, password, isGiven = false }: RuntimeRole): void {
  if (password === undefined || isGiven || isPlainPassword(password)) return;
  throw new MigrationError(
    `the password of role ${name} is empty or has other characters than printable ASCII: draw a new one`,
  );
}

/** Tries of a change of a role that another run changes at the same moment. */
const roleAttempts = 10;

/** PostgreSQL does not wait for another change of the same row of its catalogue, it fails: "tuple concurrently updated". */
function isLostRace(error: unknown): boolean {
  return errorCode(error) === 'XX000' && String(error).includes('tuple concurrently updated');
}

async function changeRole(client: Client, statement: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.query(statement);
      return;
    } catch (error) {
      if (!isLostRace(error) || attempt === roleAttempts) throw error;
    }
  }
}

async function setPassword(client: Client, name: string, password: string): Promise<void> {
  try {
    await makeRole(client, name, password);
  } catch (cause) {
    if (errorCode(cause) !== insufficientPrivilege) throw cause;
    const text = `${client.user} may not make or change role ${name} (${(cause as Error).message}): give it CREATEROLE (ALTER ROLE ${escapeIdentifier(client.user ?? '')} CREATEROLE), or make a role for the API yourself and name it`;
    throw new MigrationError(text, { cause });
  }
}

async function makeRole(client: Client, name: string, password: string): Promise<void> {
  const role = escapeIdentifier(name);
  try {
    await client.query(`CREATE ROLE ${role}`);
  } catch (error) {
    if (!alreadyThere.has(errorCode(error))) throw error;
  }
  const verifier = escapeLiteral(scramVerifier(password, randomBytes(scramSaltBytes)));
  await changeRole(client, `ALTER ROLE ${role} LOGIN PASSWORD ${verifier}`);
}

async function assertPowerless(client: Client, name: string): Promise<void> {
  const { rows } = await client.query<{ powerful: boolean; owner: boolean }>(powersQuery, [name]);
  const [role] = rows;
  if (role === undefined) {
    throw new MigrationError(`there is no role ${name}: create it first (CREATE ROLE ... LOGIN)`);
  }
  if (role.powerful || role.owner) {
    throw new MigrationError(
      `role ${name} may do more than read and write rows: name a role of its own in DATABASE_RUNTIME_ROLE`,
    );
  }
}

/** TEMPORARY and CREATE belong to everybody until they are taken away. */
function grants(name: string, database: string): readonly string[] {
  const to = escapeIdentifier(name);
  const on = escapeIdentifier(database);
  return [
    'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
    `REVOKE TEMPORARY ON DATABASE ${on} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${on} TO ${to}`,
    `GRANT USAGE ON SCHEMA public TO ${to}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${to}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${to}`,
    `REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM ${to}`,
  ];
}

/**
 * Brings the role and its rights up to date; may run again and again.
 * @throws MigrationError when the role is missing, or may do too much
 */
export async function grantRuntimeRole(
  client: Client,
  role: RuntimeRole,
  database: string,
): Promise<void> {
  const { name, password, isGiven = false } = role;
  // Before its password is set: a role that is somebody's must not get another one.
  const { rowCount } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  if (rowCount !== 0) await assertPowerless(client, name);
  if (password !== undefined && !isGiven) await setPassword(client, name, password);
  await assertPowerless(client, name);
  for (const statement of grants(name, database)) await client.query(statement);
}
