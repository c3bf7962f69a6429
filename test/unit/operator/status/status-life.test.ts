// The life of a store's status as a random walk: outcomes, clusters and generations follow each other in any order. What
// must hold after every step is the contract with kstatus, kubectl and whoever reads transition times.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storeStatus, type StoreStatus } from '../../../../crds/store/status.ts';
import { TerminalError, TransientError, WaitingError } from '../../../../operator/errors.ts';
import { conditionTypes } from '../../../../operator/status/judgement.ts';
import type { Outcome } from '../../../../operator/status/observation.ts';
import { kstatus, kubectlWaitIsMet } from './readiness-tools.ts';
import {
  aCertificate,
  aDatabase,
  aFailedMigrationPod,
  aJob,
  absentCredentials,
  conditionOf,
  deadlineExceeded,
  healthy,
  type InputWish,
  jobFailed,
  statusOf,
  verdictText,
  withDeployment,
} from './status-inputs.ts';

const outcomes: Readonly<Record<string, Outcome>> = {
  applied: { kind: 'applied' },
  paused: { kind: 'paused' },
  invalid: { kind: 'invalid', problems: [{ path: 'hosts', message: 'must not be empty' }] },
  transient: { kind: 'failed', error: new TransientError('Timeout', 'timed out') },
  waiting: { kind: 'failed', error: new WaitingError('NameConflict', 'the name is taken') },
  passing: { kind: 'failed', error: new WaitingError('WaitingForDeletion', 'is being deleted') },
  terminal: { kind: 'failed', error: new TerminalError('Refused', 'not possible') },
  'no Secret': { kind: 'failed', error: new WaitingError('DatabaseSecretMissing', 'no Secret') },
};

/** The operator's own, and one that somebody else runs. */
const databases = { managed: {}, external: { external: { secretName: 'shop-db' } } } as const;
type DatabaseName = keyof typeof databases;

const clusters = {
  healthy: healthy(),
  'rolling out': withDeployment('api', { total: 4, updated: 1 }),
  'short of pods': withDeployment('web', { ready: 1 }),
  stuck: withDeployment('api', { total: 4, updated: 1, conditions: [deadlineExceeded] }),
  unseen: withDeployment('web', { generation: 2, observedGeneration: 1 }),
  empty: healthy({ deployments: {}, autoscalers: {}, secrets: [], credentials: absentCredentials }),
  'without metrics': healthy({ hasMetricsApi: false }),
  'without database': healthy({ database: aDatabase({ ready: 0 }) }),
  migrating: healthy({ migration: aJob() }),
  'not migrated': healthy({ migration: aJob(jobFailed) }),
  'not let in': healthy({ migration: aJob(jobFailed), pods: [aFailedMigrationPod(77)] }),
  'not let in at first': healthy({
    migration: aJob(jobFailed),
    pods: [aFailedMigrationPod(77)],
    deployments: {},
  }),
  'about to migrate': healthy({ migration: undefined }),
  'without a class': healthy({ exposure: { mode: 'None', problem: 'NoController' } }),
  'without a certificate': healthy({ certificate: { kind: 'absent' } }),
  'with an unread Secret': healthy({ certificate: { kind: 'unread' } }),
  'with an expired certificate': healthy({
    certificate: {
      kind: 'read',
      certificate: aCertificate({ notAfter: '2025-12-31T23:30:00Z' }),
    },
  }),
};

type OutcomeName = string;
type ClusterName = keyof typeof clusters;

interface Step {
  readonly outcome: OutcomeName;
  readonly cluster: ClusterName;
  /** The same in each step of a life. */
  readonly database: DatabaseName;
  /** The owner edited the spec before this step. */
  readonly isEdited: boolean;
}

/** What a spec is (paused, invalid) lasts until it is edited; the rest of a step is free. */
const lasting: readonly OutcomeName[] = ['paused', 'invalid'];

const walk: fc.Arbitrary<readonly Step[]> = fc
  .constantFrom(...(Object.keys(databases) as DatabaseName[]))
  .chain((database) =>
    fc.array(
      fc.record({
        outcome: fc.constantFrom(...Object.keys(outcomes)),
        cluster: fc.constantFrom(...(Object.keys(clusters) as ClusterName[])),
        database: fc.constant(database),
        isEdited: fc.boolean(),
      }),
      { minLength: 1, maxLength: 12 },
    ),
  );

interface Seen {
  readonly step: Step;
  readonly generation: number;
  readonly previous: StoreStatus | undefined;
  readonly status: StoreStatus;
  readonly now: string;
}

const moment = (index: number): string => new Date(Date.UTC(2026, 0, 1, index)).toISOString();

function statusAfter(step: Step, seen: Pick<Seen, 'generation' | 'previous' | 'now'>): StoreStatus {
  const { generation, previous, now } = seen;
  const outcome = outcomes[step.outcome] ?? { kind: 'applied' };
  // Which Job is the present one is known from the owner's Secret, which a reconcile that fails may not have read.
  const isJobKnown = step.database === 'managed' || outcome.kind === 'applied';
  const observations = { ...clusters[step.cluster], isJobKnown };
  // Strict about the way in, so that what is missing there turns Ready.
  const spec: InputWish['spec'] = {
    exposure: { mode: 'Ingress' },
    tls: { mode: 'ExistingSecret', secretName: 'shop-tls' },
    database: databases[step.database],
  };
  return statusOf({ spec, generation, observations, outcome, now, ...(previous && { previous }) });
}

/** Plays a walk. A step that leaves a paused or invalid spec, or enters one, must be an edit. */
function play(steps: readonly Step[]): readonly Seen[] {
  const seen: Seen[] = [];
  for (const [index, step] of steps.entries()) {
    const last = seen.at(-1);
    const changesKind =
      last !== undefined &&
      last.step.outcome !== step.outcome &&
      [last.step.outcome, step.outcome].some((name) => lasting.includes(name));
    const isEdited = step.isEdited || changesKind;
    const generation = (last?.generation ?? 1) + (last !== undefined && isEdited ? 1 : 0);
    const context = { generation, previous: last?.status, now: moment(index) };
    seen.push({ step: { ...step, isEdited }, ...context, status: statusAfter(step, context) });
  }
  return seen;
}

function holdsAlways(check: (seen: Seen) => void): void {
  fc.assert(
    fc.property(walk, (steps) => play(steps).forEach(check)),
    { numRuns: 400 },
  );
}

describe('after every step of a random life', () => {
  it('the status satisfies its schema', () => {
    holdsAlways(({ status }) => expect(storeStatus.parse(status)).toEqual(status));
  });

  it('`kubectl wait --for=condition=Ready` is met exactly when kstatus says Current', () => {
    holdsAlways(({ status, generation }) => {
      const object = { status, generation };
      expect([verdictText(status), kubectlWaitIsMet(object)]).toEqual([
        verdictText(status),
        kstatus(object) === 'Current',
      ]);
    });
  });

  it('a store that is not paused and whose generation is described has exactly one of Ready, Reconciling, Stalled', () => {
    holdsAlways(({ step, status, generation }) => {
      if (step.outcome === 'paused' || status.observedGeneration !== generation) return;
      const holding = (['Ready', 'Reconciling', 'Stalled'] as const).filter(
        (type) => conditionOf(status, type)?.status === 'True',
      );
      expect(holding, verdictText(status)).toHaveLength(1);
    });
  });

  it('conditions of a passing state are there only while they are true', () => {
    holdsAlways(({ status }) => {
      for (const type of ['Reconciling', 'Stalled', 'Paused', 'MaintenanceActive'] as const)
        expect(conditionOf(status, type)?.status ?? 'True').toBe('True');
    });
  });

  it('a transition time moves exactly when the status of its condition does', () => {
    holdsAlways(({ status, previous, now }) => {
      for (const type of conditionTypes) {
        const before = conditionOf(previous, type);
        const after = conditionOf(status, type);
        if (after === undefined) continue;
        const expected = before?.status === after.status ? before.lastTransitionTime : now;
        expect(after.lastTransitionTime, type).toBe(expected);
      }
    });
  });

  it('the described generation never exceeds the present one and never goes back', () => {
    holdsAlways(({ status, previous, generation }) => {
      const described = status.observedGeneration ?? 0;
      expect(described).toBeLessThanOrEqual(generation);
      expect(described).toBeGreaterThanOrEqual(previous?.observedGeneration ?? 0);
    });
  });

  it('a transient failure on an unchanged store and cluster turns no condition', () => {
    holdsAlways(({ step, status: first, generation }) => {
      if (lasting.includes(step.outcome)) return;
      // Time alone turns some: a database that has been away for long needs a person.
      const status = statusAfter(step, { generation, previous: first, now: moment(50) });
      const failing = { ...step, outcome: 'transient' };
      const after = statusAfter(failing, { generation, previous: status, now: moment(99) });
      for (const type of conditionTypes) {
        const told = `${type} after ${step.outcome}, ${step.cluster}: ${verdictText(status)} -> ${verdictText(after)}`;
        expect(conditionOf(after, type)?.status, told).toBe(conditionOf(status, type)?.status);
      }
    });
  });

  it('judging the same again changes nothing, so that an idle store is never written', () => {
    holdsAlways(({ step, status, generation }) => {
      const settled = statusAfter(step, { generation, previous: status, now: moment(50) });
      const again = statusAfter(step, { generation, previous: settled, now: moment(99) });
      expect(again).toEqual(settled);
    });
  });
});
