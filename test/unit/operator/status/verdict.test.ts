import { describe, expect, it } from 'vitest';
import type { StoreStatus } from '../../../../crds/store/status.ts';
import { TerminalError, TransientError, WaitingError } from '../../../../operator/errors.ts';
import type { Outcome } from '../../../../operator/status/observation.ts';
import {
  conditionOf,
  deadlineExceeded,
  healthy,
  type InputWish,
  statusOf,
  verdictText,
  withDeployment,
} from './status-inputs.ts';
import { kstatus } from './readiness-tools.ts';

const failed = (error: TerminalError | WaitingError | TransientError): Outcome => ({
  kind: 'failed',
  error,
});
const transient = failed(new TransientError('ServiceUnavailable', 'the API server is away'));
const taken = failed(
  new WaitingError('NameConflict', 'Service dhaka-web belongs to somebody else'),
);
const refused = failed(new TerminalError('Unsupported', 'field x is not supported'));
const invalid: Outcome = {
  kind: 'invalid',
  problems: [
    { path: 'api.autoscaling.minReplicas', message: 'must be at most maxReplicas' },
    { path: 'hosts[0]', message: 'must be a DNS name' },
  ],
};

const clusters = {
  healthy: healthy(),
  'rolling out': withDeployment('api', { total: 4, updated: 1 }),
  'short of pods': withDeployment('web', { ready: 1 }),
  stuck: withDeployment('api', { total: 4, updated: 1, conditions: [deadlineExceeded] }),
  empty: healthy({ deployments: {} }),
};

describe('the verdict on a store that was never judged', () => {
  const table: readonly (readonly [keyof typeof clusters, Outcome, string])[] = [
    ['healthy', { kind: 'applied' }, 'Ready=True AllComponentsReady'],
    [
      'rolling out',
      { kind: 'applied' },
      'Ready=False ComponentsNotReady, Reconciling=True RollingOut',
    ],
    [
      'short of pods',
      { kind: 'applied' },
      'Ready=False ComponentsNotReady, Reconciling=True Progressing',
    ],
    ['empty', { kind: 'applied' }, 'Ready=False ComponentsNotReady, Reconciling=True Progressing'],
    ['stuck', { kind: 'applied' }, 'Ready=False ComponentsNotReady, Stalled=True RolloutStuck'],
    ['healthy', invalid, 'Ready=False InvalidSpec, Stalled=True InvalidSpec'],
    ['healthy', taken, 'Ready=False NameConflict, Stalled=True NameConflict'],
    ['stuck', taken, 'Ready=False NameConflict, Stalled=True NameConflict'],
    ['empty', refused, 'Ready=False Unsupported, Stalled=True Unsupported'],
    ['healthy', transient, 'Ready=Unknown Progressing, Reconciling=True RetryAfterError'],
    ['empty', transient, 'Ready=Unknown Progressing, Reconciling=True RetryAfterError'],
    ['healthy', { kind: 'paused' }, 'Ready=Unknown Progressing'],
    ['stuck', { kind: 'paused' }, 'Ready=Unknown Progressing'],
  ];

  it.each(table)('%s, %j', (cluster, outcome, expected) => {
    expect(verdictText(statusOf({ observations: clusters[cluster], outcome }))).toBe(expected);
  });
});

describe('a transient failure', () => {
  const ready = statusOf();
  const again = (wish: InputWish): StoreStatus =>
    statusOf({ outcome: transient, previous: ready, ...wish });

  it('leaves a ready store exactly as it was', () => {
    expect(again({})).toEqual(ready);
  });

  it('still reports what lives', () => {
    expect(verdictText(again({ observations: clusters['short of pods'] }))).toBe(
      'Ready=False ComponentsNotReady, Reconciling=True Progressing',
    );
  });

  it('says on a new generation that it is retried, and goes on describing the old one', () => {
    const status = again({ generation: 2 });
    expect(verdictText(status)).toBe(
      'Ready=True AllComponentsReady, Reconciling=True RetryAfterError',
    );
    expect(status.observedGeneration).toBe(1);
    expect(conditionOf(status, 'Ready')?.observedGeneration).toBe(1);
    expect(conditionOf(status, 'Reconciling')?.message).toContain('the API server is away');
  });

  it('does not take back that a generation was refused', () => {
    const previous = statusOf({ outcome: taken });
    expect(verdictText(again({ previous }))).toBe(verdictText(previous));
  });

  it('does not take back that a store needs a person while its pods are not ready', () => {
    const observations = clusters['short of pods'];
    const previous = statusOf({ outcome: taken, previous: ready, observations });
    expect(verdictText(previous)).toContain('Stalled=True NameConflict');
    expect(verdictText(again({ previous, observations }))).toBe(verdictText(previous));
  });

  it('claims no generation as long as none was judged', () => {
    const first = statusOf({ outcome: transient });
    expect(first).not.toHaveProperty('observedGeneration');
    const second = again({ previous: first });
    expect(verdictText(second)).toBe(verdictText(first));
    expect(second).not.toHaveProperty('observedGeneration');
  });
});

describe('a failure that waits for somebody', () => {
  it('stalls a generation that was never applied, and moves on to describing it', () => {
    const status = statusOf({ generation: 2, outcome: taken, previous: statusOf() });
    expect(verdictText(status)).toBe('Ready=False NameConflict, Stalled=True NameConflict');
    expect(status.observedGeneration).toBe(2);
  });

  it('leaves a shop that serves its present generation ready, and is told in the message', () => {
    const status = statusOf({ outcome: taken, previous: statusOf() });
    expect(verdictText(status)).toBe('Ready=True AllComponentsReady');
    expect(conditionOf(status, 'Ready')?.message).toContain(
      'NameConflict: Service dhaka-web belongs to somebody else',
    );
  });

  it('ends by itself when it is about an object that is being deleted', () => {
    const leaving = failed(new WaitingError('WaitingForDeletion', 'Service dhaka-web is deleted'));
    expect(verdictText(statusOf({ outcome: leaving }))).toBe(
      'Ready=False WaitingForDeletion, Reconciling=True WaitingForDeletion',
    );
  });

  it('stalls a store whose deletion is held back, and keeps Ready as it was', () => {
    const held = failed(new TerminalError('DeletionProtected', 'store dhaka is protected'));
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    const status = statusOf({ outcome: held, previous: statusOf(), deletionTimestamp });
    expect(verdictText(status)).toBe(
      'Ready=True AllComponentsReady, Stalled=True DeletionProtected',
    );
  });
});

describe('an invalid spec', () => {
  it('is told by field and rule', () => {
    const message = conditionOf(statusOf({ outcome: invalid }), 'Stalled')?.message;
    expect(message).toBe(
      'spec.api.autoscaling.minReplicas must be at most maxReplicas; spec.hosts[0] must be a DNS name',
    );
  });

  it('leaves what serves in the status', () => {
    const previous = statusOf();
    const status = statusOf({ generation: 2, outcome: invalid, previous });
    const { version, url, images } = previous;
    expect(status).toMatchObject({ version, url, images, observedGeneration: 2 });
  });
});

describe('a paused store', () => {
  it.each([
    ['healthy', 'Ready=True AllComponentsReady'],
    ['empty', 'Ready=False ComponentsNotReady'],
    ['stuck', 'Ready=False ComponentsNotReady, Stalled=True RolloutStuck'],
  ] as const)('is judged by what lives: %s', (cluster, expected) => {
    const wish = { observations: clusters[cluster], previous: statusOf(), generation: 2 };
    expect(verdictText(statusOf({ ...wish, outcome: { kind: 'paused' } }))).toBe(expected);
  });

  it('says so, is judged all the same, and stops saying so afterwards', () => {
    const status = statusOf({ outcome: { kind: 'paused' } });
    expect(conditionOf(status, 'Paused')).toMatchObject({ status: 'True', reason: 'PausedBySpec' });
    expect(conditionOf(status, 'ApiReady')?.status).toBe('True');
    expect(conditionOf(statusOf({ generation: 2, previous: status }), 'Paused')).toBeUndefined();
  });

  it('goes on describing the generation before the pause: an edit is not applied meanwhile', () => {
    const previous = statusOf();
    const status = statusOf({ generation: 2, previous, outcome: { kind: 'paused' } });
    expect(status.observedGeneration).toBe(1);
    expect(conditionOf(status, 'Ready')).toMatchObject({ status: 'True', observedGeneration: 1 });
    expect(conditionOf(status, 'Paused')?.observedGeneration).toBe(2);
    expect(kstatus({ status, generation: 2 })).toBe('InProgress');
  });
});
