// Each state on the way of a release into the cluster, and what may be there in it.
import { describe, expect, it } from 'vitest';
import type { JobState, RolloutFacts } from '../../../../operator/desired/desired-object.ts';
import { desiredObjects } from '../../../../operator/desired/desired-objects.ts';
import { migrationJob } from '../../../../operator/desired/migration-job.ts';
import { releaseGate } from '../../../../operator/desired/release-gate.ts';
import { aStore } from '../../../support/a-store.ts';
import { settledFacts } from './sample-stores.ts';

const store = aStore({ spec: { version: '2.0.0' } });
const job = migrationJob(store, { checksums: {} }).metadata.name;
const images = (version: string) =>
  ({
    api: `ghcr.io/dhakacart/storefront-api:${version}`,
    web: `ghcr.io/dhakacart/storefront-web:${version}`,
  }) as const;
const serving = (api: string, web = api): RolloutFacts['serving'] => ({
  api: { image: images(api).api, version: api },
  web: { image: images(web).web, version: web },
});

interface Situation {
  readonly serves: RolloutFacts['serving'];
  readonly state?: JobState;
  readonly isDatabaseReady?: boolean;
  readonly isApiRolledOut?: boolean;
}

function gate({
  serves,
  state,
  isDatabaseReady = true,
  isApiRolledOut = true,
}: Situation): readonly [boolean, string | undefined, string | undefined] {
  const jobs = state === undefined ? {} : { [job]: state };
  const rollout = { serving: serves, jobs, isDatabaseReady, isApiRolledOut };
  const { job: made, releases } = releaseGate(store, { ...settledFacts(store), rollout });
  return [made !== undefined, releases.api?.version, releases.web?.version];
}

describe('the gate of release 2.0.0: the Job, the API, the page', () => {
  const [nothing, first, second] = [{}, serving('1.0.0'), serving('2.0.0')];
  const apiOnly = serving('2.0.0', '1.0.0');
  it.each<[string, Situation, ReturnType<typeof gate>]>([
    ['a new store', { serves: nothing, isDatabaseReady: false }, [false, undefined, undefined]],
    ['its database is ready', { serves: nothing }, [true, undefined, undefined]],
    ['it migrates', { serves: nothing, state: 'Running' }, [true, undefined, undefined]],
    ['it failed', { serves: nothing, state: 'Failed' }, [true, undefined, undefined]],
    ['it is migrated', { serves: nothing, state: 'Complete' }, [true, '2.0.0', '2.0.0']],
    ['an upgrade', { serves: first }, [true, '1.0.0', '1.0.0']],
    [
      'an upgrade without a database',
      { serves: first, isDatabaseReady: false },
      [false, '1.0.0', '1.0.0'],
    ],
    ['it migrates', { serves: first, state: 'Running' }, [true, '1.0.0', '1.0.0']],
    [
      'the database went away meanwhile',
      { serves: first, state: 'Running', isDatabaseReady: false },
      [true, '1.0.0', '1.0.0'],
    ],
    ['it failed', { serves: first, state: 'Failed' }, [true, '1.0.0', '1.0.0']],
    ['the turn of the API', { serves: first, state: 'Complete' }, [true, '2.0.0', '1.0.0']],
    [
      'the API is rolled out',
      { serves: apiOnly, state: 'Complete', isApiRolledOut: false },
      [true, '2.0.0', '1.0.0'],
    ],
    ['the turn of the page', { serves: apiOnly, state: 'Complete' }, [true, '2.0.0', '2.0.0']],
    ['all is done', { serves: second, state: 'Complete' }, [true, '2.0.0', '2.0.0']],
    [
      'an edit rolls the API later',
      { serves: second, state: 'Complete', isApiRolledOut: false },
      [true, '2.0.0', '2.0.0'],
    ],
    ['the migration is repeated', { serves: second, state: 'Running' }, [true, '2.0.0', '2.0.0']],
  ])('%s: %j', (_title, situation, expected) => {
    expect(gate(situation)).toEqual(expected);
  });

  it('lets everything else of the spec through', () => {
    const changed = aStore({
      spec: { version: '2.0.0', api: { autoscaling: { maxReplicas: 20 } } },
    });
    const rollout = { serving: first, jobs: {}, isDatabaseReady: true, isApiRolledOut: true };
    const objects = desiredObjects(changed, { ...settledFacts(changed), rollout });
    const text = JSON.stringify(
      objects.filter(({ manifest }) => manifest.metadata.name === 'dhaka-api'),
    );
    expect(text).toContain('"maxReplicas":20');
    expect(text).toContain(images('1.0.0').api);
    expect(text).not.toContain(images('2.0.0').api);
  });

  it('steers no pods that are not there', () => {
    const rollout = { serving: {}, jobs: {}, isDatabaseReady: false, isApiRolledOut: false };
    const kinds = desiredObjects(store, { ...settledFacts(store), rollout }).map(
      ({ manifest }) => manifest.kind,
    );
    expect(kinds.filter((kind) => /Deployment|Autoscaler|Budget|Job/.test(kind))).toEqual([]);
  });
});

describe('the name of the Job', () => {
  const nameOf = (
    spec: object = {},
    annotations: Readonly<Record<string, string>> = {},
    checksums: Readonly<Record<string, string>> = {},
  ): string => migrationJob(aStore({ spec, annotations }), { checksums }).metadata.name;
  const retry = (value: string): string => nameOf({}, { 'dhakacart.io/retry-migration': value });

  it.each([
    ['a release', nameOf({ version: '2.0.0' })],
    ['an image', nameOf({ api: { image: 'shop/api:9' } })],
    ['a time limit', nameOf({ database: { migration: { timeoutSeconds: 60 } } })],
    ['a number of retries', nameOf({ database: { migration: { retries: 0 } } })],
    ['the wish to try again', retry('1')],
    ['the password of the API', nameOf({}, {}, { 'Secret/dhaka-db': 'x' })],
    ['the password of the owner', nameOf({}, {}, { 'Secret/dhaka-dbowner': 'x' })],
  ])('changes with %s', (_what, name) => {
    expect(name).not.toBe(nameOf());
  });

  it('changes with each new wish to try again', () => {
    expect(retry('2')).not.toBe(retry('1'));
  });

  it.each([
    ['what the pods of the API get', nameOf({ api: { resources: { limits: { cpu: '2' } } } })],
    ['another annotation', nameOf({}, { note: 'x' })],
    ['the number of pods', nameOf({ web: { replicas: 7 } })],
  ])('does not change with %s', (_what, name) => {
    expect(name).toBe(nameOf());
  });
});
