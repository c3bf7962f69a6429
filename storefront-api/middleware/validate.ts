// Input is checked against the route's declaration before the handler sees it; in tests the answer is checked too.
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { type FieldError, type InputPlace, invalidRequest } from '../errors.ts';
import { hasBody, readJsonBody, readTextBody } from '../routing/json-body.ts';
import { parseQuery } from '../routing/request-query.ts';
import type { AnyReply, Route } from '../routing/route.ts';
import type { Middleware, RequestContext } from './request-state.ts';

/** Places of requests at work. */
export interface Places {
  /**
   * Has a request wait for its client, without a place.
   * @throws Overloaded when too many wait, or when no place is left afterwards; what `arrival` throws
   */
  wait<Result>(method: string, arrival: () => Promise<Result>): Promise<Result>;
}

/** Most field errors in one answer. */
const maxFieldErrors = 20;

function fieldErrors(
  place: InputPlace,
  issues: readonly z.core.$ZodIssue[],
): readonly FieldError[] {
  return issues.flatMap((issue): readonly FieldError[] => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') {
      return [{ in: place, path: path.join('.'), message: issue.message }];
    }
    return issue.keys.map((key) => ({
      in: place,
      path: [...path, key.slice(0, 64)].join('.'),
      message: 'is not known',
    }));
  });
}

function declaredHeaders(ctx: RequestContext, route: Route): Record<string, string> {
  const names = Object.keys(route.headers.shape);
  const present = names.filter((name) => ctx.req.headers[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, ctx.get(name)]));
}

function noBody(request: IncomingMessage): undefined {
  if (!hasBody(request)) return undefined;
  throw invalidRequest('this route takes no body', [
    { in: 'body', path: '', message: 'not allowed' },
  ]);
}

async function readBody(ctx: RequestContext, route: Route, places: Places): Promise<unknown> {
  const { req: request, method } = ctx;
  const { body, textBody } = route;
  if (body === undefined) return noBody(request);
  const read = (): Promise<unknown> =>
    textBody === undefined ? readJsonBody(request) : readTextBody(request, textBody);
  return request.complete ? read() : places.wait(method, read);
}

/** Checks params, query, headers and body; all wrong fields are named at once. */
export function validateInput(places: Places): Middleware {
  return async (ctx, next) => {
    const { route, params } = ctx.state;
    if (route === undefined) return next();
    const given: readonly (readonly [InputPlace, z.ZodType | undefined, unknown])[] = [
      ['params', route.params, params],
      ['query', route.query, parseQuery(ctx.querystring)],
      ['headers', route.headers, declaredHeaders(ctx, route)],
      ['body', route.body, await readBody(ctx, route, places)],
    ];
    const errors: FieldError[] = [];
    const input: Partial<Record<InputPlace, unknown>> = {};
    for (const [place, schema, value] of given) {
      const result = schema?.safeParse(value);
      if (result?.success === false) errors.push(...fieldErrors(place, result.error.issues));
      else input[place] = result?.data;
    }
    if (errors.length > 0) {
      throw invalidRequest('the request is not valid', errors.slice(0, maxFieldErrors));
    }
    ctx.state.input = input;
    return next();
  };
}

/**
 * Checks an answer against the route's declaration.
 * @throws Error naming the route, the status and each wrong field
 */
export function checkReply(route: Route, reply: AnyReply): void {
  const name = `${route.method} ${route.path} answered ${reply.status}`;
  const declared = route.responses[reply.status];
  if (declared === undefined) throw new Error(`${name}, which it does not declare`);
  const result = declared.body?.safeParse(reply.body);
  if (result?.success === false) throw new Error(`${name}: ${result.error.message}`);
  if (declared.body === undefined && reply.body !== undefined)
    throw new Error(`${name} with a body`);
}
