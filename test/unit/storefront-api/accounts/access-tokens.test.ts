import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { accessTokens } from '../../../../storefront-api/accounts/access-tokens.ts';
import { KeyRing } from '../../../../storefront-api/accounts/key-ring.ts';

const secret = Buffer.alloc(48, 7);
const now = new Date('2026-11-25T10:00:00Z');
const nowSeconds = now.getTime() / 1000;
const userId = '7f2c1f0e-6f53-4f0e-9a3f-2f6f3b6f0a11';
const sessionId = '0c9d2b7e-1d0b-4a57-8a3a-5b7a5f1f7c22';
const ring = new KeyRing([{ kid: 'k1', secret }]);
const tokens = accessTokens(ring, 'dhaka');

type Fields = Record<string, unknown>;

const goodHeader: Fields = { alg: 'HS256', typ: 'at+jwt', kid: 'k1' };
const goodClaims: Fields = {
  iss: 'dhakacart/dhaka',
  aud: 'dhakacart-api',
  sub: userId,
  sid: sessionId,
  jti: '3b1e8f4c-8a6d-4f27-b0b7-6f7f7e1c9d33',
  iat: nowSeconds,
  exp: nowSeconds + 900,
};

const encoded = (value: string): string => Buffer.from(value).toString('base64url');

/** A token signed with the right key, whatever it says. Texts are taken as the JSON that they are. */
function signed(header: Fields | string, claims: Fields | string): string {
  const text = (part: Fields | string): string =>
    encoded(typeof part === 'string' ? part : JSON.stringify(part));
  const content = `${text(header)}.${text(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

const without = (fields: Fields, name: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name));

describe('an access token', () => {
  it('says whose session it is, until it expires', () => {
    const expiresAt = new Date(now.getTime() + 900_000);
    const token = tokens.issue({ userId, sessionId, now, expiresAt });
    expect(tokens.verify(token, now)).toEqual({ userId, sessionId });
    expect(tokens.verify(token, new Date(expiresAt.getTime() - 1))).toBeDefined();
    expect(tokens.verify(token, expiresAt)).toBeUndefined();
    const [header, claims] = token.split('.').map((part) => Buffer.from(part, 'base64url'));
    expect(JSON.parse(String(header))).toEqual(goodHeader);
    expect(Object.keys(JSON.parse(String(claims)) as Fields).join(' ')).toBe(
      'iss aud sub sid jti iat exp',
    );
  });

  it('made by hand with everything right is accepted, so that the refusals below mean something', () => {
    expect(tokens.verify(signed(goodHeader, goodClaims), now)).toEqual({ userId, sessionId });
  });

  it.each(['none', 'None', 'NONE', 'nOnE'])('S01 with the algorithm %s is refused', (alg) => {
    const unsigned = signed({ ...goodHeader, alg }, goodClaims).replace(/[^.]*$/, '');
    expect(tokens.verify(unsigned, now)).toBeUndefined();
    expect(tokens.verify(signed({ ...goodHeader, alg }, goodClaims), now)).toBeUndefined();
  });

  it('S02 with another algorithm is refused, and so is a public key taken for a secret', () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const content = `${encoded(JSON.stringify({ ...goodHeader, alg: 'RS256' }))}.${encoded(JSON.stringify(goodClaims))}`;
    const rsa = createSign('sha256').update(content).sign(privateKey, 'base64url');
    expect(tokens.verify(`${content}.${rsa}`, now)).toBeUndefined();
    const pem = publicKey.export({ type: 'spki', format: 'pem' });
    const [header, claims] = signed(goodHeader, goodClaims).split('.');
    const mac = createHmac('sha256', pem).update(`${header}.${claims}`).digest('base64url');
    expect(tokens.verify(`${header}.${claims}.${mac}`, now)).toBeUndefined();
    expect(tokens.verify(signed({ ...goodHeader, alg: 'HS384' }, goodClaims), now)).toBeUndefined();
  });

  it('S03 with any other signature is refused', () => {
    const token = signed(goodHeader, goodClaims);
    const at = token.lastIndexOf('.') + 1;
    const [content, mac] = [token.slice(0, at), token.slice(at)];
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const lastOnes = Array.from(alphabet)
      .filter((character) => character !== mac.at(-1))
      .map((character) => mac.slice(0, -1) + character);
    const first = mac.startsWith('A') ? `B${mac.slice(1)}` : `A${mac.slice(1)}`;
    for (const other of ['', mac.slice(0, -1), `${mac}A`, `${mac}=`, first, ...lastOnes]) {
      expect(tokens.verify(content + other, now), other).toBeUndefined();
    }
    for (const whole of [content.slice(0, -1), `${token}.x`, token.replace('.', ''), '', '.', '..'])
      expect(tokens.verify(whole, now), whole).toBeUndefined();
  });

  it.each<[string, Fields]>([
    ['expired', { exp: nowSeconds }],
    ['long expired', { exp: 0 }],
    ['valid later', { nbf: nowSeconds + 60 }],
    ['issued later', { iat: nowSeconds + 60 }],
    ['exp as text', { exp: String(nowSeconds + 900) }],
    ['exp as a fraction', { exp: nowSeconds + 900.5 }],
    ['exp below zero', { exp: -1 }],
    ['exp beyond all years', { exp: Number.MAX_SAFE_INTEGER }],
    ['exp null', { exp: null }],
    ['iat as text', { iat: String(nowSeconds) }],
  ])('S04 %s is refused', (_, change) => {
    expect(tokens.verify(signed(goodHeader, { ...goodClaims, ...change }), now)).toBeUndefined();
  });

  it('S04 with exp as 1e400 is refused', () => {
    const text = JSON.stringify(goodClaims).replace(/"exp":\d+/, '"exp":1e400');
    expect(tokens.verify(signed(goodHeader, text), now)).toBeUndefined();
  });

  it.each(['iss', 'aud', 'sub', 'sid', 'jti', 'exp', 'iat'])(
    'S04 S05 without %s is refused',
    (name) => {
      expect(tokens.verify(signed(goodHeader, without(goodClaims, name)), now)).toBeUndefined();
    },
  );

  it.each<[string, Fields]>([
    ['another issuer', { iss: 'dhakacart/other' }],
    ['another audience', { aud: 'dhakacart-web' }],
    ['a list of audiences', { aud: ['dhakacart-api', 'x'] }],
    ['a list of one audience', { aud: ['dhakacart-api'] }],
    ['a claim that nobody knows', { role: 'staff' }],
    ['a subject that is no id', { sub: "' OR 1=1 --" }],
  ])('S05 with %s is refused', (_, change) => {
    expect(tokens.verify(signed(goodHeader, { ...goodClaims, ...change }), now)).toBeUndefined();
  });

  it('S05 of another shop with the same keys is refused', () => {
    const expiresAt = new Date(now.getTime() + 900_000);
    const other = accessTokens(ring, 'other').issue({ userId, sessionId, now, expiresAt });
    expect(tokens.verify(other, now)).toBeUndefined();
  });

  it.each(['JWT', 'rt+jwt', 'AT+JWT', undefined])('S06 of the type %s is refused', (typ) => {
    expect(tokens.verify(signed({ ...goodHeader, typ }, goodClaims), now)).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['a path', '../../dev/null'],
    ['SQL', "k1' OR '1'='1"],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
    ['10 kB', 'k'.repeat(10_240)],
    ['an unknown name', 'k2'],
    ['a number', 1],
    ['a list', ['k1']],
    ['nothing', undefined],
  ])('S07 with %s for a key name is refused', (_, kid) => {
    expect(tokens.verify(signed({ ...goodHeader, kid }, goodClaims), now)).toBeUndefined();
  });

  it.each<[string, Fields]>([
    ['S08', { jku: 'https://evil.example/keys' }],
    ['S08', { x5u: 'https://evil.example/cert' }],
    ['S08', { jwk: { kty: 'oct', k: secret.toString('base64url') } }],
    ['S08', { x5c: ['MIIB'] }],
    ['S09', { crit: ['exp'] }],
    ['S09', { b64: false, crit: ['b64'] }],
    ['S09', { zip: 'DEF' }],
    ['S09', { cty: 'JWT' }],
  ])('%s with the header %j is refused', (_, more) => {
    expect(tokens.verify(signed({ ...goodHeader, ...more }, goodClaims), now)).toBeUndefined();
  });

  it('that is no JSON, or too long, is refused', () => {
    expect(tokens.verify(signed('{"alg":', goodClaims), now)).toBeUndefined();
    expect(tokens.verify(signed('null', goodClaims), now)).toBeUndefined();
    expect(tokens.verify(signed(goodHeader, '"text"'), now)).toBeUndefined();
    const long = { ...goodClaims, pad: 'x'.repeat(4_000) };
    expect(tokens.verify(signed(goodHeader, long), now)).toBeUndefined();
  });
});

describe('S10 a key ring', () => {
  const [old, next] = [
    { kid: 'old', secret: Buffer.alloc(32, 1) },
    { kid: 'next', secret: Buffer.alloc(32, 2) },
  ];
  const grant = { userId, sessionId, now, expiresAt: new Date(now.getTime() + 900_000) };

  it('takes over step by step, and two replicas agree at each', () => {
    const rings = [new KeyRing([old]), new KeyRing([old])] as const;
    const [one, two] = [accessTokens(rings[0], 'dhaka'), accessTokens(rings[1], 'dhaka')];
    const early = one.issue(grant);
    for (const step of [
      [old, next],
      [next, old],
    ]) {
      for (const keys of rings) {
        keys.replace(step);
        expect(two.verify(one.issue(grant), now)).toBeDefined();
        expect(one.verify(two.issue(grant), now)).toBeDefined();
        expect(two.verify(early, now)).toBeDefined();
      }
    }
    rings[1].replace([next]);
    expect(two.verify(early, now)).toBeUndefined();
    expect(two.verify(one.issue(grant), now)).toBeDefined();
  });

  it('stays as it is when the new keys cannot be used', () => {
    const keys = new KeyRing([old]);
    expect(() => keys.replace([])).toThrow('there is no key');
    expect(() => keys.replace([old, { ...next, kid: 'old' }])).toThrow('two keys');
    expect(keys.signing.kid).toBe('old');
  });
});
