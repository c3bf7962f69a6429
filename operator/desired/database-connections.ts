// How many connections the pods of the API may open, and how many the store's own PostgreSQL takes.
import type { StoreSpec } from '../../crds/store/store.ts';
import { maxSurgePercent } from './deployment.ts';

/** Those that PostgreSQL keeps for superusers (3), the migration, and people with psql, create-staff or a backup. */
const reserved = 20;

/** `max_connections` is a multiple of it: it takes a restart, which no store with the default of ten pods or fewer should see. */
const step = 300;

/**
 * `max_connections` of the managed PostgreSQL: `connectionsPerPod` for the most pods that the owner allows, whether the
 * autoscaler is on or not, for those that a rollout adds, and once more for those of before, which end for up to 45 s; and a
 * reserve. 300 by default: (10 + 3 + 10) * 10 + 20, rounded up.
 *
 * Memory, as we measured it with PostgreSQL 18: 50 kB for a connection that may be (300: 12 MB more than the 100 of the
 * default), 1 MB for one that idles, 4 MB for one that has run the shop's kind of queries. 13 pods with all of theirs at work
 * take 520 MB beside the 150 MB that are shared, within the default limit of 1Gi. Pure.
 * https://www.postgresql.org/docs/current/runtime-config-connection.html#GUC-MAX-CONNECTIONS
 */
export function maxConnections({ api, database }: Pick<StoreSpec, 'api' | 'database'>): number {
  const mostPods = Math.max(api.autoscaling.maxReplicas, api.replicas);
  const added = Math.ceil((mostPods * maxSurgePercent) / 100);
  const wanted = (mostPods + added + mostPods) * database.connectionsPerPod + reserved;
  return Math.ceil(wanted / step) * step;
}
