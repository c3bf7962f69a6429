import { HttpProblem } from '../errors.ts';
import type { LimitClass } from '../routing/route.ts';
import type { Middleware } from './request-state.ts';

/** What is counted. The account is not known yet here: limits on accounts belong to the handlers that know it. */
export interface LimitedRequest {
  readonly limitClass: LimitClass;
  readonly ip: string;
  readonly now: Date;
}

/** What the limiter decides. */
export interface LimitVerdict {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly resetSeconds: number;
}

/** Counts requests per class and client. Never throws: when its store is away it decides by itself. */
export interface RateLimiter {
  consume(request: LimitedRequest): Promise<LimitVerdict>;
}

/** 429 with Retry-After; the RateLimit headers follow draft-ietf-httpapi-ratelimit-headers. */
export function limitRate(limiter: RateLimiter): Middleware {
  return async (ctx, next) => {
    const limitClass = ctx.state.route?.limitClass ?? 'none';
    if (limitClass === 'none') return next();
    const verdict = await limiter.consume({ limitClass, ip: ctx.ip, now: ctx.state.now });
    const { limit, remaining, resetSeconds } = verdict;
    ctx.set('ratelimit', `"${limitClass}";r=${remaining};t=${resetSeconds}`);
    ctx.set('ratelimit-policy', `"${limitClass}";q=${limit}`);
    if (!verdict.isAllowed) {
      throw new HttpProblem([429, 'too-many-requests'], 'too many requests, slow down', {
        headers: { 'retry-after': String(Math.max(1, resetSeconds)) },
      });
    }
    return next();
  };
}

/** A limiter that lets everything pass. */
export const unlimited: RateLimiter = {
  consume: () =>
    Promise.resolve({ isAllowed: true, limit: 1_000_000, remaining: 1_000_000, resetSeconds: 1 }),
};
