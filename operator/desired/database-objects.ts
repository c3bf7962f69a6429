// The database of a store, in the order of application: what its pod refers to, then the pod.
import { managedDatabase } from '../../crds/store/database.ts';
import type { Store } from '../../crds/store/store.ts';
import { ownedMetadata } from './child-metadata.ts';
import type { Facts, Manifest } from './desired-object.ts';
import { databaseService } from './service.ts';
import { serviceAccount } from './service-account.ts';
import { statefulSet } from './stateful-set.ts';
import { volumeClaim } from './volume-claim.ts';

/** The objects of a database that the operator runs; none for one that somebody else does. Pure. */
export function databaseObjects(store: Store, facts: Facts): readonly Manifest[] {
  const managed = managedDatabase(store.spec.database);
  if (managed === undefined) return [];
  return [
    serviceAccount(ownedMetadata(store, 'database', 'db')),
    databaseService(store),
    volumeClaim(store, managed, facts),
    statefulSet(store, managed),
  ];
}
