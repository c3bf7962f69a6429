import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Actor } from '../domain/actor.ts';
import type { Logger } from '../log.ts';
import type { Route } from '../routing/route.ts';
import type { Middleware, RequestState } from './request-state.ts';

/** A request id that is echoed; anything else could forge log lines or headers. */
const requestIdPattern = /^[\w-]{1,64}$/;

/** The id of a request: the caller's own when it is well formed, else a new one. */
export function requestIdOf(asked: string | undefined): string {
  return asked !== undefined && requestIdPattern.test(asked) ? asked : randomUUID();
}

/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00. */
const traceparentPattern = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The state of a request that nothing has looked at yet. */
class NewRequest implements RequestState {
  readonly requestId: string;
  readonly now: Date;
  readonly traceparent: string | undefined;
  route: Route | undefined = undefined;
  params: Readonly<Record<string, string>> = {};
  actor: Actor | undefined = undefined;
  input: unknown = undefined;
  readonly #shopLog: Logger;
  #log: Logger | undefined = undefined;

  constructor(shopLog: Logger, now: Date, { headers }: IncomingMessage) {
    const traceparent = headers['traceparent'] as string | undefined;
    this.requestId = requestIdOf(headers['x-request-id'] as string | undefined);
    this.now = now;
    this.traceparent =
      traceparent !== undefined && traceparentPattern.test(traceparent) ? traceparent : undefined;
    this.#shopLog = shopLog;
  }

  /** Made when the first line is written: most requests write none, and a child logger costs as much as a route. */
  get log(): Logger {
    const { requestId, traceparent } = this;
    this.#log ??= this.#shopLog.child({ requestId, ...(traceparent && { traceparent }) });
    return this.#log;
  }
}

/** Gives each request its id, logger and time. */
export function requestContext(log: Logger, clock: () => Date): Middleware {
  return (ctx, next) => {
    ctx.state = new NewRequest(log, clock(), ctx.req);
    ctx.set('x-request-id', ctx.state.requestId);
    return next();
  };
}
