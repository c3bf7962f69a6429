import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  isPlainPassword,
  scramVerifier,
} from '../../../../storefront-api/repositories/scram-verifier.ts';

// The example of RFC 7677 section 3: user "user", password "pencil".
const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
const serverNonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
const authMessage = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${serverNonce},s=${salt},i=4096,c=biws,r=${serverNonce}`;
const clientProof = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const serverSignature = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

const bytes = (text = ''): Buffer => Buffer.from(text, 'base64');

describe('the verifier of a password', () => {
  const verifier = scramVerifier('pencil', bytes(salt));
  const [head, tail] = verifier.split('$').slice(1);
  const [storedKey, serverKey] = (verifier.split('$')[2] ?? '').split(':').map(bytes);

  it('has the form that PostgreSQL stores', () => {
    expect(verifier).toMatch(/^SCRAM-SHA-256\$4096:[A-Za-z0-9+/=]{24}\$[^:]{44}:.{44}$/);
    expect([head, tail?.split(':').length]).toEqual([`4096:${salt}`, 2]);
  });

  it('accepts the proof of the client in the example of RFC 7677', () => {
    const signature = createHmac('sha256', storedKey ?? '')
      .update(authMessage)
      .digest();
    const clientKey = bytes(clientProof).map((byte, at) => byte ^ (signature[at] ?? 0));
    expect(createHash('sha256').update(clientKey).digest()).toEqual(storedKey);
  });

  it('gives the signature of the server in that example', () => {
    const signature = createHmac('sha256', serverKey ?? '')
      .update(authMessage)
      .digest('base64');
    expect(signature).toBe(serverSignature);
  });
});

describe('a password that needs no normalisation', () => {
  it.each(['pencil', ' !~', 'A-z_9'])('%j', (text) => expect(isPlainPassword(text)).toBe(true));
  it.each(['', 'é', 'a\nb', '\u007f'])('not %j', (text) =>
    expect(isPlainPassword(text)).toBe(false),
  );
});
