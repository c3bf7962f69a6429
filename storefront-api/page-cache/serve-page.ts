// The page cache inside Koa: what it answers here is what the hot path answers ahead of Koa from then on.
import type { IncomingMessage } from 'node:http';
import type { Logger } from '../log.ts';
import { checkReply } from '../middleware/validate.ts';
import type { Middleware, RequestContext } from '../middleware/request-state.ts';
import type { RequestInfo, Route } from '../routing/route.ts';
import { acceptedEncoding } from './accepted-encoding.ts';
import { type HeaderList, isNotModified, Page, type Variant } from './page.ts';
import { type PageInput, pageKey } from './page-key.ts';
import type { PageSource, PageStore } from './page-store.ts';

/** What the middleware needs. */
export interface PageServing {
  readonly store: PageStore;
  readonly log: Logger;
  readonly clock: () => Date;
  readonly validateOutput: boolean;
}

/** A request's address in its own words: the same words always mean the same page. */
export function addressOf({ url, headers }: IncomingMessage): string {
  return `${url ?? ''}\n${headers['accept-language'] ?? ''}`;
}

/** A handler of pages knows nothing about who asks: what it answers is for everybody. */
function nobodysRequest({ log, clock }: PageServing): RequestInfo {
  return {
    requestId: 'page-cache',
    log,
    now: clock(),
    actor: undefined,
    ip: '',
    userAgent: '',
    cookie: () => undefined,
  };
}

function sourceOf(serving: PageServing, route: Route, input: unknown): PageSource {
  return {
    key: pageKey(route, input as PageInput),
    ttlMs: route.cacheable?.ttlMs ?? 0,
    load: async () => {
      const reply = await route.handler(input, nobodysRequest(serving));
      if (serving.validateOutput) checkReply(route, reply);
      return new Page(route, reply);
    },
  };
}

function setHeaders(ctx: RequestContext, list: HeaderList): void {
  for (let at = 0; at < list.length; at += 2) ctx.set(list[at] ?? '', list[at + 1] ?? '');
}

function send(ctx: RequestContext, { etag, text, headers, notModifiedHeaders }: Variant): void {
  if (isNotModified(ctx.req.headers['if-none-match'], etag)) {
    ctx.status = 304;
    setHeaders(ctx, notModifiedHeaders);
    return;
  }
  ctx.status = 200;
  setHeaders(ctx, headers);
  ctx.body = Buffer.from(text, 'latin1');
}

/** Answers routes that are declared cacheable; the others go on to their handler. */
export function servePage(serving: PageServing): Middleware {
  const { store } = serving;
  return async (ctx, next) => {
    const { route, input } = ctx.state;
    if (route?.cacheable === undefined) return next();
    const source = sourceOf(serving, route, input);
    const page = await store.page(source);
    store.alias(addressOf(ctx.req), source.key);
    const encoding = acceptedEncoding(ctx.req.headers['accept-encoding']);
    send(ctx, await page.encoded(encoding, store.compressor));
  };
}
