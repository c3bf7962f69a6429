import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negotiatedLocale } from '../../../storefront-api/domain/locale.ts';
import { isAmount, lineTotal, maxAmountMinor } from '../../../storefront-api/domain/money.ts';
import { pageCursor, positionOf } from '../../../storefront-api/domain/page-cursor.ts';
import {
  distinctSearchWords,
  searchQuery,
  searchWords,
} from '../../../storefront-api/domain/search-words.ts';
import { signer } from '../../../storefront-api/signing.ts';

describe('the language of a request', () => {
  it.each([
    [undefined, undefined, 'en'],
    [undefined, 'bn', 'bn'],
    [undefined, 'bn-BD,bn;q=0.9,en;q=0.8', 'bn'],
    [undefined, 'en;q=0.5, bn;q=0.7', 'bn'],
    [undefined, 'bn;q=0', 'en'],
    [undefined, 'fr, de', 'en'],
    [undefined, '*', 'en'],
    [undefined, ';;;,,q=', 'en'],
    [undefined, `bn,${'x'.repeat(300)}`, 'en'],
    ['bn' as const, 'en', 'bn'],
    ['en' as const, 'bn', 'en'],
  ])('asked %s with Accept-Language %s is %s', (asked, header, locale) => {
    expect(negotiatedLocale(asked, header)).toBe(locale);
  });
});

describe('words of a search', () => {
  it.each([
    ['Mustard Oil, 5 litres', ['mustard', 'oil', '5', 'litres']],
    ['সরিষার তেল, ৫ লিটার', ['সরিষার', 'তেল', '5', 'লিটার']],
    ['শাড়ি', ['শাড়ি'.normalize('NFKC')]],
    ['র\u200Dযাব', ['রযাব']],
    ['ＳＡＲＥＥ', ['saree']],
    ["x' | !y & z:*", ['x', 'y', 'z']],
    ['', []],
    ['%_\\', []],
  ])('of %s are %j', (text, words) => {
    expect(searchWords(text)).toEqual(words);
  });

  it('are the same however the letters were composed', () => {
    expect(searchWords('শাড়ি')).toEqual(searchWords('শাড\u09BCি'));
  });

  it('hold nothing that a tsquery would read as syntax', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const rest = searchQuery(text).replaceAll(/'[\p{L}\p{M}\p{N}]+':\*/gu, 'W');
        expect(rest).toMatch(/^(W( & W){0,7})?$/);
      }),
    );
  });

  it('are stored once each', () => {
    expect(distinctSearchWords(['red saree', 'Saree'])).toEqual(['red', 'saree']);
  });
});

describe('a cursor', () => {
  const sign = signer('a-secret-for-tests-that-is-long-enough', 'cursor');

  it('leads back to its position, in its own list only', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), fc.string(), (key, id, question) => {
        const position = { key: String(key), id };
        const cursor = pageCursor(position, question, sign);
        expect(positionOf(cursor, question, sign)).toEqual(position);
        expect(positionOf(cursor, `${question}x`, sign)).toBeUndefined();
      }),
    );
  });

  it('is refused after any change', () => {
    const cursor = pageCursor({ key: '12345', id: 67 }, 'q', sign);
    for (let at = 0; at < cursor.length; at += 1) {
      const changed = cursor.slice(0, at) + (cursor[at] === '1' ? '2' : '1') + cursor.slice(at + 1);
      expect(positionOf(changed, 'q', sign), changed).toBeUndefined();
      expect(positionOf(cursor.slice(0, at), 'q', sign)).toBeUndefined();
    }
  });

  it('of another purpose or secret is refused', () => {
    const cursor = pageCursor({ key: '1', id: 2 }, 'q', sign);
    const others = [
      signer('a-secret-for-tests-that-is-long-enough', 'cart'),
      signer('x'.repeat(40), 'cursor'),
    ];
    for (const other of others) expect(positionOf(cursor, 'q', other)).toBeUndefined();
  });
});

describe('money', () => {
  it.each([
    [0, true],
    [maxAmountMinor, true],
    [maxAmountMinor + 1, false],
    [-1, false],
    [0.5, false],
    [Number.NaN, false],
    [Infinity, false],
  ])('%d is an amount: %s', (value, is) => {
    expect(isAmount(value)).toBe(is);
  });

  it('of a line is exact or an error', () => {
    expect(lineTotal(maxAmountMinor, 1_000)).toBe(1_000_000_000_000);
    expect(() => lineTotal(2 ** 52, 3)).toThrow(RangeError);
  });
});
