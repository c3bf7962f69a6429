import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantityNanos, sameQuantity } from '../../../../operator/runtime/quantity.ts';

describe('quantities', () => {
  it.each([
    ['1000m', '1'],
    ['1', 1],
    ['0.5', '500m'],
    ['1Gi', '1024Mi'],
    ['1Gi', 1_073_741_824],
    ['1e3', '1k'],
    ['1E3', '1000'],
    ['1.5Gi', '1536Mi'],
    ['1E', '1000P'],
    ['100u', '100000n'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['+1', '1'],
    ['-1', '-1000m'],
    ['0', '0Gi'],
  ])('%s is %s', (one, other) => {
    expect(sameQuantity(one, other)).toBe(true);
  });

  it.each([
    ['1', '1k'],
    ['1G', '1Gi'],
    ['1M', '1m'],
    ['-1', '1'],
  ])('%s is not %s', (one, other) => {
    expect(sameQuantity(one, other)).toBe(false);
  });

  it.each(['', '.', '1KB', 'one', '1 Gi', '1e', '0x10', null, undefined, {}, true])(
    '%s is no quantity, not even equal to itself',
    (value) => {
      expect(quantityNanos(value)).toBeUndefined();
      expect(sameQuantity(value, value)).toBe(false);
    },
  );

  it('are equal in whichever unit they are written', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), (value) => {
        expect(sameQuantity(`${value}`, `${value}000m`)).toBe(true);
        expect(sameQuantity(`${value}Gi`, String(BigInt(value) * 2n ** 30n))).toBe(true);
      }),
    );
  });
});
