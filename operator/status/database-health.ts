// How the database that the operator runs does, judged from its StatefulSet of one pod.
import type { ComponentStatus } from '../../crds/store/status.ts';
import { childName } from '../names.ts';
import type { Judgement } from './judgement.ts';
import { isPresentSpec, type LiveStatefulSet, type StatusInput } from './observation.ts';
import type { PartHealth } from './part-health.ts';
import { podProblem } from './pod-problem.ts';

/** The verdict on the database. */
export interface DatabaseHealth extends PartHealth {
  readonly status: ComponentStatus;
}

/** The database is one pod. */
const desired = 1;

/** Undefined while the controller has not looked at the newest generation. */
function isUpdated({ metadata, status = {} }: LiveStatefulSet): boolean | undefined {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined;
  return status.updatedReplicas === status.replicas;
}

/** Judges the database. Pure. */
export function databaseHealth(input: StatusInput): DatabaseHealth {
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

/** `DatabaseReady`: PostgreSQL takes connections. Pure. */
export function databaseCondition({ subject, message, serves }: DatabaseHealth): Judgement {
  return serves
    ? { status: 'True', reason: 'DatabaseRunning', message: `${subject} takes connections` }
    : { status: 'False', reason: 'DatabaseNotReady', message: `${subject}: ${message}` };
}
