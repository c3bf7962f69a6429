// The verdict on the whole store: Ready, Reconciling, Stalled. kstatus and `kubectl wait --for=condition=Ready` must agree
// in every state, https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md, hence:
//
// - Ready is true exactly when neither Reconciling nor Stalled stands beside it (kstatus looks at those two first).
//   While a store is being deleted kstatus says Terminating whatever the conditions are, so there Stalled may.
// - A failure makes Ready false only if the present generation was never applied: a shop that serves stays Ready, and
//   its message tells what failed.
// - A transient failure turns nothing. Before the present generation is applied, the status goes on describing the
//   one before: its observedGeneration shows both tools that it is not about the present one.
import type { StoreStatus } from '../../crds/store/status.ts';
import type { OperatorError } from '../errors.ts';
import { boundedReason, boundedText } from './bounded-text.ts';
import { exposureStalls } from './exposure-condition.ts';
import type { Judgement } from './judgement.ts';
import type { StatusInput } from './observation.ts';
import type { Explanation, PartHealth } from './part-health.ts';
import { certificateStalls } from './tls-condition.ts';

/** Ready, Reconciling and Stalled, and which generation they are about. */
export interface Verdict {
  readonly ready: Judgement;
  readonly reconciling?: Explanation;
  readonly stalled?: Explanation;
  /** Undefined while no generation was ever judged. */
  readonly observedGeneration: number | undefined;
  /** The present spec is what the cluster has. */
  readonly isApplied: boolean;
}

/** Reasons of Ready that health gives; every other one tells why a generation could not be applied. */
const healthReasons: readonly string[] = [
  'AllComponentsReady',
  'ComponentsNotReady',
  'NotReachable',
];

/** Reasons of Stalled that health gives (`PartHealth.stuck`, troubles); health takes them back as well. */
const stuckReasons: readonly string[] = [
  'RolloutStuck',
  'ScaledToZero',
  'DatabaseStuck',
  'MigrationFailed',
  ...exposureStalls,
  ...certificateStalls,
];

/** Waiting errors that end without anybody's help. */
const passingReasons: readonly string[] = ['WaitingForDeletion'];

/** Before the first generation was judged, whatever may be there by these names. */
const neverApplied: Judgement = {
  status: 'Unknown',
  reason: 'Progressing',
  message: 'the store was not applied yet',
};

/** How the parts do that a shopper needs, and what keeps shoppers from them. */
export interface Health {
  readonly database: PartHealth;
  readonly migration: PartHealth;
  readonly components: readonly PartHealth[];
  /** Each needs a person. */
  readonly troubles: readonly Explanation[];
}

type Core = Pick<Verdict, 'ready' | 'reconciling' | 'stalled'>;

function readyOf(previous: StoreStatus | undefined): Judgement | undefined {
  return previous?.conditions?.find(({ type }) => type === 'Ready');
}

function stalledOf(previous: StoreStatus | undefined): Explanation | undefined {
  const stalled = previous?.conditions?.find(({ type }) => type === 'Stalled');
  return stalled && { reason: stalled.reason, message: stalled.message };
}

function isHealthReason(ready: Judgement | undefined): boolean {
  return ready !== undefined && healthReasons.includes(ready.reason);
}

function isGenerationApplied({ metadata, previous }: StatusInput): boolean {
  return previous?.observedGeneration === metadata.generation && isHealthReason(readyOf(previous));
}

function workingReason({ migration }: Health, failing: readonly PartHealth[]): string {
  // The database comes first in the list: without it there is nothing to migrate.
  if (failing[0] === migration) return 'Migrating';
  return failing.every(({ serves }) => serves) ? 'RollingOut' : 'Progressing';
}

function healthCore(health: Health): Core {
  const { database, migration, components, troubles } = health;
  const parts = [database, migration, ...components];
  const failing = parts.filter(({ serves, isRolledOut }) => !serves || !isRolledOut);
  const [trouble] = troubles;
  if (failing.length === 0 && trouble !== undefined) {
    const message = boundedText(troubles.map((each) => each.message).join('; '));
    return { ready: { status: 'False', reason: 'NotReachable', message }, stalled: trouble };
  }
  if (failing.length === 0) {
    const names = [database, ...components].map(({ subject }) => subject).join(', ');
    const message = `${names}: rolled out and available, the database is up to date`;
    return { ready: { status: 'True', reason: 'AllComponentsReady', message } };
  }
  const message = boundedText(
    failing.map(({ subject, message: told }) => `${subject}: ${told}`).join('; '),
  );
  const ready: Judgement = { status: 'False', reason: 'ComponentsNotReady', message };
  const stalled = failing.find(({ stuck }) => stuck !== undefined)?.stuck ?? trouble;
  if (stalled !== undefined) return { ready, stalled };
  return { ready, reconciling: { reason: workingReason(health, failing), message } };
}

function failureText(error: OperatorError): Explanation {
  return { reason: boundedReason(error.reason), message: boundedText(error.message) };
}

/** Ready as health has it, unless it tells that a generation was refused: health cannot take that back. */
function keptCore({ previous }: StatusInput, health: Health): Core {
  const ready = readyOf(previous);
  if (ready === undefined || isHealthReason(ready)) return healthCore(health);
  const stalled = stalledOf(previous);
  const { status, reason, message } = ready;
  return { ready: { status, reason, message }, ...(stalled && { stalled }) };
}

/** What health says, beside a failure that waits for somebody: only a reconcile that got through can take that back. */
function standingCore({ previous }: StatusInput, health: Health): Core {
  const core = healthCore(health);
  const stalled = stalledOf(previous);
  const isOver = core.ready.status === 'True' || stalled === undefined;
  return isOver || stuckReasons.includes(stalled.reason) ? core : { ready: core.ready, stalled };
}

function transientVerdict(input: StatusInput, health: Health, error: OperatorError): Verdict {
  const { metadata, previous } = input;
  if (isGenerationApplied(input)) {
    const observedGeneration = metadata.generation;
    return { ...standingCore(input, health), observedGeneration, isApplied: true };
  }
  const { reason, message } = failureText(error);
  const retrying: Explanation = {
    reason: 'RetryAfterError',
    message: boundedText(`${reason}: ${message}`),
  };
  const observedGeneration = previous?.observedGeneration;
  if (readyOf(previous) === undefined) {
    return { ready: neverApplied, reconciling: retrying, observedGeneration, isApplied: false };
  }
  const core = keptCore(input, health);
  return {
    ...core,
    ...(core.stalled === undefined && { reconciling: retrying }),
    observedGeneration,
    isApplied: false,
  };
}

/** A failure after the present generation was applied. */
function laterFailure(core: Core, failure: Explanation): Core {
  if (core.ready.status !== 'True') return { ready: core.ready, stalled: failure };
  const told = `${core.ready.message}; the last reconcile failed: ${failure.reason}: ${failure.message}`;
  return { ready: { ...core.ready, message: boundedText(told) } };
}

function refusedCore(input: StatusInput, health: Health, error: OperatorError): Core {
  const failure = failureText(error);
  if (input.metadata.deletionTimestamp !== undefined) {
    return { ready: keptCore(input, health).ready, stalled: failure };
  }
  if (isGenerationApplied(input) && passingReasons.includes(error.reason))
    return healthCore(health);
  if (isGenerationApplied(input)) return laterFailure(healthCore(health), failure);
  const ready: Judgement = { status: 'False', ...failure };
  return passingReasons.includes(error.reason)
    ? { ready, reconciling: failure }
    : { ready, stalled: failure };
}

/** A pause is an edit too, and nothing is applied from then on: the status describes the generation before it. */
function pausedVerdict(input: StatusInput, health: Health): Verdict {
  const { previous } = input;
  const isJudged = readyOf(previous) !== undefined;
  const core: Core = isJudged ? keptCore(input, health) : { ready: neverApplied };
  const { ready, stalled } = core;
  const observedGeneration = previous?.observedGeneration;
  return { ready, ...(stalled && { stalled }), observedGeneration, isApplied: false };
}

/** Judges the whole store. Pure. */
export function storeVerdict(input: StatusInput, health: Health): Verdict {
  const { outcome, metadata } = input;
  const observedGeneration = metadata.generation;
  switch (outcome.kind) {
    case 'applied':
      return { ...healthCore(health), observedGeneration, isApplied: true };
    case 'paused':
      return pausedVerdict(input, health);
    case 'invalid': {
      const problems = outcome.problems.map(({ path, message }) =>
        path === '' ? `spec ${message}` : `spec.${path} ${message}`,
      );
      const told = { reason: 'InvalidSpec', message: boundedText(problems.join('; ')) };
      const ready: Judgement = { status: 'False', ...told };
      return { ready, stalled: told, observedGeneration, isApplied: false };
    }
    case 'failed': {
      const { error } = outcome;
      if (error.kind === 'transient') return transientVerdict(input, health, error);
      const core = refusedCore(input, health, error);
      return { ...core, observedGeneration, isApplied: isGenerationApplied(input) };
    }
    default:
      return outcome satisfies never;
  }
}
