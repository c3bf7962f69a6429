// Requests that change something and carry a cookie must come from a page of the shop (CSRF; OWASP ASVS 5.0, 3.5). Browsers send
// Origin with every such request, and Sec-Fetch-Site beside it; pages can forge neither. What has neither header is no
// browser, and whoever has the cookie there has it anyway. SameSite=Strict and JSON bodies stand behind this.
import { forbidden } from '../errors.ts';
import type { Middleware } from './request-state.ts';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Refuses with 403. */
export function crossSiteGuard(allowedOrigins: readonly string[]): Middleware {
  const allowed = new Set(allowedOrigins);
  return (ctx, next) => {
    if (safeMethods.has(ctx.method) || ctx.get('cookie') === '') return next();
    const [origin, site] = [ctx.get('origin'), ctx.get('sec-fetch-site')];
    const isOurs = allowed.has(origin) || site === 'same-origin';
    const isNoBrowser = origin === '' && site === '';
    if (!isOurs && !isNoBrowser) throw forbidden('this request came from another site');
    return next();
  };
}
