import { describe, expect, it } from 'vitest';
import { type Clock, sleep, systemClock } from '../../../../operator/runtime/clock.ts';
import { EventLoopLag } from '../../../../operator/runtime/event-loop-lag.ts';
import { healthReport, livenessChecks } from '../../../../operator/runtime/health.ts';
import { defaultSettings } from '../../../../operator/runtime/settings.ts';

const limits = defaultSettings.health;
const healthy = { eventLoopLagMs: 5_000, leaseLoopAgeMs: 60_000, oldestWatchLoopAgeMs: 180_000 };

describe('liveness', () => {
  it.each([
    ['at every limit', {}, []],
    ['without leader election', { leaseLoopAgeMs: undefined }, []],
    ['with a blocked event loop', { eventLoopLagMs: 5_001 }, ['event-loop']],
    ['with a stuck lease loop', { leaseLoopAgeMs: 60_001 }, ['lease-loop']],
    ['with a stuck watch', { oldestWatchLoopAgeMs: 180_001 }, ['watches']],
    [
      'with everything stuck',
      { eventLoopLagMs: 9e9, leaseLoopAgeMs: 9e9, oldestWatchLoopAgeMs: 9e9 },
      ['event-loop', 'lease-loop', 'watches'],
    ],
  ])('is judged %s', (_what, change, failing) => {
    const checks = livenessChecks({ ...healthy, ...change }, limits);
    const found = checks.filter(({ problem }) => problem !== undefined).map(({ name }) => name);
    expect(found).toEqual(failing);
    expect(healthReport(checks).isHealthy).toBe(failing.length === 0);
  });
});

describe('the report of a probe', () => {
  it('has a line for each check', () => {
    const checks = [
      { name: 'crd', problem: undefined },
      { name: 'caches', problem: 'not listed yet: Secret' },
    ];
    expect(healthReport(checks)).toEqual({
      isHealthy: false,
      text: '[+] crd ok\n[-] caches failed: not listed yet: Secret\n',
    });
  });

  it('tells what is to be known although a check passes', () => {
    expect(healthReport([{ name: 'caches', problem: undefined, note: 'b is refused' }])).toEqual({
      isHealthy: true,
      text: '[+] caches ok, but b is refused\n',
    });
  });

  it('is healthy when there is nothing to check', () => {
    expect(healthReport([]).isHealthy).toBe(true);
  });
});

/** A clock whose timers fire when the test lets the event loop turn. */
function aBusyLoop() {
  let now = 0;
  let due: (() => void) | undefined;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after: (_delayMs, callback) => {
      due = callback;
      return { cancel: () => (due = undefined) };
    },
  };
  return {
    clock,
    isArmed: () => due !== undefined,
    busy: (ms: number) => (now += ms),
    turn: () => due?.(),
  };
}

describe('the lag of the event loop', () => {
  it('is the longest delay of a timer since it was last asked for', () => {
    const loop = aBusyLoop();
    const lag = new EventLoopLag(loop.clock);
    for (const ms of [100, 6_000, 150]) {
      loop.busy(ms);
      loop.turn();
    }
    expect(lag.takeMaxMs()).toBe(5_900);
    expect(lag.takeMaxMs()).toBe(0);
  });

  it('counts a stall after which nothing but the question was answered, and counts it once', () => {
    const loop = aBusyLoop();
    const lag = new EventLoopLag(loop.clock);
    loop.busy(6_100);
    expect(lag.takeMaxMs()).toBe(6_000);
    loop.turn();
    expect(lag.takeMaxMs()).toBe(0);
  });

  it('leaves no timer when it stops', () => {
    const loop = aBusyLoop();
    const lag = new EventLoopLag(loop.clock);
    loop.busy(100);
    loop.turn();
    lag.stop();
    expect(loop.isArmed()).toBe(false);
  });

  it('sees the real loop blocked', async () => {
    const lag = new EventLoopLag();
    const until = performance.now() + 300;
    while (performance.now() < until);
    await sleep(systemClock, 10);
    expect(lag.takeMaxMs()).toBeGreaterThan(150);
    lag.stop();
  });
});
