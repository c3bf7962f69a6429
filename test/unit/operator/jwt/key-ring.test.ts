import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxAccessTokenSeconds } from '../../../../crds/store/security.ts';
import {
  keyState,
  maxRingKeys,
  nextRing,
  nextRingChangeAt,
  nextSigningAt,
  propagationSeconds,
  retirementSeconds,
  type RingStep,
  type RingWishes,
} from '../../../../operator/jwt/key-ring.ts';
import type { RingKey } from '../../../../operator/jwt/key-set.ts';

const day = 86_400;
const monthly: RingWishes = {
  rotateEverySeconds: 30 * day,
  isRotationAsked: false,
  revokedKid: undefined,
};
const asked: RingWishes = { ...monthly, isRotationAsked: true };
const revoking = (revokedKid: string): RingWishes => ({ ...monthly, revokedKid });

const first: RingKey = { kid: 'a', issuedAt: 0, signsFrom: 0 };
const coming: RingKey = { kid: 'b', issuedAt: 100, signsFrom: 100 + propagationSeconds };
const going = (kid: string, verifiesUntil: number): RingKey => ({
  kid,
  issuedAt: 0,
  signsFrom: 0,
  verifiesUntil,
});

const statesOf = ({ keys }: Pick<RingStep, 'keys'>): string =>
  keys.map((key, index) => `${key.kid} ${keyState(key, index)}`).join(', ');
const changesOf = ({ changes }: RingStep): string =>
  changes.map(({ kid, kind }) => `${kid} ${kind}`).join(', ');

describe('a ring of keys', () => {
  it.each<[string, readonly RingKey[], RingWishes, number, string, string]>([
    ['rests', [first], monthly, 30 * day - 1, 'a Active', ''],
    ['publishes a key', [first], monthly, 30 * day, 'a Active, n Pending', 'n Added'],
    ['waits for the pods', [first, coming], monthly, 399, 'a Active, b Pending', ''],
    [
      'signs with it',
      [first, coming],
      monthly,
      400,
      'b Active, a Retiring',
      'b Activated, a Retired',
    ],
    ['keeps a key', [first, going('z', 500)], monthly, 499, 'a Active, z Retiring', ''],
    ['removes a key', [first, going('z', 500)], monthly, 500, 'a Active', 'z Removed'],
    ['rotates on request', [first], asked, 1, 'a Active, n Pending', 'n Added'],
    ['rotates once', [first, coming], asked, 200, 'a Active, b Pending', ''],
    [
      'has at most three keys',
      [first, going('y', 500), going('z', 600)],
      asked,
      499,
      'a Active, y Retiring, z Retiring',
      '',
    ],
    [
      'goes on when there is room',
      [first, going('y', 500), going('z', 600)],
      asked,
      500,
      'a Active, z Retiring, n Pending',
      'y Removed, n Added',
    ],
    [
      'never rotates by age with 0',
      [first],
      { ...monthly, rotateEverySeconds: 0 },
      1e9,
      'a Active',
      '',
    ],
    [
      'drops the key that signs',
      [first],
      revoking('a'),
      7,
      'n Active',
      'a Revoked, n Added, n Activated',
    ],
    [
      'signs with the next one then',
      [first, coming],
      revoking('a'),
      101,
      'b Active',
      'a Revoked, b Activated',
    ],
    ['drops the key that comes', [first, coming], revoking('b'), 101, 'a Active', 'b Revoked'],
    [
      'drops the key that goes',
      [first, going('z', 500)],
      revoking('z'),
      9,
      'a Active',
      'z Revoked',
    ],
    ['knows no such key', [first], revoking('x'), 9, 'a Active', ''],
    [
      'lets a key of somebody else go',
      [first, { kid: 'x', issuedAt: 0 }],
      monthly,
      9,
      'a Active, x Retiring',
      'x Retired',
    ],
  ])('%s', (_, keys, wishes, now, states, changes) => {
    const step = nextRing(keys, wishes, { now, kid: 'n' });
    expect(statesOf(step)).toBe(states);
    expect(changesOf(step)).toBe(changes);
  });

  it('says whether the rotation that was asked for has begun', () => {
    const begun = (keys: readonly RingKey[], wishes = asked, now = 200): boolean =>
      nextRing(keys, wishes, { now, kid: 'n' }).isRotationBegun;
    expect(begun([first])).toBe(true);
    expect(begun([first, coming])).toBe(true);
    expect(begun([first, coming], asked, 400)).toBe(true);
    expect(begun([first, going('y', 500), going('z', 600)])).toBe(false);
    expect(begun([first], { ...asked, revokedKid: 'a' })).toBe(true);
    expect(begun([first], monthly)).toBe(false);
  });

  it('says when it changes by itself, and when another key signs', () => {
    const dueAt = 30 * day;
    expect(nextRingChangeAt([first], monthly)).toBe(dueAt);
    expect(nextSigningAt([first], monthly)).toBe(dueAt + propagationSeconds);
    expect(nextRingChangeAt([first, coming], monthly)).toBe(coming.signsFrom);
    expect(nextSigningAt([first, coming], monthly)).toBe(coming.signsFrom);
    expect(nextRingChangeAt([first, going('z', 500)], monthly)).toBe(500);
    const full = [first, going('y', dueAt + 9), going('z', dueAt + 8)];
    expect(nextRingChangeAt(full, monthly)).toBe(dueAt + 8);
    expect(nextSigningAt(full, monthly)).toBe(dueAt + 8 + propagationSeconds);
    const never = { ...monthly, rotateEverySeconds: 0 };
    expect(nextRingChangeAt([first], never)).toBeUndefined();
    expect(nextSigningAt([first], never)).toBeUndefined();
  });
});

/** A file as it stood from one moment to the next. */
interface FileVersion {
  readonly from: number;
  readonly until: number;
  readonly keys: readonly RingKey[];
}

interface Look {
  readonly afterSeconds: number;
  readonly rotateEverySeconds: number;
  readonly isRotationAsked: boolean;
  readonly revokes: boolean;
}

const looks = (revokes: fc.Arbitrary<boolean>): fc.Arbitrary<Look[]> =>
  fc.array(
    fc.record({
      afterSeconds: fc.oneof(
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 0, max: 2 * day }),
        fc.integer({ min: 0, max: 90 * day }),
      ),
      rotateEverySeconds: fc.oneof(fc.constant(0), fc.integer({ min: day, max: 40 * day })),
      isRotationAsked: fc.boolean(),
      revokes,
    }),
    { minLength: 1, maxLength: 40 },
  );

/** What the file was, when an operator looks at it at those moments. */
function history(schedule: readonly Look[]): FileVersion[] {
  let now = 0;
  let keys: readonly RingKey[] = [first];
  const versions: { from: number; keys: readonly RingKey[] }[] = [{ from: 0, keys }];
  for (const [index, look] of schedule.entries()) {
    now += look.afterSeconds;
    const { rotateEverySeconds, isRotationAsked } = look;
    const revokedKid = look.revokes ? keys[index % keys.length]?.kid : undefined;
    const wishes = { rotateEverySeconds, isRotationAsked, revokedKid };
    keys = nextRing(keys, wishes, { now, kid: `k${index}` }).keys;
    versions.push({ from: now, keys });
  }
  return versions.map((version, index) => ({
    ...version,
    until: versions[index + 1]?.from ?? Number.POSITIVE_INFINITY,
  }));
}

describe('through any schedule of looks, ages and requests', () => {
  it('a token verifies for its whole life on every pod, whichever version of the file each has read', () => {
    const lives = fc.integer({ min: 60, max: maxAccessTokenSeconds });
    fc.assert(
      fc.property(looks(fc.constant(false)), lives, (schedule, lifeSeconds) => {
        const versions = history(schedule);
        for (const signing of versions) {
          const kid = signing.keys[0]?.kid;
          const lastEnd = signing.until + propagationSeconds + lifeSeconds;
          const verifying = versions.filter(
            ({ from, until }) => from <= lastEnd && until + propagationSeconds > signing.from,
          );
          for (const { keys } of verifying) expect(keys.map((key) => key.kid)).toContain(kid);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('has one key that signs, three at most, each name once, and forgets what was revoked', () => {
    fc.assert(
      fc.property(looks(fc.boolean()), (schedule) => {
        const gone = new Set<string>();
        let before: readonly RingKey[] = [];
        for (const { keys } of history(schedule)) {
          const kids = keys.map(({ kid }) => kid);
          expect(kids.length).toBeGreaterThan(0);
          expect(kids.length).toBeLessThanOrEqual(maxRingKeys);
          expect(new Set(kids).size).toBe(kids.length);
          expect(
            keys.filter((key, index) => keyState(key, index) === 'Pending').length,
          ).toBeLessThan(2);
          for (const { kid } of before) if (!kids.includes(kid)) gone.add(kid);
          expect(kids.filter((kid) => gone.has(kid))).toEqual([]);
          before = keys;
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('has nothing to do before the moment that it named', () => {
    fc.assert(
      fc.property(looks(fc.boolean()), (schedule) => {
        const keys = history(schedule).at(-1)?.keys ?? [];
        const at = nextRingChangeAt(keys, monthly) ?? 0;
        expect(nextRing(keys, monthly, { now: at - 1, kid: 'n' }).changes).toEqual([]);
        expect(nextRing(keys, monthly, { now: at, kid: 'n' }).changes).not.toEqual([]);
      }),
    );
  });

  it('outlasts every token that the contract allows', () => {
    expect(retirementSeconds).toBeGreaterThan(maxAccessTokenSeconds + propagationSeconds);
  });
});
