// Shoppers who keep on asking a shop while something happens to it, at a steady rate whatever it answers.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ask } from '../../dev/smoke-checks.ts';
import type { RequestInit } from 'undici';

/** A request that did not get the answer that it should. */
export interface Failure {
  /** When it was sent, after the action began. */
  readonly atMs: number;
  readonly what: string;
  readonly why: string;
}

/** What the shoppers saw. */
export interface Shopping<Result> {
  readonly asked: number;
  readonly failures: readonly Failure[];
  /** What the action returned. */
  readonly result: Result;
}

/** A request: path, and what is sent. */
export type Errand = readonly [path: string, init?: RequestInit];

const perSecond = 40;
/** Shopping goes on for so long before and after: what an action leaves behind shows a moment later. */
const marginMs = 1_500;

/** Answers under load may come late, and there may be few; whoever waited longer than the client's patience has failed. */
export async function whileShopping<Result>(
  ask: Ask,
  errands: readonly Errand[],
  action: () => Promise<Result>,
): Promise<Shopping<Result>> {
  const failures: Failure[] = [];
  const answers: Promise<void>[] = [];
  let beganAt = performance.now() + marginMs;
  const send = async ([path, init]: Errand): Promise<void> => {
    const atMs = Math.round(performance.now() - beganAt);
    const what = `${init?.method ?? 'GET'} ${path}`;
    try {
      const { status, json } = await ask(path, init);
      // The API says why in its problem document; an answer without one is the ingress controller's own.
      if (status !== 200) failures.push({ atMs, what, why: `${status} ${JSON.stringify(json)}` });
    } catch (error) {
      const { message, cause } = error as Error;
      failures.push({ atMs, what, why: cause instanceof Error ? cause.message : message });
    }
  };
  const timer = setInterval(() => {
    const errand = errands[answers.length % errands.length];
    if (errand !== undefined) answers.push(send(errand));
  }, 1_000 / perSecond);
  try {
    await sleep(marginMs);
    beganAt = performance.now();
    const result = await action();
    await sleep(marginMs);
    return { asked: answers.length, failures, result };
  } finally {
    clearInterval(timer);
    await Promise.all(answers);
  }
}
