import { describe, expect, it } from 'vitest';
import type { StoreStatus } from '../../../../crds/store/status.ts';
import type { Observations } from '../../../../operator/status/observation.ts';
import { kstatus, kubectlWaitIsMet } from './readiness-tools.ts';
import {
  aDatabase,
  aDeployment,
  aFailedMigrationPod,
  aJob,
  anUnschedulablePod,
  aPod,
  conditionOf,
  firstMoment,
  healthy,
  type InputWish,
  jobComplete,
  jobFailed,
  jobName,
  laterMoment,
  statusOf,
  verdictText,
  waitingFor,
} from './status-inputs.ts';

const upgrade = { spec: { version: '2.0.0' }, generation: 2 };
const newImage = (component: 'api' | 'web') => ({
  image: `ghcr.io/dhakacart/storefront-${component}:2.0.0`,
});

describe('the verdict while a release makes its way', () => {
  const running = aJob();
  const table: readonly (readonly [string, Partial<Observations>, string])[] = [
    [
      'the database starts',
      { database: aDatabase({ ready: 0 }), migration: undefined, deployments: {} },
      'Reconciling=True Progressing',
    ],
    ['the database is away', { database: aDatabase({ ready: 0 }) }, 'Reconciling=True Progressing'],
    ['no database yet', { database: undefined }, 'Reconciling=True Progressing'],
    [
      'its Job is not there yet',
      { migration: undefined, deployments: {} },
      'Reconciling=True Migrating',
    ],
    ['it migrates', { migration: running }, 'Reconciling=True Migrating'],
    ['it migrates, first', { migration: running, deployments: {} }, 'Reconciling=True Migrating'],
    ['it failed', { migration: aJob(jobFailed) }, 'Stalled=True MigrationFailed'],
    [
      'it failed, first',
      { migration: aJob(jobFailed), deployments: {} },
      'Stalled=True MigrationFailed',
    ],
    ['the API has its turn', {}, 'Reconciling=True RollingOut'],
    [
      'the page has its turn',
      {
        deployments: { api: aDeployment('api', newImage('api')), web: aDeployment('web') },
      },
      'Reconciling=True RollingOut',
    ],
  ];

  it.each(table)('%s', (_title, changes, expected) => {
    const status = statusOf({ ...upgrade, observations: healthy(changes) });
    expect(verdictText(status)).toBe(`Ready=False ComponentsNotReady, ${expected}`);
    const object = { status, generation: 2 };
    expect(kubectlWaitIsMet(object)).toBe(false);
    expect(kstatus(object)).toBe(expected.startsWith('Stalled') ? 'Failed' : 'InProgress');
  });

  it('is Ready once each part has its turn behind it', () => {
    const deployments = {
      api: aDeployment('api', newImage('api')),
      web: aDeployment('web', newImage('web')),
    };
    const status = statusOf({ ...upgrade, observations: healthy({ deployments }) });
    expect(verdictText(status)).toBe('Ready=True AllComponentsReady');
    expect(status.version).toBe('2.0.0');
  });
});

describe('the old pods during a migration', () => {
  const before = statusOf();
  const status = statusOf({
    ...upgrade,
    previous: before,
    observations: healthy({ migration: aJob() }),
  });

  it('serve, and wait for their turn', () => {
    expect(conditionOf(status, 'ApiReady')).toMatchObject({
      status: 'True',
      reason: 'WaitingForTurn',
      message:
        'Deployment dhaka-api keeps image ghcr.io/dhakacart/storefront-api:1.0.0 until it is the turn of ghcr.io/dhakacart/storefront-api:2.0.0',
    });
    expect(status).toMatchObject({ version: '1.0.0', images: before.images });
  });
});

describe('status.migration', () => {
  const of = (changes: Partial<Observations>, wish: InputWish = {}) =>
    statusOf({ ...wish, observations: healthy(changes) }).migration;

  it.each([
    [{ database: aDatabase({ ready: 0 }), migration: undefined }, 'it waits for the database'],
    [{ migration: undefined }, 'its Job does not exist yet'],
  ])('is pending for a reason: %j', (changes, message) => {
    expect(of(changes)).toEqual({ version: '1.0.0', state: 'Pending', message });
  });

  it('runs, and tells why it does not begin', () => {
    const pods = [aPod(`${jobName}-a`, 'migration', waitingFor('ImagePullBackOff', 'no such tag'))];
    expect(of({ migration: aJob(), pods })).toEqual({
      version: '1.0.0',
      state: 'Running',
      startedAt: firstMoment,
      message: `pod ${jobName}-a: container migration: ImagePullBackOff: no such tag`,
    });
  });

  it('goes on after a try that failed, and tells how that ended', () => {
    const pods = [aFailedMigrationPod(69, 'storefront-api: PostgreSQL cannot be reached')];
    const status = statusOf({ observations: healthy({ migration: aJob(), pods }) });
    expect(status.migration).toEqual({
      version: '1.0.0',
      state: 'Running',
      startedAt: firstMoment,
      exitCode: 69,
      message: `tried again after pod ${jobName}-a ended with exit code 69: storefront-api: PostgreSQL cannot be reached`,
    });
    expect(verdictText(status)).toBe('Ready=False ComponentsNotReady, Reconciling=True Migrating');
    const over = statusOf({ previous: status, observations: healthy({ pods }) });
    expect(over.migration).toMatchObject({ state: 'Succeeded', message: '' });
  });

  it('has succeeded', () => {
    expect(of({})).toEqual({
      version: '1.0.0',
      state: 'Succeeded',
      startedAt: firstMoment,
      finishedAt: firstMoment,
      message: '',
    });
  });

  it('has failed: the last try, its exit code, its last words, and what to do', () => {
    const early = '2025-12-31T23:00:00Z';
    const pods = [
      aFailedMigrationPod(1, 'first try', { suffix: 'b', finishedAt: early }),
      aFailedMigrationPod(1, `${'noise '.repeat(200)}\nstorefront-api: 0005.sql: out of disk`),
      aPod('dhaka-migrate-ffffffffff-x', 'migration', waitingFor('ErrImagePull')),
    ];
    const status = statusOf({ observations: healthy({ migration: aJob(jobFailed), pods }) });
    const { message } = status.migration ?? { message: '' };
    expect(message).toContain(`BackoffLimitExceeded: pod ${jobName}-a ended with exit code 1: …`);
    expect(message).toContain('storefront-api: 0005.sql: out of disk; the pods of before go on');
    expect(message).toContain('dhakacart.io/retry-migration');
    expect(message).not.toContain('first try');
    expect(conditionOf(status, 'Stalled')?.message).toBe(`Job ${jobName}: ${message}`);
  });

  it('remembers why pods did not begin that ran out of time and are gone', () => {
    const pods = [aPod(`${jobName}-a`, 'migration', waitingFor('ErrImagePull', 'no such tag'))];
    const during = statusOf({ observations: healthy({ migration: aJob(), pods }) });
    const late = { ...jobFailed, reason: 'DeadlineExceeded' };
    const gone = healthy({ migration: aJob(late) });
    const after = statusOf({ previous: during, observations: gone });
    expect(after.migration?.message).toContain('DeadlineExceeded: pod');
    expect(after.migration?.message).toContain('no such tag');
    expect(statusOf({ previous: after, observations: gone })).toEqual(after);
  });

  it('goes on describing the generation before while the store is paused', () => {
    const previous: StoreStatus = statusOf();
    const status = statusOf({
      ...upgrade,
      previous,
      outcome: { kind: 'paused' },
      observations: healthy({ migration: undefined }),
    });
    expect(status.migration).toEqual(previous.migration);
    expect(conditionOf(status, 'Ready')?.status).toBe('True');
  });
});

describe('DatabaseReady', () => {
  it.each([
    [aDatabase(), 'True', 'DatabaseRunning', 'StatefulSet dhaka-db takes connections'],
    [aDatabase({ updated: 0 }), 'True', 'DatabaseRunning', 'takes connections'],
    [aDatabase({ ready: 0 }), 'False', 'DatabaseNotReady', 'its pod is not ready'],
    [undefined, 'False', 'DatabaseNotReady', 'does not exist'],
  ])('%j', (database, status, reason, words) => {
    const found = conditionOf(statusOf({ observations: healthy({ database }) }), 'DatabaseReady');
    expect(found).toMatchObject({ status, reason });
    expect(found?.message).toContain(words);
  });

  it('tells why the pod does not start', () => {
    const observations = healthy({
      database: aDatabase({ ready: 0 }),
      pods: [anUnschedulablePod('dhaka-db-0', 'database')],
    });
    expect(conditionOf(statusOf({ observations }), 'DatabaseReady')?.message).toContain(
      'pod dhaka-db-0: Unschedulable: 0/3 nodes',
    );
  });

  it('needs a person once its start took longer than a start may, until it is ready', () => {
    const observations = healthy({
      database: aDatabase({ ready: 0 }),
      pods: [anUnschedulablePod('dhaka-db-0', 'database')],
    });
    const previous = statusOf({ observations });
    const waits = 'Ready=False ComponentsNotReady, Reconciling=True Progressing';
    const at = (now: string) => statusOf({ observations, previous, now });
    expect(verdictText(at('2026-01-01T00:14:59Z'))).toBe(waits);

    const stuck = at('2026-01-01T00:15:00Z');
    expect(verdictText(stuck)).toBe('Ready=False ComponentsNotReady, Stalled=True DatabaseStuck');
    expect(conditionOf(stuck, 'Stalled')?.message).toBe(
      'StatefulSet dhaka-db has taken no connections for 15 minutes: pod dhaka-db-0: Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.; look at pod dhaka-db-0 and PersistentVolumeClaim dhaka-db',
    );
    expect(conditionOf(stuck, 'DatabaseReady')).toMatchObject({
      reason: 'DatabaseStuck',
      lastTransitionTime: firstMoment,
    });
    const again = statusOf({ observations, previous: stuck, now: laterMoment });
    expect(again).toEqual(stuck);
    expect(verdictText(statusOf({ previous: stuck }))).toBe('Ready=True AllComponentsReady');
  });

  it('counts one pod', () => {
    expect(statusOf().components?.database).toEqual({
      ready: 1,
      desired: 1,
      updated: 1,
      pods: '1/1',
      message: '',
    });
  });

  it('is left alone by a Job that is complete', () => {
    const status = statusOf({ observations: healthy({ migration: aJob(jobComplete) }) });
    expect(verdictText(status)).toBe('Ready=True AllComponentsReady');
  });
});
