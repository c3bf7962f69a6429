import type { Middleware } from './request-state.ts';

/**
 * Headers of every answer, as the OWASP REST Security Cheat Sheet lists them for APIs: nothing here is a page, so
 * nothing may be framed, run or loaded from it. HSTS for two years, the minimum of the preload list.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** Sets them before anything can answer. */
export function setSecurityHeaders(): Middleware {
  return (ctx, next) => {
    ctx.set(securityHeaders);
    return next();
  };
}
