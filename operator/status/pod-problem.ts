// Why a component has fewer pods than it should: the one problem that tells most, from the pod where it shows first.
import type { PartName } from '../names.ts';
import { labelKeys } from '../names.ts';
import { boundedText, maxQuoteLength } from './bounded-text.ts';
import type { LiveContainer, LivePod } from './observation.ts';

/** Its message names the back-off, which grows with every try: repeating it would rewrite the status each time. */
const restarting = 'CrashLoopBackOff';

function quote(reason: string, message: string | undefined): string {
  return message === undefined || message === ''
    ? reason
    : `${reason}: ${boundedText(message, maxQuoteLength)}`;
}

function endedBefore({ lastState }: LiveContainer): string {
  const ended = lastState?.terminated;
  if (ended === undefined) return '';
  const code = ended.exitCode === undefined ? '' : `, exit code ${ended.exitCode}`;
  return ` (ended before: ${ended.reason ?? 'unknown'}${code})`;
}

function containerProblem(container: LiveContainer): string[] {
  const waiting = container.state?.waiting;
  if (waiting?.reason === undefined) return [];
  const message = waiting.reason === restarting ? undefined : waiting.message;
  return [
    `container ${container.name}: ${quote(waiting.reason, message)}${endedBefore(container)}`,
  ];
}

function problemsOf({ metadata, status }: LivePod): string[] {
  const unscheduled = (status?.conditions ?? [])
    .filter(({ type, status: value }) => type === 'PodScheduled' && value === 'False')
    .map(({ reason, message }) => quote(reason ?? 'Unschedulable', message));
  const waiting = (status?.containerStatuses ?? []).flatMap(containerProblem);
  return [...waiting, ...unscheduled].map((problem) => `pod ${metadata.name}: ${problem}`);
}

function isWaiting({ status }: LivePod): boolean {
  return (status?.containerStatuses ?? []).length > 0;
}

/**
 * What is wrong with the pods of one part, or undefined. Waiting containers count before unscheduled pods; among
 * equals the pod's name decides, so that the text does not depend on the order of the pods. Pure.
 */
export function podProblem(pods: readonly LivePod[], part: PartName): string | undefined {
  const ordered = pods
    .filter(({ metadata }) => metadata.labels?.[labelKeys.component] === part)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return [...ordered.filter(isWaiting), ...ordered].flatMap(problemsOf)[0];
}
