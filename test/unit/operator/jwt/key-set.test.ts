import { describe, expect, it } from 'vitest';
import { jwk, keySetText, parseKeySet, readKeySet } from '../../../../operator/jwt/key-set.ts';
import { signingKeys } from '../../../../storefront-api/config.ts';

const secret = Buffer.alloc(48, 7);
const canary = Buffer.from('canary-canary-canary-canary-canary').toString('base64url');
const asText = (...keys: readonly object[]): string => JSON.stringify({ keys });
const good = jwk('a', secret);

describe('a key set', () => {
  it('of before, without times, is as old as its Secret', () => {
    expect(readKeySet(asText(good), 1_000)).toEqual({
      kind: 'read',
      keys: [{ kid: 'a', issuedAt: 1_000, signsFrom: 1_000 }],
    });
  });

  it('keeps its secrets and members through a change of its ring, in the order of the ring', () => {
    const before = [{ ...good, iat: 1, nbf: 2, exp: 9 }, jwk('b', Buffer.alloc(48, 8))];
    const ring = [
      { kid: 'b', issuedAt: 5, signsFrom: 6 },
      { kid: 'a', issuedAt: 1, signsFrom: 2, verifiesUntil: 50 },
    ];
    const text = keySetText(ring, before);
    expect(readKeySet(text, 0)).toEqual({ kind: 'read', keys: ring });
    expect(parseKeySet(text).map(({ k }) => k)).toEqual([before[1]?.k, good.k]);
    expect(signingKeys(text).map(({ kid }) => kid)).toEqual(['b', 'a']);
    expect(() => keySetText([{ kid: 'c', issuedAt: 1 }], before)).toThrow('no secret for key c');
  });

  it.each<[string, string]>([
    [canary, 'is not JSON'],
    ['[]', 'has no list "keys"'],
    ['{"keys":{}}', 'has no list "keys"'],
    ['null', 'has no list "keys"'],
    [asText(), 'has no key'],
    [asText(...Array.from({ length: 11 }, (_, index) => jwk(`k${index}`, secret))), 'more than 10'],
    [asText(good, good), 'has a kid twice'],
    [asText(good, { ...good, kid: '' }), 'has at keys[1] no kid'],
    [asText({ ...good, kid: 7 }), 'has at keys[0] no kid'],
    [asText({ ...good, kty: 'RSA' }), 'no key of kty oct'],
    ['{"keys":[null]}', 'no key of kty oct'],
    [asText({ ...good, alg: 'HS512' }), 'another alg than HS256'],
    [asText({ ...good, k: canary.slice(0, 40) }), 'a key of 30 bytes instead of 32'],
    [asText({ ...good, k: 7 }), 'a key of 0 bytes instead of 32'],
  ])('that the API refuses is refused here, without a word of it: case %#', (text, problem) => {
    const seen = readKeySet(text, 0);
    expect(seen).toEqual({ kind: 'unusable', problem: expect.stringContaining(problem) as string });
    expect(JSON.stringify(seen)).not.toContain(canary.slice(0, 8));
    expect(() => signingKeys(text)).toThrow('JWT_KEYS_FILE');
  });

  it.each([
    ['no number', { exp: 'soon' }, 'exp'],
    ['no whole number', { nbf: 1.5 }, 'nbf'],
    ['in milliseconds', { iat: 1_790_000_000_000 }, 'iat'],
    ['in microseconds', { iat: 1_790_000_000_000_000 }, 'iat'],
    ['after the year 9999', { exp: 253_402_300_800 }, 'exp'],
    ['before the epoch', { iat: -1 }, 'iat'],
  ])('with a time that is %s is refused: no status could tell it', (_title, times, name) => {
    expect(readKeySet(asText(good, { ...good, kid: 'b', ...times }), 0)).toEqual({
      kind: 'unusable',
      problem: `has at keys[1] no time in ${name}: write whole seconds since the epoch, 0 to 253402300799`,
    });
  });

  it('may have times from the epoch to the end of the year 9999', () => {
    const times = { iat: 0, exp: 253_402_300_799 };
    expect(readKeySet(asText(good, { ...good, kid: 'b', ...times }), 0)).toMatchObject({
      keys: [{}, { issuedAt: 0, verifiesUntil: 253_402_300_799 }],
    });
  });
});
