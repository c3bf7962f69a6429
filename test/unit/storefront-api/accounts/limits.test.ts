import { describe, expect, it } from 'vitest';
import { classLimiter } from '../../../../storefront-api/limits/class-limiter.ts';
import type { Allowance, Counters } from '../../../../storefront-api/limits/counters.ts';
import { MemoryCounters } from '../../../../storefront-api/limits/memory-counters.ts';
import {
  accountFactor,
  maxPauseSeconds,
  pauseSeconds,
  SignInLimits,
} from '../../../../storefront-api/limits/sign-in-limits.ts';

const five: Allowance = { requests: 5, windowSeconds: 900 };
const startMs = Date.parse('2026-11-25T10:00:00Z');
const at = (seconds: number): Date => new Date(startMs + seconds * 1000);

function countersInMemory(): Counters {
  const memory = new MemoryCounters();
  return {
    consume: (event) => Promise.resolve(memory.consume(event)),
    forget: (name, key) => Promise.resolve(memory.forget(name, key)),
  };
}

describe('a counter in memory', () => {
  it('allows so many in a window, then none, then so many again', () => {
    const counters = new MemoryCounters();
    const consume = (seconds: number) =>
      counters.consume({ name: 'x', key: 'k', allowance: five, now: at(seconds) });
    for (let n = 1; n <= 5; n += 1)
      expect(consume(n)).toEqual({ isAllowed: true, consumed: n, resetSeconds: 901 - n });
    expect(consume(6)).toEqual({ isAllowed: false, consumed: 6, resetSeconds: 895 });
    expect(consume(900).isAllowed).toBe(false);
    expect(consume(901)).toEqual({ isAllowed: true, consumed: 1, resetSeconds: 900 });
  });

  it('is its own for each name and key, and can be forgotten', () => {
    const counters = new MemoryCounters();
    const one = { requests: 1, windowSeconds: 900 };
    const consume = (name: string, key: string) =>
      counters.consume({ name, key, allowance: one, now: at(0) }).isAllowed;
    expect([consume('a', 'k'), consume('b', 'k'), consume('a', 'l'), consume('a', 'k')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    counters.forget('a', 'k');
    expect(consume('a', 'k')).toBe(true);
  });

  it('is one of a bounded number: the one that began first goes', () => {
    const counters = new MemoryCounters(1_000);
    for (let n = 0; n < 5_000; n += 1)
      counters.consume({ name: 'x', key: String(n), allowance: five, now: at(0) });
    expect(counters.size).toBe(1_000);
    const last = counters.consume({ name: 'x', key: '4999', allowance: five, now: at(0) });
    expect(last.consumed).toBe(2);
  });
});

describe('the limit of a class', () => {
  const allowances = { browse: five, write: five, login: five, reset: five, checkout: five };

  it('S45 counts each class by itself, browsing without asking the shared counters', async () => {
    let asked = 0;
    const memory = countersInMemory();
    const counters: Counters = {
      ...memory,
      consume: (event) => {
        asked += 1;
        return memory.consume(event);
      },
    };
    const decisions: string[] = [];
    const limiter = classLimiter({
      allowances,
      counters,
      onDecision: (name, isAllowed) => decisions.push(`${name} ${isAllowed}`),
    });
    for (const limitClass of ['browse', 'write'] as const) {
      for (let n = 0; n < 6; n += 1) {
        await limiter.consume({ limitClass, ip: '203.0.113.9', now: at(0) });
      }
    }
    expect(asked).toBe(6);
    expect(decisions.filter((text) => text === 'browse false')).toHaveLength(1);
    expect(decisions.filter((text) => text === 'write true')).toHaveLength(5);
  });

  it('S44 is one for a whole /64, and for both writings of an IPv4 address', async () => {
    const limiter = classLimiter({
      allowances,
      counters: countersInMemory(),
      onDecision: () => undefined,
    });
    const remaining = async (ip: string): Promise<number> =>
      (await limiter.consume({ limitClass: 'login', ip, now: at(0) })).remaining;
    expect(await remaining('2001:db8::1')).toBe(4);
    expect(await remaining('2001:db8::ffff:2')).toBe(3);
    expect(await remaining('2001:db8:0:1::1')).toBe(4);
    expect(await remaining('203.0.113.9')).toBe(4);
    expect(await remaining('::ffff:203.0.113.9')).toBe(3);
  });
});

describe('guesses at an account', () => {
  const email = 'owner@example.com';
  const guess = (ip: string, seconds: number, device?: string) => ({
    email,
    ip,
    device,
    now: at(seconds),
  });
  const strangers = accountFactor * five.requests;

  it('from one client stop at the pair', async () => {
    const limits = new SignInLimits(countersInMemory(), five);
    for (let n = 0; n < 5; n += 1)
      expect((await limits.admit(guess('203.0.113.9', n))).isAllowed).toBe(true);
    const refused = { isAllowed: false, limit: 'login-pair', retryAfterSeconds: 895 };
    const sixth = await limits.admit(guess('203.0.113.9', 5));
    expect(sixth).toEqual({ ...refused, isFirstRefusal: true });
    const seventh = await limits.admit(guess('203.0.113.9', 5));
    expect(seventh).toEqual({ ...refused, isFirstRefusal: false });
    for (const seconds of [900, 900, 900, 900, 900])
      await limits.admit(guess('203.0.113.9', seconds));
    const later = await limits.admit(guess('203.0.113.9', 901));
    expect(later).toMatchObject({ isAllowed: false, isFirstRefusal: true });
    expect((await limits.admit(guess('203.0.113.10', 6))).isAllowed).toBe(true);
  });

  it('S38 from fifty clients are slowed down to one a pause', async () => {
    const limits = new SignInLimits(countersInMemory(), five);
    let admitted = 0;
    for (let n = 0; n < 50; n += 1)
      if ((await limits.admit(guess(`203.0.113.${n}`, 0))).isAllowed) admitted += 1;
    expect(admitted).toBe(strangers + 1);
    const later = await limits.admit(guess('198.51.100.1', maxPauseSeconds));
    expect(later.isAllowed).toBe(true);
  });

  it('S40 never keep the owner out: a known browser at once, a new one after a minute', async () => {
    const limits = new SignInLimits(countersInMemory(), five);
    for (let n = 0; n < 250; n += 1) await limits.admit(guess(`203.0.113.${n}`, 0));
    expect((await limits.admit(guess('198.51.100.1', 0))).isAllowed).toBe(false);
    expect((await limits.admit(guess('198.51.100.1', 0, 'device'))).isAllowed).toBe(true);
    const refused = await limits.admit(guess('198.51.100.2', 1));
    expect(refused.retryAfterSeconds).toBeLessThanOrEqual(maxPauseSeconds);
    expect((await limits.admit(guess('198.51.100.2', 1 + maxPauseSeconds))).isAllowed).toBe(true);
  });

  it('from a known browser have a limit too', async () => {
    const limits = new SignInLimits(countersInMemory(), five);
    for (let n = 0; n < 5; n += 1) await limits.admit(guess('203.0.113.9', 0, 'device'));
    expect((await limits.admit(guess('198.51.100.7', 0, 'device'))).isAllowed).toBe(false);
  });

  it('S41 that succeed reset the pair, and nothing else', async () => {
    const limits = new SignInLimits(countersInMemory(), five);
    const owner = guess('198.51.100.1', 0);
    for (let n = 0; n < strangers; n += 1) {
      await limits.admit(owner);
      await limits.succeeded(owner);
    }
    expect((await limits.admit(owner)).isAllowed).toBe(true); // the pause begins
    expect((await limits.admit(owner)).isAllowed).toBe(false); // the account went on counting
  });

  it.each([
    [1, 2],
    [2, 4],
    [5, 32],
    [6, 60],
    [100_000, 60],
  ])('after %i too many pause for %i s', (surplus, seconds) => {
    expect(pauseSeconds(surplus)).toBe(seconds);
  });
});
