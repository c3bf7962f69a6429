// A database that somebody else runs, as `kubectl describe dcs` tells it.
import { describe, expect, it } from 'vitest';
import type { StoreStatus } from '../../../../crds/store/status.ts';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import { TransientError, WaitingError } from '../../../../operator/errors.ts';
import type { Observations, Outcome } from '../../../../operator/status/observation.ts';
import { pageLimits } from '../../../../storefront-api/page-cache/page-store.ts';
import { kstatus, kubectlWaitIsMet } from './readiness-tools.ts';
import {
  aSecret,
  aDatabase,
  aDeployment,
  aFailedMigrationPod,
  aJob,
  conditionOf,
  healthy,
  type InputWish,
  jobComplete,
  jobFailed,
  jobName,
  statusOf,
  verdictText,
} from './status-inputs.ts';

const external: StoreSpecInput['database'] = { external: { secretName: 'shop-db' } };
const rds: StoreSpecInput['database'] = {
  rds: {
    instanceIdentifier: 'shop',
    region: 'ap-south-1',
    secretName: 'shop-db',
    runtimeSecretName: 'shop-app',
    caSecretName: 'rds-ca',
  },
};

/** A cluster without a StatefulSet. */
const around = (changes: Partial<Observations> = {}): Observations =>
  healthy({ database: undefined, ...changes });

const of = (
  changes: Partial<Observations> = {},
  wish: InputWish = {},
  database = external,
): StoreStatus => statusOf({ spec: { database }, observations: around(changes), ...wish });

const databaseReady = (status: StoreStatus) => conditionOf(status, 'DatabaseReady');
const downApi = { api: aDeployment('api', { ready: 0 }), web: aDeployment('web') };
const failedWith = (exitCode: number, message?: string): Partial<Observations> => ({
  migration: aJob(jobFailed),
  pods: [aFailedMigrationPod(exitCode, message)],
});
const lost: Outcome = {
  kind: 'failed',
  error: new WaitingError('DatabaseSecretMissing', 'Secret shop-db does not exist'),
};
const unread = { isJobKnown: false, migration: undefined };

describe('a store whose database is elsewhere', () => {
  it('is Ready once the migration is done and the API is', () => {
    const status = of();
    expect(verdictText(status)).toBe('Ready=True AllComponentsReady');
    expect(conditionOf(status, 'Ready')?.message).toContain('the database of Secret shop-db, ');
    expect(databaseReady(status)).toMatchObject({
      status: 'True',
      reason: 'DatabaseInUse',
      message:
        'the database of Secret shop-db: Deployment dhaka-api is ready on it; that it went shows here up to ' +
        `${pageLimits.ifErrorMs / 60_000} minutes later, while pages are served from memory`,
    });
  });

  it('counts no pod', () => {
    expect(of().components).not.toHaveProperty('database');
  });

  it('misses neither a Secret nor a policy that only a database of its own would have', () => {
    const status = of({
      secrets: [aSecret('dhaka-dbrole')],
      networkPolicies: ['dhaka-deny', 'dhaka-api', 'dhaka-web', 'dhaka-migrate'],
    });
    expect(conditionOf(status, 'SecretsReady')?.status).toBe('True');
    expect(conditionOf(status, 'NetworkPolicyReady')?.status).toBe('True');
  });

  it.each<[readonly string[], boolean]>([
    [[], true],
    [['10.2.0.0/24'], false],
  ])('that may be anywhere says so: %j', (databaseCIDRs, isOpen) => {
    const networkPolicy = { databaseCIDRs: [...databaseCIDRs] };
    const status = statusOf({
      spec: { database: external, networkPolicy },
      observations: around(),
    });
    const told = conditionOf(status, 'NetworkPolicyReady');
    expect(told?.status).toBe('True');
    expect(told?.message.includes('may reach every address on the port')).toBe(isOpen);
  });

  it('is called by its instance on RDS', () => {
    expect(databaseReady(of({}, {}, rds))?.message).toMatch(
      /^RDS instance shop in ap-south-1 \(Secret shop-db\): /,
    );
  });
});

describe('DatabaseReady of a database elsewhere', () => {
  it.each<[string, Partial<Observations>, string, string, RegExp]>([
    [
      'the migration runs, first',
      { migration: aJob(), deployments: {} },
      'Unknown',
      'NotJudgedYet',
      /Job dhaka-migrate-0123456789/,
    ],
    [
      'no Job yet',
      { migration: undefined, deployments: {} },
      'Unknown',
      'NotJudgedYet',
      /its Job does not exist yet/,
    ],
    [
      'the migration runs beside a shop',
      { migration: aJob() },
      'True',
      'DatabaseInUse',
      /ready on it/,
    ],
    [
      'the pods of the API start',
      { deployments: {} },
      'Unknown',
      'NotJudgedYet',
      /reached it at 2026-01-01T00:00:00Z, and no pod of Deployment dhaka-api is ready on it/,
    ],
    ['the API lost it', { deployments: downApi }, 'Unknown', 'NotJudgedYet', /no pod of/],
    [
      'a wrong password',
      { ...failedWith(77), deployments: {} },
      'False',
      'DatabaseRefused',
      /shop-db/,
    ],
    ['a wrong password, later', failedWith(77), 'False', 'DatabaseRefused', /shop-db/],
    [
      'nobody answers',
      { ...failedWith(69), deployments: {} },
      'False',
      'DatabaseUnreachable',
      /databaseCIDRs/,
    ],
    [
      'nobody answers, and it is tried again',
      { ...failedWith(69), migration: aJob(), deployments: {} },
      'False',
      'DatabaseUnreachable',
      /tried again after .*databaseCIDRs/,
    ],
    [
      'a try that failed by itself',
      { ...failedWith(1), migration: aJob(), deployments: {} },
      'Unknown',
      'NotJudgedYet',
      /tried again after .*exit code 1/,
    ],
    [
      'nobody answered, but the API goes on',
      failedWith(69),
      'True',
      'DatabaseInUse',
      /ready on it/,
    ],
    [
      'a migration that fails by itself',
      { ...failedWith(1), deployments: {} },
      'False',
      'MigrationFailed',
      /exit code 1/,
    ],
    ['the same beside a shop', failedWith(1), 'True', 'DatabaseInUse', /ready on it/],
  ])('%s', (_title, changes, status, reason, message) => {
    expect(databaseReady(of(changes))).toMatchObject({
      status,
      reason,
      message: expect.stringMatching(message) as string,
    });
  });

  it('is true without pods of the API when the owner asks for none', () => {
    const none = { replicas: 0, autoscaling: { enabled: false } };
    const deployments = { api: aDeployment('api', { wanted: 0 }), web: aDeployment('web') };
    const status = statusOf({
      spec: { database: external, api: none },
      observations: around({ deployments }),
    });
    expect(databaseReady(status)).toMatchObject({ status: 'True', reason: 'DatabaseMigrated' });
  });

  it('names the Secret that is missing, and takes it back when it is there', () => {
    const status = of(unread, { outcome: lost });
    expect(databaseReady(status)).toMatchObject({
      status: 'False',
      reason: 'DatabaseSecretMissing',
      message: 'Secret shop-db does not exist',
    });
    expect(verdictText(status)).toBe(
      'Ready=False DatabaseSecretMissing, Stalled=True DatabaseSecretMissing',
    );
    const object = { status, generation: 1 };
    expect([kstatus(object), kubectlWaitIsMet(object)]).toEqual(['Failed', false]);
    expect(verdictText(of({}, { previous: status }))).toBe('Ready=True AllComponentsReady');
  });

  it('does not forget it in a reconcile that did not get that far', () => {
    const missing = of(unread, { outcome: lost });
    const error = new TransientError('Timeout', 'timed out');
    const after = of(unread, { previous: missing, outcome: { kind: 'failed', error } });
    expect(databaseReady(after)).toEqual(databaseReady(missing));
  });

  it('leaves a shop that serves alone, and says what is wrong with it', () => {
    const status = of(unread, { previous: of(), outcome: lost });
    expect(conditionOf(status, 'Ready')).toMatchObject({
      status: 'True',
      message: expect.stringContaining('Secret shop-db does not exist') as string,
    });
    expect(status.migration).toEqual(of().migration);
  });

  it('stands while the spec is not valid', () => {
    const invalid: Outcome = { kind: 'invalid', problems: [{ path: 'hosts', message: 'empty' }] };
    const status = of(unread, { previous: of(), outcome: invalid, generation: 2 });
    expect(status.components).not.toHaveProperty('database');
    expect(databaseReady(status)?.status).toBe('True');
  });
});

describe('status.migration', () => {
  const words =
    'storefront-api: PostgreSQL at db.example.com:5432 refuses shop_owner (password authentication failed for user "shop_owner"): the password of that role is another one, restore it or set it anew';

  it.each([
    [
      'external',
      external,
      'correct username, password or database in Secret shop-db, and it is tried again by itself',
    ],
    [
      'rds',
      rds,
      'correct username, password or database in Secret shop-db (of the role of the API: in Secret shop-app), and it is tried again by itself',
    ],
    ['managed', {}, 'its password is the key password of Secret dhaka-dbowner'],
  ])('tells which Secret a refused role is from: %s', (_block, database, hint) => {
    const status = of({ ...failedWith(77, words), database: aDatabase() }, {}, database);
    expect(status.migration).toMatchObject({ state: 'Failed', exitCode: 77 });
    expect(conditionOf(status, 'Stalled')).toMatchObject({ reason: 'MigrationFailed' });
    expect(conditionOf(status, 'Stalled')?.message).toContain(
      `Job ${jobName}: BackoffLimitExceeded: pod ${jobName}-a ended with exit code 77: ${words}; ${hint}; the pods of before go on`,
    );
  });

  it('keeps the exit code when the pods are gone', () => {
    const before = of(failedWith(77));
    const after = of({ migration: aJob(jobFailed) }, { previous: before });
    expect(after).toEqual(before);
  });

  it('has no exit code once it has succeeded', () => {
    const after = of({ migration: aJob(jobComplete) }, { previous: of(failedWith(77)) });
    expect(after.migration).not.toHaveProperty('exitCode');
  });
});
