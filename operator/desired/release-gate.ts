// What a new release has to wait for: the database runs, it is brought up to date by the Job of this release, then the API
// is rolled out, then the page. Until its turn comes a component keeps the image that it serves with, and with that
// the release in its pods' labels; whatever else the spec says applies at once. One that does not exist yet is not made.
import type { Store } from '../../crds/store/store.ts';
import { type ComponentName, componentImage } from '../names.ts';
import type { Facts, Manifest, ServingRelease } from './desired-object.ts';
import { migrationJob } from './migration-job.ts';

/** What may be there now. */
export interface ReleaseGate {
  /** Undefined while the database is not there for it. */
  readonly job: Manifest | undefined;
  /** What each component serves with; one that must not be made yet is absent. */
  readonly releases: Readonly<Partial<Record<ComponentName, ServingRelease>>>;
}

/** How far the release of a store may go. Pure. */
export function releaseGate(store: Store, facts: Facts): ReleaseGate {
  const { isDatabaseReady, jobs, serving, isApiRolledOut } = facts.rollout;
  const job = migrationJob(store, facts);
  const state = jobs[job.metadata.name];
  const { version } = store.spec;
  const wanted = (component: ComponentName): ServingRelease => ({
    image: componentImage(store.spec, component),
    version,
  });
  const isMigrated = state === 'Complete';
  const api = isMigrated ? wanted('api') : serving.api;
  const isApiDone = serving.api?.image === wanted('api').image && isApiRolledOut;
  const isPagesTurn = isMigrated && (serving.web === undefined || isApiDone);
  const web = isPagesTurn ? wanted('web') : serving.web;
  return {
    // A Job that exists is not taken away when the database fails: it would only begin again.
    job: isDatabaseReady || state !== undefined ? job : undefined,
    releases: { ...(api && { api }), ...(web && { web }) },
  };
}
