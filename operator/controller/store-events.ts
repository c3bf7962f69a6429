// What the operator tells about a store in Events. The reasons are a closed list: people filter and alert by them.
import type { KubeObject } from '../runtime/kube-object.ts';

/** Reasons of Events, apart from those of errors. */
export type EventReason =
  | 'Created'
  | 'Pruned'
  | 'DriftRepaired'
  | 'CertificateIssued'
  | 'JwtKeysRotated'
  | 'JwtKeyRevoked'
  | 'Ready'
  | 'NotReady'
  | 'MigrationStarted'
  | 'MigrationFailed'
  | 'Migrated'
  | 'DeletionProtected'
  | 'PruneRefused';

/** As much of a store as an Event names. */
export type EventSubject = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

/** One Event about a store. */
export interface EventNote {
  readonly store: EventSubject;
  readonly type: 'Normal' | 'Warning';
  readonly reason: EventReason | (string & {});
  /** What the operator was doing, one CamelCase word. */
  readonly action: 'Apply' | 'Prune' | 'Rotate' | 'Judge' | 'Migrate' | 'Delete' | 'Reconcile';
  readonly note: string;
}
