import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { celString, matching, ruled } from '../../../../crds/store/rules.ts';

const ordered = {
  cel: 'self.low <= self.high',
  holds: ({ low, high }: { low: number; high: number }) => low <= high,
  message: 'must not exceed high',
  messageExpression: `'must not exceed high'`,
  field: 'low',
};
const range = z.object({ low: z.int(), high: z.int() });

describe('a rule on a schema', () => {
  it('holds for zod, and blames its field', () => {
    const result = ruled(range, ordered).safeParse({ low: 2, high: 1 });

    expect(result.error?.issues).toMatchObject([
      { path: ['low'], message: 'must not exceed high' },
    ]);
  });

  it('is written for the API server', () => {
    expect(ruled(range, ordered).meta()?.['x-kubernetes-validations']).toEqual([
      {
        rule: 'self.low <= self.high',
        message: 'must not exceed high',
        messageExpression: `'must not exceed high'`,
        fieldPath: '.low',
      },
    ]);
  });

  it('joins earlier rules', () => {
    const twice = ruled(ruled(z.string(), matching('^a', 'a first')), matching('b$', 'b last'));

    expect(twice.meta()?.['x-kubernetes-validations']?.map(({ message }) => message)).toEqual([
      'a first',
      'b last',
    ]);
    expect(twice.safeParse('x').error?.issues).toHaveLength(2);
  });

  it('leaves the schema it was given alone', () => {
    ruled(range, ordered);

    expect(range.safeParse({ low: 2, high: 1 }).success).toBe(true);
  });

  it.each([`it's`, 'two\nlines'])('cannot quote %j for CEL', (text) => {
    expect(() => celString(text)).toThrow('raw CEL literal');
  });
});
