import { describe, expect, it } from 'vitest';
import {
  argon2Parameters,
  PasswordHasher,
} from '../../../../storefront-api/accounts/password-hasher.ts';

const weak = { ...argon2Parameters, memoryCost: 1_024 };

describe('a password hash', () => {
  it('S22 is argon2id with 19 MiB, 2 passes, 1 lane, and a salt of its own', async () => {
    const hasher = new PasswordHasher();
    const [one, two] = [await hasher.hash('a password'), await hasher.hash('a password')];
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(two).not.toBe(one);
  });

  it('S23 is outdated when it was made with less', async () => {
    const old = await new PasswordHasher({ parameters: weak }).hash('a password');
    const hasher = new PasswordHasher();
    expect(hasher.isOutdated(old)).toBe(true);
    expect(hasher.isOutdated(await hasher.hash('a password'))).toBe(false);
    expect(await hasher.isPassword('a password', old)).toBe(true);
  });

  it.each([
    ['S24 ends with its 128th character', 'k7vq'.repeat(32), `${'k7vq'.repeat(31)}k7vx`],
    ['S27 has more than the first 72 bytes in it', `${'a'.repeat(72)}b`, `${'a'.repeat(72)}c`],
    ['has its spaces in it', ' a password ', 'a password'],
    ['has its case in it', 'A password', 'a password'],
  ])('%s', async (_, password, other) => {
    const hasher = new PasswordHasher({ parameters: weak });
    const hashed = await hasher.hash(password);
    expect(await hasher.isPassword(password, hashed)).toBe(true);
    expect(await hasher.isPassword(other, hashed)).toBe(false);
  });

  it('S28 is the same for both ways to type a Bangla vowel', async () => {
    const hasher = new PasswordHasher({ parameters: weak });
    const hashed = await hasher.hash('সোনার বাংলা');
    expect(await hasher.isPassword('স\u09c7\u09beনার বাংলা', hashed)).toBe(true);
  });

  it('that is missing fits nothing', async () => {
    expect(await new PasswordHasher({ parameters: weak }).isPassword('x', undefined)).toBe(false);
  });
});

describe('S47 a flood of hashes', () => {
  it('waits in a bounded queue; what does not fit is refused with Retry-After', async () => {
    const hasher = new PasswordHasher({ parameters: weak, concurrency: 1, maxWaiting: 2 });
    await hasher.isPassword('x', undefined); // the dummy is made
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, () => hasher.hash('a password')),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    expect(outcomes[4]).toMatchObject({
      reason: { status: 503, headers: { 'retry-after': expect.stringMatching(/^\d+$/) as string } },
    });
    expect(await hasher.hash('a password')).toMatch(/^\$argon2id/);
  });
});
