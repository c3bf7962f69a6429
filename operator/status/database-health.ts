// How the database does: that of the operator is judged from its StatefulSet of one pod; another one counts as well here,
// since whatever is wrong with it shows in the migration and in the API.
import { databaseElsewhere } from '../../crds/store/database.ts';
import type { ComponentStatus } from '../../crds/store/status.ts';
import { childName, databaseStartSeconds } from '../names.ts';
import { boundedText } from './bounded-text.ts';
import { databaseName } from './database-words.ts';
import type { Judgement } from './judgement.ts';
import { isPresentSpec, type LiveStatefulSet, type StatusInput } from './observation.ts';
import type { Explanation, PartHealth } from './part-health.ts';
import { podProblem } from './pod-problem.ts';

/** The verdict on the database. */
export interface DatabaseHealth extends PartHealth {
  /** Undefined for a database that somebody else runs: it has no pod. */
  readonly status: ComponentStatus | undefined;
}

/** The database is one pod. */
const desired = 1;

/** Undefined while the controller has not looked at the newest generation. */
function isUpdated({ metadata, status = {} }: LiveStatefulSet): boolean | undefined {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined;
  return status.updatedReplicas === status.replicas;
}

/** Whether somebody else runs the database; a spec that is not valid does not say so, but what was seen before does. Pure. */
export function isElsewhere({ spec, observations, previous }: StatusInput): boolean {
  if (spec !== undefined) return databaseElsewhere(spec.database) !== undefined;
  const { components } = previous ?? {};
  return (
    observations.database === undefined &&
    components !== undefined &&
    components.database === undefined
  );
}

/** Judges the database. Pure. */
export function databaseHealth(input: StatusInput): DatabaseHealth {
  if (isElsewhere(input)) {
    const subject = input.spec === undefined ? 'the database' : databaseName(input.spec.database);
    return { subject, message: '', serves: true, isRolledOut: true, status: undefined };
  }
  return managedHealth(input);
}

/**
 * A start that takes longer than a start may will not end by itself: no node, no volume, no image. That time is up is
 * noticed at the next look at the store.
 */
function stuckStart(
  { metadata, previous, now }: StatusInput,
  subject: string,
  message: string,
): Explanation | undefined {
  const before = previous?.conditions?.find(({ type }) => type === 'DatabaseReady');
  if (before?.status !== 'False') return undefined;
  const downMs = Date.parse(now) - Date.parse(before.lastTransitionTime);
  if (downMs < databaseStartSeconds * 1_000) return undefined;
  const name = childName(metadata.name, 'db');
  const told =
    `${subject} has taken no connections for ${databaseStartSeconds / 60} minutes: ${message}; ` +
    `look at pod ${name}-0 and PersistentVolumeClaim ${name}`;
  return { reason: 'DatabaseStuck', message: boundedText(told) };
}

function managedHealth(input: StatusInput): DatabaseHealth {
  const { metadata, observations, previous } = input;
  const live = observations.database;
  const subject = `StatefulSet ${childName(metadata.name, 'db')}`;
  const { readyReplicas: ready = 0, updatedReplicas: updated = 0 } = live?.status ?? {};
  const serves = ready >= desired;
  const wasReady =
    isPresentSpec(input) &&
    previous?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True';
  const isRolledOut = live !== undefined && serves && (isUpdated(live) ?? wasReady);
  const problem = podProblem(observations.pods, 'database');
  const counted = serves ? 'its pod is being replaced' : 'its pod is not ready';
  const missing = live === undefined ? 'does not exist' : undefined;
  const message = problem ?? missing ?? (isRolledOut ? '' : counted);
  const stuck = serves ? undefined : stuckStart(input, subject, message);
  return {
    subject,
    message,
    serves,
    isRolledOut,
    ...(stuck && { stuck }),
    status: { ready, desired, updated, pods: `${ready}/${desired}`, message },
  };
}

/** `DatabaseReady` of a database that the operator runs: PostgreSQL takes connections. Pure. */
export function databaseCondition({ subject, message, serves, stuck }: DatabaseHealth): Judgement {
  if (serves)
    return { status: 'True', reason: 'DatabaseRunning', message: `${subject} takes connections` };
  const reason = stuck?.reason ?? 'DatabaseNotReady';
  return { status: 'False', reason, message: `${subject}: ${message}` };
}
