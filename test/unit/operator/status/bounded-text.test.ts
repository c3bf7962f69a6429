import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedReason, boundedText } from '../../../../operator/status/bounded-text.ts';

describe('boundedText', () => {
  it('leaves a short line as it is', () => {
    expect(boundedText('pod a: CrashLoopBackOff')).toBe('pod a: CrashLoopBackOff');
  });

  it('makes one line of many and shows a cut', () => {
    expect(boundedText(' a\n\tb  c ', 10)).toBe('a b c');
    expect(boundedText('abcdef', 4)).toBe('abc…');
  });

  it('never exceeds its bound and never leaves half a character', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.integer({ min: 1, max: 40 }),
        (text, maxLength) => {
          const bounded = boundedText(text, maxLength);
          expect(bounded.length).toBeLessThanOrEqual(maxLength);
          expect(bounded.isWellFormed()).toBe(true);
        },
      ),
    );
  });
});

describe('boundedReason', () => {
  it.each([
    ['NameConflict', 'NameConflict'],
    ['', 'ReconcileFailed'],
    ['x'.repeat(200), 'x'.repeat(128)],
  ])('%j becomes %j', (reason, bounded) => {
    expect(boundedReason(reason)).toBe(bounded);
  });
});
