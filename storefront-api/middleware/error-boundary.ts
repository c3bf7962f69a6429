// Every failure becomes an RFC 9457 problem here. Unforeseen ones are logged whole and answered with nothing but the
// request id.
import { STATUS_CODES } from 'node:http';
import { clientKey } from '../domain/client-key.ts';
import { HttpProblem, LimitExceeded, Overloaded } from '../errors.ts';
import type { Middleware, RequestContext } from './request-state.ts';

/** Media type of RFC 9457. */
export const problemMediaType = 'application/problem+json';

/** Headers of a success that must not survive into a problem. */
const successHeaders = [
  'cache-control',
  'content-encoding',
  'content-language',
  'etag',
  'last-modified',
  'set-cookie',
];

/** The problem that an error becomes. Pure. */
export function problemOf(error: unknown): HttpProblem {
  if (error instanceof HttpProblem) return error;
  return new HttpProblem([500, 'internal-error'], 'something went wrong on our side', {
    cause: error,
  });
}

/** The body of a problem. Pure. */
export function problemBody(
  problem: HttpProblem,
  requestId: string,
): Readonly<Record<string, unknown>> {
  const { status, code, message, errors, extensions } = problem;
  return {
    ...extensions,
    type: `urn:dhakacart:problem:${code}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    requestId,
    ...(errors.length > 0 && { errors }),
  };
}

/** Denials are security events (OWASP ASVS 5.0, 16.3): who may not; who asks too often is told beside them. */
const deniedStatuses = new Set([401, 403]);

function logFailure(ctx: RequestContext, problem: HttpProblem): void {
  const { log, route } = ctx.state;
  const denial = { event: 'denied', code: problem.code };
  const facts = { method: ctx.method, route: route?.path ?? 'unmatched', status: problem.status };
  // Refused as the front door refuses, which writes no line either: the metrics count both.
  const isFailure = problem.status >= 500 && !(problem instanceof Overloaded);
  if (isFailure) log.error({ ...facts, err: problem.cause ?? problem }, 'request failed');
  else if (problem instanceof LimitExceeded) {
    const { limit, isFirstRefusal } = problem.refusal;
    // Whoever is limited goes on asking: a line a request would make the log the target.
    const level = isFirstRefusal ? 'info' : 'debug';
    log[level]({ ...facts, ...denial, limit, client: clientKey(ctx.ip) }, 'limit exceeded');
  } else if (deniedStatuses.has(problem.status))
    log.info({ ...facts, ...denial }, 'request denied');
  else log.debug({ ...facts, code: problem.code }, 'request refused');
}

/** Answers failures of everything that follows. */
export function errorBoundary(): Middleware {
  return async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      const problem = problemOf(error);
      logFailure(ctx, problem);
      for (const name of successHeaders) ctx.remove(name);
      ctx.set({ ...problem.headers, 'cache-control': 'no-store' });
      ctx.status = problem.status;
      ctx.body = JSON.stringify(problemBody(problem, ctx.state.requestId));
      ctx.type = problemMediaType;
    }
  };
}
