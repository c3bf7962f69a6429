// Refresh tokens: opaque, 256 random bits, kept only as SHA-256. A token carries the id of its session and a MAC besides, so
// that one which was issued long ago is still known as ours: its use means that somebody has a copy
// (RFC 9700 section 4.14.2), and without the MAC anybody who knows a session's id could end that session.
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

/** What a token says by itself. */
export interface PresentedRefreshToken {
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

/** A new token of a session. */
export function newRefreshToken(sessionId: string, sign: Sign): RefreshToken {
  const id = Buffer.from(sessionId.replaceAll('-', ''), 'hex');
  const content = Buffer.concat([id, randomBytes(secretBytes)]).toString('base64url');
  const token = `${content}.${sign(content)}`;
  return { token, hash: secretHash(token) };
}

/** Reads a token; undefined when it has not even the form of one. */
export function presentedRefreshToken(text: string, sign: Sign): PresentedRefreshToken | undefined {
  const [, content, mac] = pattern.exec(text) ?? [];
  if (content === undefined || mac === undefined) return undefined;
  return {
    sessionId: uuidOf(Buffer.from(content, 'base64url').subarray(0, idBytes)),
    hash: secretHash(text),
    isGenuine: timingSafeEqual(Buffer.from(mac), Buffer.from(sign(content))),
  };
}
