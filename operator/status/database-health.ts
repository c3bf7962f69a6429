// How the database does: that of the operator is judged from its StatefulSet of one pod; another one counts as well here,
// since whatever is wrong with it shows in the migration and in the API.
import { databaseElsewhere } from '../../crds/store/database.ts';
import type { ComponentStatus } from '../../crds/store/status.ts';
import { childName } from '../names.ts';
import { databaseName } from './database-words.ts';
import type { Judgement } from './judgement.ts';
import { isPresentSpec, type LiveStatefulSet, type StatusInput } from './observation.ts';
import type { PartHealth } from './part-health.ts';
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
  return {
    subject,
    message,
    serves,
    isRolledOut,
    status: { ready, desired, updated, pods: `${ready}/${desired}`, message },
  };
}

/** `DatabaseReady` of a database that the operator runs: PostgreSQL takes connections. Pure. */
export function databaseCondition({ subject, message, serves }: DatabaseHealth): Judgement {
  return serves
    ? { status: 'True', reason: 'DatabaseRunning', message: `${subject} takes connections` }
    : { status: 'False', reason: 'DatabaseNotReady', message: `${subject}: ${message}` };
}
