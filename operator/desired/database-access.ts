// How the programs of a store get to its database: which Secrets say where it is, who owns the schema, and who serves. The
// migration signs in as the owner; the API's pods are told the address and the role that serves, and nothing of the owner.
import { databaseElsewhere, type DatabaseElsewhere } from '../../crds/store/database.ts';
import type { Store } from '../../crds/store/store.ts';
import { childName } from '../names.ts';

/** Names of Secrets, and how much a server has to prove. */
export interface DatabaseAccess {
  /** With host, port and database. */
  readonly address: string;
  /** With username and password of the owner of the schema. */
  readonly owner: string;
  /** With username and password of the role that the API serves as. */
  readonly runtime: string;
  /** That role is there, and its password is not the migration's to set. */
  readonly isRuntimeGiven: boolean;
  readonly sslMode: DatabaseElsewhere['sslMode'];
  /** With the certificates to trust; undefined: the public authorities. */
  readonly ca: string | undefined;
}

/**
 * No TLS on the way to a database that the operator runs: the image has no certificate, SCRAM never sends the password
 * (RFC 5802), and what else may listen between two pods of a cluster is up to its network.
 */
const managedSslMode = 'disable';

/** How to get to the database of a store. Pure. */
export function databaseAccess({
  metadata,
  spec,
}: Pick<Store, 'metadata' | 'spec'>): DatabaseAccess {
  const elsewhere = databaseElsewhere(spec.database);
  if (elsewhere === undefined) {
    const [db, dbowner] = [childName(metadata.name, 'db'), childName(metadata.name, 'dbowner')];
    const none = { isRuntimeGiven: false, sslMode: managedSslMode, ca: undefined } as const;
    return { address: db, owner: dbowner, runtime: db, ...none };
  }
  const { secretName, runtimeSecretName, caSecretName, sslMode } = elsewhere;
  return {
    address: secretName,
    owner: secretName,
    runtime: runtimeSecretName || childName(metadata.name, 'dbrole'),
    isRuntimeGiven: runtimeSecretName !== '',
    sslMode,
    ca: caSecretName || undefined,
  };
}
