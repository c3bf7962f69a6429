// How far the database is with the schema of the present release, judged by the conditions of its Job and by nothing else:
// its counters do not tell whether it gave up, https://kubernetes.io/docs/concepts/workloads/controllers/job/.
import { databaseElsewhere } from '../../crds/store/database.ts';
import type { MigrationStatus } from '../../crds/store/status.ts';
import type { StoreSpec } from '../../crds/store/store.ts';
import { annotationKeys, childName, labelKeys } from '../names.ts';
import { boundedText, lastWords } from './bounded-text.ts';
import { accessHint } from './database-words.ts';
import {
  type EndedContainer,
  isPresentSpec,
  type LiveJob,
  type LivePod,
  type StatusInput,
} from './observation.ts';
import type { PartHealth } from './part-health.ts';
import { podProblem } from './pod-problem.ts';

/** The verdict on the migration. */
export interface MigrationHealth extends PartHealth {
  readonly status: MigrationStatus | undefined;
}

const remedy =
  'the pods of before go on; mend the cause and ' +
  `set the annotation ${annotationKeys.retryMigration} of the store to a new value, or write another version`;

function conditionOf(job: LiveJob, type: string) {
  return job.status?.conditions?.find((one) => one.type === type && one.status === 'True');
}

function podsOf(job: LiveJob, pods: readonly LivePod[]): readonly LivePod[] {
  return pods.filter(({ metadata }) => metadata.name.startsWith(`${job.metadata.name}-`));
}

interface Ending extends EndedContainer {
  readonly pod: string;
}

/** How the try that ended last did. */
function lastEnding(pods: readonly LivePod[]): Ending | undefined {
  const endings = pods.flatMap(({ metadata, status }) =>
    (status?.containerStatuses ?? []).flatMap(({ state }): Ending[] =>
      state?.terminated === undefined ? [] : [{ ...state.terminated, pod: metadata.name }],
    ),
  );
  const order = ({ finishedAt = '', pod }: Ending): string => `${finishedAt} ${pod}`;
  return endings.toSorted((a, b) => (order(a) < order(b) ? 1 : -1))[0];
}

function endingText({ pod, exitCode, reason = 'Error', message = '' }: Ending): string {
  const said = message === '' ? reason : lastWords(message);
  return `pod ${pod} ended with exit code ${exitCode ?? 'unknown'}: ${said}`;
}

/** The same Job as before: what it said then still counts when its pods are gone. */
function sameBefore(job: LiveJob, { previous }: StatusInput): MigrationStatus | undefined {
  const before = previous?.migration;
  const isSame = before?.startedAt !== undefined && before.startedAt === job.status?.startTime;
  return isSame ? before : undefined;
}

/**
 * A Job that ran out of time has its pods taken away, and with them why they did not come up; then what was known before
 * is what is known.
 */
function failureText(job: LiveJob, input: StatusInput): string {
  const { spec, metadata } = input;
  const failed = conditionOf(job, 'Failed');
  const ending = lastEnding(podsOf(job, input.observations.pods));
  const before = sameBefore(job, input);
  if (ending === undefined && before?.state === 'Failed') return before.message;
  const known = before?.state === 'Running' ? before.message : '';
  const why = ending === undefined ? known || (failed?.message ?? '') : endingText(ending);
  const hint = spec && accessHint(ending?.exitCode, metadata.name, spec.database);
  const told = [`${failed?.reason ?? 'Failed'}: ${why}`, ...(hint === undefined ? [] : [hint])];
  return boundedText([...told, remedy].join('; '));
}

/** A Job that goes on: why its pod does not begin, or how the try before ended. */
function runningText(job: LiveJob, input: StatusInput): string {
  const { spec, metadata } = input;
  const pods = podsOf(job, input.observations.pods);
  const problem = podProblem(pods, 'migration');
  const ending = lastEnding(pods);
  if (problem !== undefined || ending === undefined) return problem ?? '';
  const hint = spec && accessHint(ending.exitCode, metadata.name, spec.database);
  const told = `tried again after ${endingText(ending)}`;
  return boundedText(hint === undefined ? told : `${told}; ${hint}`);
}

function exitCodeOf(job: LiveJob, input: StatusInput): Pick<MigrationStatus, 'exitCode'> {
  const ending = lastEnding(podsOf(job, input.observations.pods));
  const exitCode = ending === undefined ? sameBefore(job, input)?.exitCode : ending.exitCode;
  return exitCode === undefined ? {} : { exitCode };
}

function jobStatus(job: LiveJob, input: StatusInput): MigrationStatus {
  const { labels } = job.metadata;
  const version = labels?.[labelKeys.version];
  const startedAt = job.status?.startTime;
  const common = {
    ...(version !== undefined && { version }),
    ...(startedAt !== undefined && { startedAt }),
  };
  const failed = conditionOf(job, 'Failed');
  const complete = conditionOf(job, 'Complete');
  const ended = failed ?? complete;
  if (ended === undefined) {
    const message = runningText(job, input);
    return { ...common, state: 'Running', ...exitCodeOf(job, input), message };
  }
  const finishedAt = job.status?.completionTime ?? ended.lastTransitionTime;
  const finished = { ...common, ...(finishedAt !== undefined && { finishedAt }) };
  if (failed === undefined) return { ...finished, state: 'Succeeded', message: '' };
  const message = failureText(job, input);
  return { ...finished, state: 'Failed', ...exitCodeOf(job, input), message };
}

function pendingStatus(spec: StoreSpec, { observations }: StatusInput): MigrationStatus {
  const isDatabaseReady =
    databaseElsewhere(spec.database) !== undefined ||
    (observations.database?.status?.readyReplicas ?? 0) > 0;
  const message = isDatabaseReady ? 'its Job does not exist yet' : 'it waits for the database';
  return { version: spec.version, state: 'Pending', message };
}

function presentStatus(input: StatusInput): MigrationStatus | undefined {
  const { spec, previous, observations } = input;
  const { migration, isJobKnown } = observations;
  if (!isPresentSpec(input) || spec === undefined || !isJobKnown) return previous?.migration;
  return migration === undefined ? pendingStatus(spec, input) : jobStatus(migration, input);
}

/** Judges the migration. Pure. */
export function migrationHealth(input: StatusInput): MigrationHealth {
  const status = presentStatus(input);
  const name = input.observations.migration?.metadata.name;
  const subject = `Job ${name ?? childName(input.metadata.name, 'migrate')}`;
  const isDone = status?.state === 'Succeeded';
  const message = isDone ? '' : status?.message || 'the database is brought up to date';
  return {
    subject,
    message,
    // The shop goes on with what it was before.
    serves: true,
    isRolledOut: isDone,
    status,
    ...(status?.state === 'Failed' && {
      stuck: { reason: 'MigrationFailed', message: boundedText(`${subject}: ${message}`) },
    }),
  };
}
