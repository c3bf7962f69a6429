// How a database that somebody else runs does. There is no pod to look at; what tells is whether the Secrets lead to it,
// whether it let the migration in, and whether the API, which looks at it every two seconds, is ready on it.
import { databaseSecretReasons, migrationExitCodes } from '../names.ts';
import { boundedText } from './bounded-text.ts';
import type { ComponentHealth } from './component-health.ts';
import type { Judgement } from './judgement.ts';
import type { MigrationHealth } from './migration-health.ts';
import type { StatusInput } from './observation.ts';

const secretReasons: readonly string[] = Object.values(databaseSecretReasons);

/** What the last reconcile found wrong with the Secrets; one that did not get that far leaves it as it was. */
function secretFault({ outcome, observations, previous }: StatusInput): Judgement | undefined {
  if (outcome.kind === 'failed' && secretReasons.includes(outcome.error.reason)) {
    const { reason, message } = outcome.error;
    return { status: 'False', reason, message: boundedText(message) };
  }
  if (observations.isJobKnown) return undefined;
  const last = previous?.conditions?.find(({ type }) => type === 'DatabaseReady');
  if (last === undefined || !secretReasons.includes(last.reason)) return undefined;
  return { status: last.status, reason: last.reason, message: last.message };
}

/** The API stays ready for as long as its page cache serves without a database: `ifErrorMs` of its page store. */
const lag = 'that it went shows here up to 5 minutes later, while pages are served from memory';

const failures: Readonly<Record<number, string>> = {
  [migrationExitCodes.refused]: 'DatabaseRefused',
  [migrationExitCodes.unreachable]: 'DatabaseUnreachable',
};

/** `DatabaseReady` of a database that somebody else runs. Pure. */
export function elsewhereCondition(
  input: StatusInput,
  subject: string,
  { api, migration }: { readonly api: ComponentHealth; readonly migration: MigrationHealth },
): Judgement {
  const fault = secretFault(input);
  if (fault !== undefined) return fault;
  const { state, exitCode, finishedAt } = migration.status ?? {};
  const failure = failures[exitCode ?? 0];
  const failed: Judgement = {
    status: 'False',
    reason: failure ?? 'MigrationFailed',
    message: boundedText(`${migration.subject}: ${migration.message}`),
  };
  // Credentials are wrong whatever goes on with the ones of before.
  if (state === 'Failed' && exitCode === migrationExitCodes.refused) return failed;
  if (api.serves && api.status.ready > 0) {
    const message = `${subject}: ${api.subject} is ready on it; ${lag}`;
    return { status: 'True', reason: 'DatabaseInUse', message: boundedText(message) };
  }
  if (state === 'Failed' || (state === 'Running' && failure !== undefined)) return failed;
  const reached = `${subject}: ${migration.subject} reached it at ${finishedAt ?? 'an unknown time'}`;
  if (state === 'Succeeded' && api.status.desired === 0) {
    return { status: 'True', reason: 'DatabaseMigrated', message: reached };
  }
  const message =
    state === 'Succeeded'
      ? `${reached}, and no pod of ${api.subject} is ready on it`
      : `not judged yet: ${migration.subject}: ${migration.message}`;
  return { status: 'Unknown', reason: 'NotJudgedYet', message: boundedText(message) };
}
