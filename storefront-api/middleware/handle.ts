import type { AnyReply, RequestInfo, Route } from '../routing/route.ts';
import type { Middleware, RequestContext } from './request-state.ts';
import { checkReply } from './validate.ts';

function requestInfo(ctx: RequestContext): RequestInfo {
  const { state } = ctx;
  const { requestId, now, actor } = state;
  return {
    requestId,
    get log() {
      return state.log;
    },
    now,
    actor,
    ip: ctx.ip,
    userAgent: ctx.get('user-agent'),
    cookie: (name) => ctx.cookies.get(name),
  };
}

function send(ctx: RequestContext, route: Route, reply: AnyReply): void {
  const { status, headers, body } = reply;
  ctx.status = status;
  for (const [name, value] of Object.entries(headers ?? {})) {
    ctx.set(name, typeof value === 'string' ? value : [...value]);
  }
  if (body === undefined) {
    ctx.body = null;
    ctx.status = status; // Koa makes 204 of an empty body
    return;
  }
  const type = route.responses[status]?.contentType;
  ctx.body = type === undefined ? JSON.stringify(body) : body;
  ctx.set('content-type', type ?? 'application/json; charset=utf-8');
}

/** Calls the handler and sends its reply; the end of every route. */
export function callHandler(validateOutput: boolean): Middleware {
  return async (ctx) => {
    const { route, input } = ctx.state;
    if (route === undefined) return;
    // The default suits everything personal; a handler that knows better sets its own.
    ctx.set('cache-control', 'no-store');
    const reply = await route.handler(input, requestInfo(ctx));
    if (validateOutput) checkReply(route, reply);
    send(ctx, route, reply);
  };
}
