// The order in which a request passes the middlewares, and the routes behind them.
import Koa from 'koa';
import type { Logger } from './log.ts';
import type { ApiMetrics } from './metrics.ts';
import { authenticate, type Authenticator } from './middleware/authenticate.ts';
import { crossOrigin } from './middleware/cross-origin.ts';
import { crossSiteGuard } from './middleware/cross-site-guard.ts';
import { errorBoundary } from './middleware/error-boundary.ts';
import { callHandler } from './middleware/handle.ts';
import { hostAllowlist } from './middleware/host-allowlist.ts';
import { limitRate, type RateLimiter } from './middleware/rate-limit.ts';
import { type Maintenance, underMaintenance } from './middleware/maintenance.ts';
import { requestContext } from './middleware/request-context.ts';
import { requestMetrics } from './middleware/request-metrics.ts';
import type { Middleware, RequestState } from './middleware/request-state.ts';
import { routeTable } from './middleware/route-table.ts';
import { setSecurityHeaders } from './middleware/security-headers.ts';
import { type Places, validateInput } from './middleware/validate.ts';
import type { PageStore } from './page-cache/page-store.ts';
import { servePage } from './page-cache/serve-page.ts';
import { probePaths, type Route } from './routing/route.ts';

/** What the shop's configuration says about requests. */
export interface AppSettings {
  readonly hosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  /** Proxies in front whose X-Forwarded-For entries are believed. */
  readonly trustedProxyHops: number;
  readonly maintenance: Maintenance;
  /** Value of the header. */
  readonly strictTransportSecurity: string;
  /** Check answers against their declaration; on in tests. */
  readonly validateOutput: boolean;
}

/** What an app is made of. */
export interface AppDependencies {
  readonly settings: AppSettings;
  readonly log: Logger;
  readonly metrics: ApiMetrics;
  readonly clock: () => Date;
  readonly limiter: RateLimiter;
  readonly authenticator: Authenticator;
  readonly routes: readonly Route[];
  /** Keeps the answers of cacheable routes. */
  readonly pages: PageStore;
  /** Given back while a body is waited for. */
  readonly places: Places;
}

/** Builds the app. Does no I/O. */
export function createApp(deps: AppDependencies): Koa<RequestState> {
  const { settings, log, metrics, clock, limiter, authenticator, routes, pages, places } = deps;
  const { trustedProxyHops, validateOutput } = settings;
  const app = new Koa<RequestState>({
    proxy: trustedProxyHops > 0,
    maxIpsCount: trustedProxyHops,
  });
  const forDeclaredRoutes: readonly Middleware[] = [
    underMaintenance(settings.maintenance),
    limitRate(limiter),
    authenticate(authenticator),
    validateInput(places),
    servePage({ store: pages, log, clock, validateOutput }),
    callHandler(validateOutput),
  ];
  const forEveryRequest: readonly Middleware[] = [
    requestContext(log, clock),
    errorBoundary(),
    requestMetrics(metrics),
    setSecurityHeaders(settings.strictTransportSecurity),
    crossOrigin(settings.allowedOrigins),
    hostAllowlist(settings.hosts, probePaths(routes)),
    crossSiteGuard(settings.allowedOrigins),
    routeTable(routes, forDeclaredRoutes),
  ];
  for (const middleware of forEveryRequest) app.use(middleware);
  // Only broken sockets reach this: the boundary has answered everything else.
  app.on('error', (error: unknown) => log.debug({ err: error }, 'connection failed'));
  return app;
}
