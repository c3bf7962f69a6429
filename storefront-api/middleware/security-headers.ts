import type { Middleware } from './request-state.ts';

/**
 * Headers of every answer, as the OWASP REST Security Cheat Sheet lists them for APIs: nothing here is a page, so
 * nothing may be framed, run or loaded from it. What the owner decides, Strict-Transport-Security, comes beside them.
 */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** The same with the shop's own Strict-Transport-Security. */
export function shopSecurityHeaders(
  strictTransportSecurity: string,
): Readonly<Record<string, string>> {
  return { ...securityHeaders, 'strict-transport-security': strictTransportSecurity };
}

/** Sets them before anything can answer. */
export function setSecurityHeaders(strictTransportSecurity: string): Middleware {
  const headers = shopSecurityHeaders(strictTransportSecurity);
  return (ctx, next) => {
    ctx.set(headers);
    return next();
  };
}
