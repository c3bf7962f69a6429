import { HttpProblem } from '../errors.ts';
import type { Middleware } from './request-state.ts';

/** Host and port as RFC 3986 writes them: no user part, no path. */
const hostPattern = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(:\d{1,5})?$/;

function hostName(header: string): string | undefined {
  return hostPattern.exec(header.toLowerCase())?.[1]?.replace(/\.$/, '');
}

/**
 * Refuses requests for other hosts with 421: a made-up Host must reach neither a cache key nor a link in a mail. The
 * real header counts, never X-Forwarded-Host. `*` allows every well-formed host (development).
 */
export function hostAllowlist(hosts: readonly string[]): Middleware {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return (ctx, next) => {
    const name = hostName(ctx.req.headers.host ?? '');
    if (name === undefined)
      throw new HttpProblem([400, 'invalid-request'], 'the Host header is not a host');
    if (!allowed.has('*') && !allowed.has(name)) {
      throw new HttpProblem([421, 'misdirected-request'], 'this shop does not serve that host');
    }
    return next();
  };
}
