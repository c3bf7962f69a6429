// Access tokens: JWTs after RFC 9068, HS256 and nothing else, with every claim demanded. The library alone would accept a
// token without `exp`, any `aud` that it is not asked about, and headers that it does not know; so the header is read first,
// by a schema that knows three names, and the claims are read last, by another.
import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { KeyRing } from './key-ring.ts';

/** Longer ones are not even parsed; ours have about 400 characters. */
const maxTokenLength = 2_048;

/** Clocks of two replicas may differ by this much when one reads what the other has just issued. */
const clockSkewSeconds = 5;

const tokenAudience = 'dhakacart-api';
const tokenType = 'at+jwt';

/** RFC 7515 section 4: `crit`, `zip`, `b64`, `jku`, `jwk`, `x5u` and whatever comes next are refused, not ignored. */
const headerSchema = z.strictObject({
  alg: z.literal('HS256'),
  typ: z.literal(tokenType),
  kid: z.string().min(1).max(128),
});

const numericDate = z.int().min(0).max(253_402_300_799);

/** What a token says. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
}

/** For whom a token is made. */
export interface AccessGrant extends AccessClaims {
  readonly now: Date;
  readonly expiresAt: Date;
}

/** Makes and reads access tokens. */
export interface AccessTokens {
  issue(grant: AccessGrant): string;
  /** undefined: not one of ours, or not any more. Does no I/O. */
  verify(token: string, now: Date): AccessClaims | undefined;
}

function claimsSchema(issuer: string, nowSeconds: number) {
  return z.strictObject({
    iss: z.literal(issuer),
    aud: z.literal(tokenAudience),
    sub: z.uuid(),
    sid: z.uuid(),
    jti: z.uuid(),
    exp: numericDate,
    iat: numericDate.max(nowSeconds + clockSkewSeconds),
  });
}

function headerOf(token: string): z.output<typeof headerSchema> | undefined {
  const part = token.split('.', 1)[0] ?? '';
  try {
    const header: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return headerSchema.safeParse(header).data;
  } catch {
    return undefined;
  }
}

function secondsOf(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

/** Tokens of one shop; `storeName` makes those of another shop strangers, even with the same keys. */
export function accessTokens(ring: KeyRing, storeName: string): AccessTokens {
  const issuer = `dhakacart/${storeName}`;
  return {
    issue({ userId, sessionId, now, expiresAt }) {
      const { kid, key } = ring.signing;
      const claims = {
        iss: issuer,
        aud: tokenAudience,
        sub: userId,
        sid: sessionId,
        jti: randomUUID(),
        iat: secondsOf(now),
        exp: secondsOf(expiresAt),
      };
      return jwt.sign(claims, key, {
        algorithm: 'HS256',
        header: { alg: 'HS256', typ: tokenType, kid },
      });
    },
    verify(token, now) {
      if (token.length > maxTokenLength) return undefined;
      const header = headerOf(token);
      const key = header && ring.find(header.kid);
      if (key === undefined) return undefined;
      const clockTimestamp = secondsOf(now);
      try {
        const claims = jwt.verify(token, key, {
          algorithms: ['HS256'],
          issuer,
          audience: tokenAudience,
          clockTimestamp,
        });
        const { sub, sid } = claimsSchema(issuer, clockTimestamp).parse(claims);
        return { userId: sub, sessionId: sid };
      } catch {
        return undefined;
      }
    },
  };
}
