import type { ParameterizedContext, Middleware as KoaMiddleware } from 'koa';
import type { Actor } from '../domain/actor.ts';
import type { Logger } from '../log.ts';
import type { Route } from '../routing/route.ts';

/** What the middlewares of one request hand on to each other. Only the one named writes a field. */
export interface RequestState {
  /** request-context */
  readonly requestId: string;
  /** request-context: child logger with the request id. */
  readonly log: Logger;
  /** request-context: the one reading of the clock. */
  readonly now: Date;
  /** request-context: W3C trace context to pass on, when well formed. */
  readonly traceparent: string | undefined;
  /** route-table */
  route: Route | undefined;
  /** route-table: decoded path parameters. */
  params: Readonly<Record<string, string>>;
  /** authenticate */
  actor: Actor | undefined;
  /** validate */
  input: unknown;
}

/** Koa's context with our state. */
export type RequestContext = ParameterizedContext<RequestState>;

/** A middleware of the API. */
export type Middleware = KoaMiddleware<RequestState>;
