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

  it('with a time that is no number is refused', () => {
    const seen = readKeySet(asText({ ...good, exp: 'soon' }), 0);
    expect(seen).toEqual({ kind: 'unusable', problem: 'has at keys[0] no whole number in exp' });
  });
});
