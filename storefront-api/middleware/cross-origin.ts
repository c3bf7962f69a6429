import cors from '@koa/cors';
import type { Middleware } from './request-state.ts';

/** Seconds that a browser may keep the answer to a preflight; Chromium caps at 2 hours. */
const preflightMaxAgeSeconds = 7_200;

const exposeHeaders = 'etag,location,retry-after,x-request-id,ratelimit,ratelimit-policy';

/** What an allowed origin gets with every answer but that to a preflight; names and values in turn. */
export function allowedOriginHeaders(origin: string): readonly string[] {
  return [
    'access-control-allow-origin',
    origin,
    'access-control-allow-credentials',
    'true',
    'access-control-expose-headers',
    exposeHeaders,
  ];
}

/**
 * CORS for the listed origins. The library reflects any origin when it is only told `credentials: true`, so the
 * allowlist is a function and an unknown origin gets no header at all.
 */
export function crossOrigin(allowedOrigins: readonly string[]): Middleware {
  const allowed = new Set(allowedOrigins);
  const answer = cors({
    origin: (ctx) => (allowed.has(ctx.get('origin')) ? ctx.get('origin') : ''),
    credentials: (ctx) => allowed.has(ctx.get('origin')),
    allowMethods: 'GET,HEAD,POST,PUT,PATCH,DELETE',
    allowHeaders:
      'authorization,content-type,idempotency-key,if-match,accept-language,x-request-id,x-order-token',
    exposeHeaders,
    maxAge: preflightMaxAgeSeconds,
    keepHeadersOnError: false,
  }) as Middleware;
  return (ctx, next) => {
    if (ctx.req.headers.origin !== undefined) return answer(ctx, next);
    // What the library says to a request from no page, without its detours.
    ctx.set('vary', 'Origin');
    return next();
  };
}
