import { randomUUID } from 'node:crypto';
import type { Logger } from '../log.ts';
import type { Middleware } from './request-state.ts';

/** A request id that is echoed; anything else could forge log lines or headers. */
const requestIdPattern = /^[\w-]{1,64}$/;

/** The id of a request: the caller's own when it is well formed, else a new one. */
export function requestIdOf(asked: string | undefined): string {
  return asked !== undefined && requestIdPattern.test(asked) ? asked : randomUUID();
}

/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00. */
const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Gives each request its id, logger and time. */
export function requestContext(log: Logger, clock: () => Date): Middleware {
  return (ctx, next) => {
    const requestId = requestIdOf(ctx.get('x-request-id'));
    const traceparent = ctx.get('traceparent');
    const isTraced = traceparentPattern.test(traceparent);
    ctx.state.requestId = requestId;
    ctx.state.log = log.child(isTraced ? { requestId, traceparent } : { requestId });
    ctx.state.now = clock();
    ctx.state.traceparent = isTraced ? traceparent : undefined;
    ctx.state.route = undefined;
    ctx.state.params = {};
    ctx.state.actor = undefined;
    ctx.state.input = undefined;
    ctx.set('x-request-id', requestId);
    return next();
  };
}
