// The volume of the database. It is a claim of our own instead of a template of the StatefulSet: templates are immutable,
// so that a volume could never grow, and a claim of a template has a name that says nothing about its store's rules.
//
// It never has an owner: what holds a shop's orders must not go because an owner reference went wrong. Under deletion
// policy Delete the finalizer deletes it, under Retain a later store of the same name takes it up again.
import type { IPersistentVolumeClaim } from 'kubernetes-models/v1';
import type { ManagedDatabase } from '../../crds/store/database.ts';
import { quantityMillionths } from '../../crds/store/resources.ts';
import type { Store } from '../../crds/store/store.ts';
import { labelKeys } from '../names.ts';
import { survivingMetadata } from './child-metadata.ts';
import type { Facts, Manifest } from './desired-object.ts';

/** A claim cannot shrink: one that was made larger, by hand or by an earlier spec, or kept from a larger store, stays as it is. */
function claimSize(
  { storage }: ManagedDatabase,
  { claimSize: live }: Pick<Facts, 'claimSize'>,
): string {
  const wanted = String(storage.size);
  if (live === undefined) return wanted;
  const [ours = 0n, theirs = 0n] = [wanted, live].map(quantityMillionths);
  return theirs > ours ? live : wanted;
}

/** The claim of the database. Pure. */
export function volumeClaim(
  store: Store,
  managed: ManagedDatabase,
  facts: Pick<Facts, 'claimSize' | 'claimClass'>,
): Manifest {
  const { version, storage } = managed;
  const metadata = survivingMetadata(store, 'database', 'db');
  // A field that was applied once cannot be left out again: that would change the class.
  const storageClassName = storage.className || facts.claimClass;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [labelKeys.databaseVersion]: String(version) },
    },
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(storageClassName !== undefined && { storageClassName }),
      resources: { requests: { storage: claimSize(managed, facts) } },
    },
  } satisfies IPersistentVolumeClaim;
}
