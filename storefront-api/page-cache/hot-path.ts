// The page cache ahead of Koa. It answers only what Koa has answered a moment ago to the same words: the address was
// validated then, so nothing is parsed here. Everything it does not know, and everything that is not a plain GET or HEAD
// without credentials, goes on to Koa. A test sends each kind of request both ways and compares the answers.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../log.ts';
import type { ApiMetrics, RequestSeries } from '../metrics.ts';
import { allowedOriginHeaders } from '../middleware/cross-origin.ts';
import { allowedHost } from '../middleware/host-allowlist.ts';
import { type ConsumeBrowse, rateLimitHeaders } from '../middleware/rate-limit.ts';
import { requestIdOf } from '../middleware/request-context.ts';
import { shopSecurityHeaders } from '../middleware/security-headers.ts';
import { hasBody } from '../routing/json-body.ts';
import { acceptedEncoding } from './accepted-encoding.ts';
import { clientAddress } from './client-address.ts';
import { isNotModified, Page, type Variant } from './page.ts';
import type { PageStore } from './page-store.ts';
import { addressOf } from './serve-page.ts';

/** One in this many answers is logged: a line costs a quarter of the answer. */
const loggedShare = 1_000;

/** What the hot path is made of. */
export interface HotPathParts {
  readonly store: PageStore;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
  readonly clock: () => Date;
  readonly hosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly trustedProxyHops: number;
  /** Value of the header. */
  readonly strictTransportSecurity: string;
  readonly consumeBrowse: ConsumeBrowse;
}

/** Answers a request and returns true, or leaves it untouched and returns false. */
export type HotPath = (request: IncomingMessage, response: ServerResponse) => boolean;

interface Found {
  readonly page: Page;
  readonly variant: Variant;
}

function found(store: PageStore, request: IncomingMessage): Found | undefined {
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  if (headers.authorization !== undefined || hasBody(request)) return undefined;
  const page = store.readyAt(addressOf(request));
  if (!(page instanceof Page)) return undefined;
  const variant = page.ready(acceptedEncoding(headers['accept-encoding']));
  return variant && { page, variant };
}

/** Series of each route, method and status, looked up once. */
function seriesOf(
  metrics: ApiMetrics,
): (page: Page, method: string, status: number) => RequestSeries {
  const known = new Map<string, Map<string, RequestSeries>>();
  return ({ route }, method, status) => {
    const ofRoute = known.get(route.path) ?? new Map<string, RequestSeries>();
    known.set(route.path, ofRoute);
    const name = `${method} ${status}`;
    const series = ofRoute.get(name) ?? metrics.series({ method, route: route.path, status });
    ofRoute.set(name, series);
    return series;
  };
}

/** Builds the hot path. */
export function hotPath(parts: HotPathParts): HotPath {
  const { store, metrics, log, clock, trustedProxyHops, consumeBrowse } = parts;
  const isAllowedHost = allowedHost(parts.hosts);
  const origins = new Map(parts.allowedOrigins.map((name) => [name, allowedOriginHeaders(name)]));
  const fixedHeaders = Object.entries(shopSecurityHeaders(parts.strictTransportSecurity)).flat();
  const series = seriesOf(metrics);
  let answers = 0;
  return (request, response) => {
    const startedAt = performance.now();
    const answer = found(store, request);
    const { headers, method = 'GET' } = request;
    if (answer === undefined || !isAllowedHost(request)) return false;
    const verdict = consumeBrowse(clientAddress(request, trustedProxyHops), clock());
    if (!verdict.isAllowed) return false;
    const { page, variant } = answer;
    const isUnchanged = isNotModified(headers['if-none-match'], variant.etag);
    const status = isUnchanged ? 304 : 200;
    const requestId = requestIdOf(headers['x-request-id'] as string | undefined);
    response.writeHead(status, [
      ...fixedHeaders,
      'x-request-id',
      requestId,
      ...(isUnchanged ? variant.notModifiedHeaders : variant.headers),
      ...rateLimitHeaders('browse', verdict),
      ...(origins.get(headers.origin ?? '') ?? []),
    ]);
    if (isUnchanged || method === 'HEAD') response.end();
    else response.end(variant.text, 'latin1');
    series(page, method, status).observe((performance.now() - startedAt) / 1_000);
    answers += 1;
    if (answers % loggedShare === 0) {
      log.info(
        { requestId, method, route: page.route.path, status, answers },
        'answered from the page cache',
      );
    }
    return true;
  };
}
