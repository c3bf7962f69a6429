import { describe, expect, it } from 'vitest';
import { sleep } from '../../../../operator/runtime/clock.ts';
import { RunAbortedError, type RunResult } from '../../../../operator/runtime/run-result.ts';
import { settle } from '../../../support/fake-clock.ts';
import { Failed, aQueue, collector, done } from '../../../support/a-work-queue.ts';

describe('the work queue', () => {
  it('runs nothing until it is started, and merges what is added meanwhile', async () => {
    const { queue, clock } = aQueue();
    const { begun, processor } = collector(done);
    queue.add('a');
    queue.add('a');
    queue.add('b');
    await clock.advance(1_000);
    expect(begun).toEqual([]);
    queue.start(processor);
    await clock.advance(1);
    expect(begun).toEqual(['a', 'b']);
    expect(queue.sizes().keys).toBe(0);
  });

  it('serves what users ask for before the background, first come first served within each', async () => {
    const { queue, clock } = aQueue({ concurrency: 1 });
    const { begun, processor } = collector(done);
    for (const key of ['b1', 'b2', 'b3']) queue.add(key, { priority: 'background' });
    for (const key of ['u1', 'u2']) queue.add(key);
    queue.add('b3');
    queue.start(processor);
    await clock.advance(1);
    await settle(20);
    // Raised, it keeps its place by arrival: it was asked for before u1.
    expect(begun).toEqual(['b3', 'u1', 'u2', 'b1', 'b2']);
  });

  it('keeps the earliest time of a key', async () => {
    const { queue, clock } = aQueue();
    const { begun, processor } = collector(done);
    queue.start(processor);
    queue.add('a', { delayMs: 60_000 });
    queue.add('a', { delayMs: 5_000 });
    queue.add('a', { delayMs: 90_000 });
    await clock.advance(4_999);
    expect(begun).toEqual([]);
    await clock.advance(1);
    expect(begun).toEqual(['a']);
    await clock.advance(200_000);
    expect(begun).toEqual(['a']);
  });

  it('counts the time in the queue from when a key became due, also when it was brought forward', async () => {
    const { queue, clock, observer } = aQueue();
    queue.start(done);
    queue.add('a', { delayMs: 300_000 });
    await clock.advance(1_000);
    queue.add('a');
    await clock.advance(1);
    expect(observer.waitedMs).toEqual([0]);
  });

  it('lines up a key that was brought forward behind those that are already due', async () => {
    const { queue, clock } = aQueue({ concurrency: 1 });
    const { begun, processor } = collector(done);
    queue.add('resync', { delayMs: 300_000 });
    queue.add('first');
    queue.add('resync');
    queue.add('last');
    queue.start(processor);
    await clock.advance(1);
    await settle(10);
    expect(begun).toEqual(['first', 'resync', 'last']);
  });

  it('runs a key once more when it is added while it runs, and never twice at once', async () => {
    const { queue, clock } = aQueue();
    const { begun, processor } = collector((_key, signal) =>
      sleep(clock, 1_000, signal).then(done),
    );
    queue.start(processor);
    queue.add('a');
    await clock.advance(500);
    queue.add('a');
    queue.add('a');
    await clock.advance(499);
    expect(begun).toEqual(['a']);
    await clock.advance(1);
    expect(begun).toEqual(['a', 'a']);
    await clock.advance(5_000);
    expect(begun).toEqual(['a', 'a']);
  });

  it('runs no more keys at once than its concurrency', async () => {
    const { queue, clock } = aQueue({ concurrency: 3 });
    queue.start((_key, signal) => sleep(clock, 1_000, signal).then(done));
    for (const key of 'abcde') queue.add(key);
    await clock.advance(1);
    expect(queue.sizes()).toMatchObject({ running: 3, ready: 2 });
    expect(queue.runningAgesMs()).toEqual([1, 1, 1]);
  });

  it('comes back after requeueAfterMs, behind the users', async () => {
    const { queue, clock } = aQueue();
    const { begun, processor } = collector(() => Promise.resolve({ requeueAfterMs: 300_000 }));
    queue.start(processor);
    queue.add('a');
    await clock.advance(300_000);
    expect(begun).toEqual(['a', 'a']);
    expect(queue.sizes()).toMatchObject({ keys: 1, delayed: 1 });
  });

  it.each([
    { failure: { kind: 'terminal' }, backAtMs: undefined },
    { failure: { kind: 'waiting' }, backAtMs: 30_000 },
    { failure: { kind: 'waiting', retryAfterMs: 7_000 }, backAtMs: 7_000 },
    { failure: { kind: 'transient' }, backAtMs: 1_000 },
    { failure: { kind: 'transient', retryAfterMs: 9_000 }, backAtMs: 9_000 },
    { failure: { kind: 'transient', retryAfterMs: 10 }, backAtMs: 1_000 },
  ] as const)(
    'brings back a run that failed as $failure after $backAtMs ms',
    async ({ failure, backAtMs }) => {
      const { queue, clock } = aQueue();
      const { begun, processor } = collector(() => Promise.reject(new Failed(failure)));
      queue.start(processor);
      queue.add('a');
      await clock.advance((backAtMs ?? 3_600_000) - 1);
      expect(begun).toHaveLength(1);
      await clock.advance(1);
      expect(begun).toHaveLength(backAtMs === undefined ? 1 : 2);
      if (backAtMs === undefined) expect(queue.sizes().keys).toBe(0);
    },
  );

  it.each(['while it ran', 'after it failed'])(
    'leaves the API server alone as long as it asked, although the key was added %s',
    async (when) => {
      const { queue, clock } = aQueue();
      const { begun, processor } = collector(() => {
        if (when === 'while it ran' && begun.length === 1) queue.add('a');
        return Promise.reject(new Failed({ kind: 'transient', retryAfterMs: 9_000 }));
      });
      queue.start(processor);
      queue.add('a');
      await clock.advance(100);
      if (when === 'after it failed') queue.add('a');
      await clock.advance(8_899);
      expect(begun).toHaveLength(1);
      await clock.advance(1);
      expect(begun).toHaveLength(2);
    },
  );

  it('doubles the back-off up to its maximum, and starts anew after a success or a forget', async () => {
    const { queue, clock } = aQueue({ backoffMaxMs: 4_000 });
    const at: number[] = [];
    let isBroken = true;
    queue.start(() => {
      at.push(clock.monotonic());
      return isBroken ? Promise.reject(new Failed({ kind: 'transient' })) : done();
    });
    queue.add('a');
    await clock.advance(14_999);
    expect(at).toEqual([0, 1_000, 3_000, 7_000, 11_000]);
    queue.forget('a');
    await clock.advance(1_001);
    expect(at.slice(5)).toEqual([15_000, 16_000]);
    isBroken = false;
    await clock.advance(4_000);
    expect(queue.sizes().keys).toBe(0);
  });

  it('aborts a run at its deadline, gives its place away, and keeps its key locked', async () => {
    const { queue, clock, observer } = aQueue({ concurrency: 1 });
    const stuck = Promise.withResolvers<RunResult>();
    let reason: unknown;
    const { begun, processor } = collector((key, signal) => {
      if (key !== 'stuck') return done();
      signal.addEventListener('abort', () => (reason = signal.reason), { once: true });
      return stuck.promise;
    });
    queue.start(processor);
    queue.add('stuck');
    queue.add('other');
    await clock.advance(59_999);
    expect(begun).toEqual(['stuck']);
    await clock.advance(1);
    expect(reason).toBeInstanceOf(RunAbortedError);
    expect(begun).toEqual(['stuck', 'other']);
    expect(queue.sizes()).toMatchObject({ running: 1, overdue: 1 });
    queue.add('stuck');
    await clock.advance(60_000);
    expect(begun).toEqual(['stuck', 'other']);
    stuck.resolve({});
    await clock.advance(1);
    expect(begun).toEqual(['stuck', 'other', 'stuck']);
    expect(observer.heard.filter((line) => line === 'timedOut')).toHaveLength(1);
  });

  it('retries a run that gave up because of its deadline', async () => {
    const { queue, clock, observer } = aQueue();
    queue.start(async (_key, signal) => {
      await sleep(clock, 600_000, signal);
      signal.throwIfAborted();
      return {};
    });
    queue.add('a');
    await clock.advance(60_000);
    expect(observer.heard).toContain('finished transient 60000 0');
    expect(queue.sizes().delayed).toBe(1);
  });

  it.each([
    ['a TypeError', () => Promise.reject(new TypeError('x is not a function'))],
    ['a thrown string', () => Promise.reject('text')],
    ['a delay that is no number', () => Promise.resolve({ requeueAfterMs: Number.NaN })],
    ['no result at all', () => Promise.resolve(undefined as unknown as RunResult)],
    ['an error that nobody can classify', () => Promise.reject(new Error('unforeseen'))],
    [
      'a processor that throws at once',
      () => {
        throw new ReferenceError('y');
      },
    ],
  ])('survives %s, counts it as a panic and backs off', async (_what, run) => {
    const { queue, clock, observer, logger } = aQueue();
    queue.start(run);
    queue.add('a');
    await clock.advance(1);
    expect(observer.heard).toContain('panicked');
    expect(logger.lines.map(({ level }) => level)).toEqual(['error']);
    expect(queue.sizes()).toMatchObject({ keys: 1, delayed: 1, running: 0 });
  });

  it('refuses new keys when it is full, but not those that it holds', () => {
    const { queue, observer } = aQueue({ maxKeys: 2 });
    expect([queue.add('a'), queue.add('b'), queue.add('c'), queue.add('a')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect(observer.heard.filter((line) => line === 'rejected')).toHaveLength(1);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses a delay of %s', (delayMs) => {
    const { queue } = aQueue();
    expect(() => queue.add('a', { delayMs })).toThrow(RangeError);
    expect(queue.sizes().keys).toBe(0);
  });

  it('waits longer than a timer of Node can', async () => {
    const { queue, clock } = aQueue();
    const { begun, processor } = collector(done);
    queue.start(processor);
    const monthMs = 30 * 24 * 3_600_000;
    queue.add('a', { delayMs: monthMs });
    await clock.advance(monthMs - 1);
    expect(begun).toEqual([]);
    await clock.advance(1);
    expect(begun).toEqual(['a']);
  });

  it('serves the others as soon as ever beside a key that fails at once, each time', async () => {
    /** How long each edit waited, longest first: 10 at once, 4 runs at once, 50 ms a run. */
    async function waits(poison: boolean): Promise<readonly number[]> {
      const { queue, clock } = aQueue({ concurrency: 4 });
      const waitedMs: number[] = [];
      const askedAt = new Map<string, number>();
      queue.start(async (key) => {
        if (key === 'poison') throw new TypeError('a mistake');
        waitedMs.push(clock.monotonic() - (askedAt.get(key) ?? 0));
        await sleep(clock, 50);
        return {};
      });
      if (poison) queue.add('poison');
      for (let burst = 0; burst < 60; burst += 1) {
        for (let edit = 0; edit < 10; edit += 1) {
          askedAt.set(`key-${edit}`, clock.monotonic());
          queue.add(`key-${edit}`);
        }
        await clock.advance(157);
      }
      return waitedMs.toSorted((a, b) => b - a);
    }
    const [alone, beside] = await Promise.all([waits(false), waits(true)]);
    expect(alone).toHaveLength(600);
    expect(alone[0]).toBe(100);
    expect(beside).toEqual(alone);
  });
});
