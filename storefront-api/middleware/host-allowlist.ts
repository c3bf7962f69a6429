import type { IncomingMessage } from 'node:http';
import { HttpProblem } from '../errors.ts';
import type { Middleware } from './request-state.ts';

/** Host and port as RFC 3986 writes them: no user part, no path. */
const hostPattern = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/;

function hostName(header: string): string | undefined {
  return hostPattern.exec(header.toLowerCase())?.[1]?.replace(/\.$/, '');
}

/**
 * Refuses requests for other hosts with 421: a made-up Host must reach neither a cache key nor a link in a mail. The
 * real header counts, never X-Forwarded-Host. `*` allows every well-formed host (development). Probes may be read by any:
 * a load balancer asks each pod by its address.
 */
export function hostAllowlist(hosts: readonly string[], probes: ReadonlySet<string>): Middleware {
  const isAllowed = allowedHost(hosts);
  return (ctx, next) => {
    if (isAllowed(ctx.req)) return next();
    if (hasSeveralHosts(ctx.req) || hostName(ctx.req.headers.host ?? '') === undefined)
      throw new HttpProblem([400, 'invalid-request'], 'the Host header is not a host');
    if (probes.has(ctx.path) && ['GET', 'HEAD'].includes(ctx.method)) return next();
    throw new HttpProblem([421, 'misdirected-request'], 'this shop does not serve that host');
  };
}

/** Node keeps the first of two Host headers; a proxy may go by the second (RFC 9112 section 3.2 asks for 400). */
function hasSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  let count = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count > 1;
}

/** Tells of a request whether it names one of these hosts, and only one. */
export function allowedHost(hosts: readonly string[]): (request: IncomingMessage) => boolean {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  // Shoppers of a shop write its host the same way: what the last one wrote need not be read again.
  let lastAllowed: string | undefined;
  return (request) => {
    const { host = '' } = request.headers;
    if (hasSeveralHosts(request)) return false;
    if (host === lastAllowed) return true;
    const name = hostName(host);
    if (name === undefined || !(allowed.has('*') || allowed.has(name))) return false;
    lastAllowed = host;
    return true;
  };
}
