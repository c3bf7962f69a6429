import { LimitExceeded } from '../errors.ts';
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
  readonly windowSeconds: number;
  readonly remaining: number;
  readonly resetSeconds: number;
  /** Refused, and the first time in this window. Whoever counts at once, ahead of Koa, leaves this to Koa. */
  readonly isFirstRefusal: boolean;
}

/** Counts a request of class browse at once, in memory. */
export type ConsumeBrowse = (ip: string, now: Date) => LimitVerdict;

/** Counts requests per class and client. Never throws: when its store is away it decides by itself. */
export interface RateLimiter {
  consume(request: LimitedRequest): Promise<LimitVerdict>;
  /**
   * The same for class browse, on the same counters, without waiting: the page cache answers ahead of Koa and cannot wait.
   * A request is counted here or by `consume`; only one that is refused here is seen by both. A limiter that cannot do this
   * leaves everything to Koa: nothing is ever answered uncounted.
   */
  readonly consumeBrowse?: ConsumeBrowse;
}

/** Headers of draft-ietf-httpapi-ratelimit-headers; names and values in turn. */
export function rateLimitHeaders(
  limitClass: LimitClass,
  { limit, windowSeconds, remaining, resetSeconds }: LimitVerdict,
): readonly string[] {
  return [
    'ratelimit',
    `"${limitClass}";r=${remaining};t=${resetSeconds}`,
    'ratelimit-policy',
    `"${limitClass}";q=${limit};w=${windowSeconds}`,
  ];
}

/** 429 with Retry-After. */
export function limitRate(limiter: RateLimiter): Middleware {
  return async (ctx, next) => {
    const limitClass = ctx.state.route?.limitClass ?? 'none';
    if (limitClass === 'none') return next();
    const verdict = await limiter.consume({ limitClass, ip: ctx.ip, now: ctx.state.now });
    const [name = '', value = '', policyName = '', policy = ''] = rateLimitHeaders(
      limitClass,
      verdict,
    );
    ctx.set(name, value);
    ctx.set(policyName, policy);
    if (!verdict.isAllowed) {
      const { isFirstRefusal, resetSeconds: retryAfterSeconds } = verdict;
      const refusal = { limit: limitClass, isFirstRefusal, retryAfterSeconds };
      throw new LimitExceeded('too many requests, slow down', refusal);
    }
    return next();
  };
}

const allowed: LimitVerdict = {
  isAllowed: true,
  limit: 1_000_000,
  windowSeconds: 1,
  remaining: 1_000_000,
  resetSeconds: 1,
  isFirstRefusal: false,
};

/** A limiter that lets everything pass. */
export const unlimited: RateLimiter = {
  consume: () => Promise.resolve(allowed),
  consumeBrowse: () => allowed,
};
