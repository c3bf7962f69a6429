import { describe, expect, it } from 'vitest';
import { sleep } from '../../../../operator/runtime/clock.ts';
import { type RunResult } from '../../../../operator/runtime/run-result.ts';
import { defaultSettings } from '../../../../operator/runtime/settings.ts';
import { WorkQueue } from '../../../../operator/runtime/work-queue.ts';
import { FakeClock, settle } from '../../../support/fake-clock.ts';
import { rememberingLogger } from '../../../support/scripted-client.ts';
import { recordingObserver, aQueue, collector, done } from '../../../support/a-work-queue.ts';

describe('the end of the work queue', () => {
  it('begins nothing while it is held, aborts what runs, and forgets nothing', async () => {
    const { queue, clock } = aQueue({ concurrency: 1 });
    const run = async (_key: string, signal: AbortSignal): Promise<RunResult> => {
      await sleep(clock, 10_000, signal);
      signal.throwIfAborted();
      return {};
    };
    const { begun, processor } = collector(run);
    queue.start(processor);
    queue.add('a');
    queue.add('b');
    await clock.advance(1);
    queue.hold('the lease is lost');
    queue.add('c');
    await clock.advance(300_000);
    expect(begun).toEqual(['a']);
    expect(queue.sizes()).toMatchObject({ keys: 3, running: 0 });
    queue.start(processor);
    await clock.advance(60_000);
    expect(begun.toSorted()).toEqual(['a', 'a', 'b', 'c']);
    expect(queue.sizes().keys).toBe(0);
  });

  it('drains: refuses keys, drops those that wait, and lets the others end', async () => {
    const { queue, clock } = aQueue({ concurrency: 1 });
    const { begun, processor } = collector((_key, signal) =>
      sleep(clock, 5_000, signal).then(() => ({ requeueAfterMs: 1 })),
    );
    queue.start(processor);
    for (const key of ['a', 'b']) queue.add(key);
    queue.add('later', { delayMs: 60_000 });
    await clock.advance(1_000);
    let isDrained: boolean | undefined;
    void queue.drain(15_000, 2_000).then((value) => (isDrained = value));
    expect(queue.add('c')).toBe(false);
    queue.start(processor);
    await clock.advance(4_000);
    expect(isDrained).toBe(true);
    expect(begun).toEqual(['a']);
    expect(queue.sizes()).toEqual({ keys: 0, ready: 0, delayed: 0, running: 0, overdue: 0 });
    expect(clock.pendingTimers()).toBe(0);
  });

  it('tells what has not ended to stop when the time to drain is over, and waits for it', async () => {
    const { queue, clock } = aQueue();
    const { processor } = collector((_key, signal) =>
      sleep(clock, 60_000, signal).then(() => Promise.reject(signal.reason as Error)),
    );
    queue.start(processor);
    queue.add('a');
    await clock.advance(1);
    let isDrained: boolean | undefined;
    void queue.drain(15_000, 2_000).then((value) => (isDrained = value));
    await clock.advance(14_999);
    expect([queue.sizes().running, isDrained]).toEqual([1, undefined]);
    await clock.advance(1);
    expect([queue.sizes().keys, isDrained]).toEqual([0, true]);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('gives up on what does not stop', async () => {
    const { queue, clock } = aQueue();
    queue.start(() => new Promise(() => undefined));
    queue.add('a');
    await clock.advance(1);
    let isDrained: boolean | undefined;
    void queue.drain(15_000, 2_000).then((value) => (isDrained = value));
    await clock.advance(16_999);
    expect(isDrained).toBeUndefined();
    await clock.advance(1);
    expect(isDrained).toBe(false);
  });

  it('drains at once when nothing runs', async () => {
    await expect(aQueue().queue.drain(15_000, 2_000)).resolves.toBe(true);
  });

  it('leaves nothing behind after 100,000 keys', { timeout: 30_000 }, async () => {
    const clock = new FakeClock();
    let runs = 0;
    const queue = new WorkQueue({
      clock,
      logger: rememberingLogger(),
      observer: recordingObserver(),
      settings: defaultSettings.queue,
      classify: () => ({ kind: 'terminal' }),
      defer: queueMicrotask,
    });
    for (let index = 0; index < 100_000; index += 1) queue.add(`shop/store-${index}`);
    expect(queue.add('shop/one-too-many')).toBe(false);
    queue.start(() => {
      runs += 1;
      return runs % 2 === 0 ? Promise.reject(new Error('terminal')) : done();
    });
    while (queue.sizes().keys > 0) await settle(1);
    expect(runs).toBe(100_000);
    expect(queue.sizes()).toEqual({ keys: 0, ready: 0, delayed: 0, running: 0, overdue: 0 });
    expect(clock.pendingTimers()).toBe(0);
  });
});
