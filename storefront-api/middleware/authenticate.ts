import type { Actor } from '../domain/actor.ts';
import { forbidden, HttpProblem, unauthorized } from '../errors.ts';
import type { RouteAuth } from '../routing/route.ts';
import type { Middleware } from './request-state.ts';

/** Credentials of a request. */
export interface Credentials {
  /** Value of the Authorization header; empty when there is none. */
  readonly authorization: string;
  readonly now: Date;
}

/** Tells who is calling. */
export interface Authenticator {
  /**
   * @returns undefined when there are no credentials
   * @throws HttpProblem 401 when there are some and they are not good
   */
  authenticate(credentials: Credentials): Promise<Actor | undefined>;
}

const mayBeNobody: ReadonlySet<RouteAuth> = new Set(['optional', 'if-valid']);

/** For a promise's failure: bad credentials are none; what keeps us from judging them still fails. */
function nobodyIfBad(error: unknown): undefined {
  if (error instanceof HttpProblem && error.status === 401) return undefined;
  throw error;
}

/** Applies the route's `auth`: routes without one do not even look at the header. */
export function authenticate(authenticator: Authenticator): Middleware {
  return async (ctx, next) => {
    const auth = ctx.state.route?.auth ?? 'none';
    if (auth === 'none') return next();
    const authorization = ctx.get('authorization');
    const called = authenticator.authenticate({ authorization, now: ctx.state.now });
    const actor = await (auth === 'if-valid' ? called.catch(nobodyIfBad) : called);
    if (actor === undefined && !mayBeNobody.has(auth)) throw unauthorized();
    if (auth === 'staff' && actor?.role !== 'staff') throw forbidden();
    ctx.state.actor = actor;
    return next();
  };
}

/** Knows nobody: every credential is refused. */
export const nobody: Authenticator = {
  authenticate: ({ authorization }) =>
    authorization === ''
      ? Promise.resolve(undefined)
      : Promise.reject(unauthorized('this access token is not valid')),
};
