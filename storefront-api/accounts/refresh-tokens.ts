// Refresh tokens: opaque, 256 bits, kept only as SHA-256. The first of a session is random; each further one is a MAC of the
// one before it, so whoever asks again because an answer was lost gets the same one again, although nobody has kept it. A
// token carries the id of its session and a MAC besides, so that one which was issued long ago is still known as ours: its
// use means that somebody has a copy (RFC 9700 section 4.14.2), and without the MAC anybody who knows a session's id could
// end that session.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Sign } from '../domain/page-cursor.ts';

const secretBytes = 32;
const idBytes = 16;

/** Base64url of 48 bytes, a point, a MAC of 22 characters. */
const pattern = /^([\w-]{64})\.([\w-]{22})$/;

/** A token and what is stored of it. */
export interface RefreshToken {
  readonly token: string;
  readonly hash: Buffer;
}

/** What tokens are made with. */
export interface RefreshTokenKeys {
  readonly sign: Sign;
  /** The secret of a token's successor; 32 bytes, the same for the same token. */
  readonly derive: (token: string) => Buffer;
}

/** What a token says by itself. */
export interface PresentedRefreshToken {
  readonly token: string;
  readonly sessionId: string;
  readonly hash: Buffer;
  /** Was it ever issued for that session? */
  readonly isGenuine: boolean;
}

function uuidOf(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** SHA-256: enough for secrets of 256 random bits, where nothing can be guessed. */
export function secretHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** A new secret of 256 bits in base64url, and its hash. */
export function newSecret(): RefreshToken {
  const token = randomBytes(secretBytes).toString('base64url');
  return { token, hash: secretHash(token) };
}

function tokenOf(sessionId: string, secret: Buffer, sign: Sign): RefreshToken {
  const id = Buffer.from(sessionId.replaceAll('-', ''), 'hex');
  const content = Buffer.concat([id, secret]).toString('base64url');
  const token = `${content}.${sign(content)}`;
  return { token, hash: secretHash(token) };
}

/** The first token of a session. */
export function newRefreshToken(sessionId: string, { sign }: RefreshTokenKeys): RefreshToken {
  return tokenOf(sessionId, randomBytes(secretBytes), sign);
}

/** The token that follows; the same for the same token, and nobody without the key can tell it. */
export function nextRefreshToken(
  { token, sessionId }: PresentedRefreshToken,
  { sign, derive }: RefreshTokenKeys,
): RefreshToken {
  return tokenOf(sessionId, derive(token), sign);
}

/** Reads a token; undefined when it has not even the form of one. */
export function presentedRefreshToken(
  text: string,
  { sign }: RefreshTokenKeys,
): PresentedRefreshToken | undefined {
  const [, content, mac] = pattern.exec(text) ?? [];
  if (content === undefined || mac === undefined) return undefined;
  return {
    token: text,
    sessionId: uuidOf(Buffer.from(content, 'base64url').subarray(0, idBytes)),
    hash: secretHash(text),
    isGenuine: timingSafeEqual(Buffer.from(mac), Buffer.from(sign(content))),
  };
}
