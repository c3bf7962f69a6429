// What people are told about a database: which one, and where to look when it lets nobody in.
import { databaseElsewhere, type DatabaseSpec } from '../../crds/store/database.ts';
import { childName, migrationExitCodes } from '../names.ts';

/** The database as people call it. Pure. */
export function databaseName(database: DatabaseSpec): string {
  const { rds, external } = database;
  if (rds !== undefined) {
    return `RDS instance ${rds.instanceIdentifier} in ${rds.region} (Secret ${rds.secretName})`;
  }
  return `the database of Secret ${external?.secretName ?? ''}`;
}

/** Where the program that failed had its words from: what somebody has to look at. Pure. */
export function accessHint(
  exitCode: number | undefined,
  storeName: string,
  database: DatabaseSpec,
): string | undefined {
  const elsewhere = databaseElsewhere(database);
  if (exitCode === migrationExitCodes.refused) {
    if (elsewhere === undefined) {
      return `its password is the key password of Secret ${childName(storeName, 'dbowner')}`;
    }
    const { secretName, runtimeSecretName } = elsewhere;
    const role = runtimeSecretName && ` (of the role of the API: in Secret ${runtimeSecretName})`;
    return `correct username, password or database in Secret ${secretName}${role}, and it is tried again by itself`;
  }
  if (exitCode !== migrationExitCodes.unreachable || elsewhere === undefined) return undefined;
  return `host and port are keys of Secret ${elsewhere.secretName}; spec.networkPolicy.databaseCIDRs must hold its addresses or be empty`;
}
