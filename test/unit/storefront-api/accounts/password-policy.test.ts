import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commonPasswords } from '../../../../storefront-api/domain/common-passwords.ts';
import {
  normalizedPassword,
  passwordFault,
} from '../../../../storefront-api/domain/password-policy.ts';

const context = { email: 'rahima.begum@example.com', storeName: 'padma-bazar' };

describe('a new password', () => {
  it.each([
    ['64 characters', 'k7'.repeat(32)],
    ['128 characters', 'k7vq'.repeat(32)],
    ['words with spaces', 'correct horse battery staple'],
    ['Bangla', 'আমার সোনার বাংলা'],
    ['emoji', '🐟🍚🌶🥭🐅🛶🌊🌧'],
    ['one kind of character only', 'zkqjxwvu'],
    ['a word of the context, and enough besides', 'rahima likes green mangoes'],
  ])('S24 S25 of %s is accepted', (_, password) => {
    expect(passwordFault(password, context)).toBeUndefined();
  });

  it.each([
    ['seven characters', 'zkqjxwv', /at least 8/],
    ['seven emoji, which are fourteen units', '🐟🍚🌶🥭🐅🛶🌊', /at least 8/],
    ['257 characters', 'k'.repeat(257), /at most 256/],
    ['a common one', 'password', /most common/],
    ['a common one in capitals', 'PassWord1', /most common/],
    ['a common one in full width', 'ｐａｓｓｗｏｒｄ１', /most common/],
    ['the shop', 'Padma-Bazar1', /besides the name of the shop/],
    ['the product', 'dhakacart2026', /besides/],
    ['the owner', 'rahima.begum', /besides/],
    ['a part of the owner', 'rahima1971', /besides/],
    ['the owner and the shop', 'rahimadhakacartbegum12', /besides/],
  ])('S25 S26 of %s is refused', (_, password, fault) => {
    expect(passwordFault(password, context)).toMatch(fault);
  });

  it('S26 is none of the 3,000 most common of eight characters and more', () => {
    expect(commonPasswords.size).toBe(3_000);
    for (const word of commonPasswords) {
      expect(word.length).toBeGreaterThanOrEqual(8);
      expect(passwordFault(word.toUpperCase(), context)).toBeDefined();
    }
  });
});

describe('S28 the normal form of a password', () => {
  it('is one for all ways to type it', () => {
    const [composed, decomposed] = ['স\u09cbনার বাংলা', 'স\u09c7\u09beনার বাংলা'];
    expect(decomposed).not.toBe(composed);
    expect(normalizedPassword(decomposed)).toBe(normalizedPassword(composed));
  });

  it('does not change any more', () => {
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, (password) => {
        const once = normalizedPassword(password);
        expect(normalizedPassword(once)).toBe(once);
      }),
    );
  });
});
