import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sleep } from '../../../../operator/runtime/clock.ts';
import { type Failure, type RunResult } from '../../../../operator/runtime/run-result.ts';
import { Failed, aQueue } from '../../../support/a-work-queue.ts';

type Outcome = Failure['kind'] | 'success' | 'requeue' | 'panic';
type Step =
  | { readonly do: 'add'; readonly key: string; readonly isUser: boolean; readonly delayMs: number }
  | { readonly do: 'advance'; readonly ms: number };

const steps = fc.array(
  fc.oneof(
    fc.record<Step & { do: 'add' }>({
      do: fc.constant('add'),
      key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
      isUser: fc.boolean(),
      delayMs: fc.oneof(fc.constant(0), fc.nat(5_000)),
    }),
    fc.record<Step & { do: 'advance' }>({ do: fc.constant('advance'), ms: fc.nat(4_000) }),
  ),
  { maxLength: 60 },
);

const runs = fc.array(
  fc.record({
    outcome: fc.constantFrom<Outcome[]>(
      'success',
      'requeue',
      'terminal',
      'waiting',
      'transient',
      'panic',
    ),
    durationMs: fc.oneof(fc.constant(0), fc.nat(3_000), fc.constant(90_000)),
  }),
  { maxLength: 40 },
);

async function endAs(outcome: Outcome): Promise<RunResult> {
  if (outcome === 'success') return {};
  if (outcome === 'requeue') return { requeueAfterMs: 700 };
  if (outcome === 'panic') throw new TypeError('a mistake');
  throw new Failed({ kind: outcome });
}

describe('the work queue, whatever happens', () => {
  it('never runs a key twice at once, keeps to its concurrency, loses nothing and ends empty', async () => {
    await fc.assert(
      fc.asyncProperty(steps, runs, async (allSteps, allRuns) => {
        const { queue, clock, observer } = aQueue({ concurrency: 2, backoffMaxMs: 5_000 });
        const running = new Set<string>();
        const dirty = new Set<string>();
        const broken: string[] = [];
        let next = 0;
        queue.start(async (key) => {
          if (running.has(key)) broken.push(`${key} runs twice`);
          running.add(key);
          dirty.delete(key);
          const { running: count, overdue } = queue.sizes();
          if (count - overdue > 2) broken.push(`${count} run at once`);
          const { outcome, durationMs } = allRuns[next++] ?? { outcome: 'success', durationMs: 0 };
          if (durationMs > 0) await sleep(clock, durationMs);
          running.delete(key);
          return endAs(outcome);
        });
        for (const step of allSteps) {
          if (step.do === 'advance') await clock.advance(step.ms);
          else {
            dirty.add(step.key);
            const { delayMs } = step;
            queue.add(step.key, { delayMs, priority: step.isUser ? 'user' : 'background' });
          }
        }
        await clock.advance(10_000_000);
        expect(broken).toEqual([]);
        expect([...dirty]).toEqual([]);
        expect(Math.min(0, ...observer.waitedMs)).toBe(0);
        expect(queue.sizes()).toEqual({ keys: 0, ready: 0, delayed: 0, running: 0, overdue: 0 });
        expect(clock.pendingTimers()).toBe(0);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
