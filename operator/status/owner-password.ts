// A password that the database does not know. The password of the user that serves is set by every migration, so a Secret
// that was deleted heals by itself. The one of the owner of the schema is set by PostgreSQL when the volume is new and never
// again: once its Secret is lost, nobody can sign in as the owner, but whoever is inside the pod may set it anew.
import { managedDatabase } from '../../crds/store/database.ts';
import { annotationKeys, childName } from '../names.ts';
import type { StatusInput } from './observation.ts';
import type { Explanation } from './part-health.ts';

/**
 * What sets the password of the owner to that of its Secret, for a shell in the pod of the database. The image lets its
 * socket in without a password: https://github.com/docker-library/docs/tree/master/postgres. A drawn password has no quotes.
 */
export const setOwnerPassword = String.raw`echo "alter role current_user password \$\$$(cat $POSTGRES_PASSWORD_FILE)\$\$" | psql -U $POSTGRES_USER $POSTGRES_DB`;

/** Why the migration cannot sign in, when that is because the Secret of the owner is younger than the volume. Pure. */
export function passwordTrouble({
  metadata,
  spec,
  observations,
}: StatusInput): Explanation | undefined {
  if (spec === undefined || managedDatabase(spec.database) === undefined) return undefined;
  const { migration, secrets, claimCreatedAt } = observations;
  const name = childName(metadata.name, 'dbowner');
  const createdAt = secrets.find((one) => one.metadata.name === name)?.metadata.creationTimestamp;
  const isFailed = migration?.status?.conditions?.some(
    ({ type, status }) => type === 'Failed' && status === 'True',
  );
  if (isFailed !== true || createdAt === undefined || claimCreatedAt === undefined)
    return undefined;
  if (Date.parse(createdAt) <= Date.parse(claimCreatedAt)) return undefined;
  const pod = `${childName(metadata.name, 'db')}-0`;
  const message =
    `Secret ${name} is younger than the database, which may know another password of its owner; restore the Secret, or set the new one: ` +
    `kubectl exec -n ${metadata.namespace} ${pod} -- sh -c '${setOwnerPassword}'; ` +
    `then give the annotation ${annotationKeys.retryMigration} of the store a new value`;
  return { reason: 'DatabasePasswordUnknown', message };
}
