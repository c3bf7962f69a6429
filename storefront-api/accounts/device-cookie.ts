// A browser that has signed in to an account is told apart from strangers by a signed value that it keeps. It gives no access;
// it only decides which counter the next attempt goes to.
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Sign } from '../domain/page-cursor.ts';

const nonceBytes = 16;
const pattern = /^([\w-]{22})\.([\w-]{22})$/;

/** A new value for a browser that has just signed in to the account. */
export function newDevice(email: string, sign: Sign): string {
  const nonce = randomBytes(nonceBytes).toString('base64url');
  return `${nonce}.${sign(`${nonce} ${email}`)}`;
}

/** The device of a cookie, if it was given for that account. */
export function knownDevice(
  cookie: string | undefined,
  email: string,
  sign: Sign,
): string | undefined {
  const [, nonce, mac] = pattern.exec(cookie ?? '') ?? [];
  if (nonce === undefined || mac === undefined) return undefined;
  const isOurs = timingSafeEqual(Buffer.from(mac), Buffer.from(sign(`${nonce} ${email}`)));
  return isOurs ? nonce : undefined;
}
