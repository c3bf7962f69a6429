// Finds the route of a request; the middlewares that need the declaration run after it.
import { Router } from 'koa-router';
import { HttpProblem, invalidRequest, notFound } from '../errors.ts';
import { hasForbiddenCharacter } from '../routing/request-query.ts';
import type { Route } from '../routing/route.ts';
import type { Middleware, RequestContext, RequestState } from './request-state.ts';

function checkPath(path: string): void {
  let text: string;
  try {
    text = decodeURIComponent(path);
  } catch {
    throw invalidRequest('the path cannot be read', [
      { in: 'params', path: '', message: 'bad percent-encoding' },
    ]);
  }
  if (hasForbiddenCharacter(text)) {
    throw invalidRequest('the path cannot be read', [
      { in: 'params', path: '', message: 'has a control character' },
    ]);
  }
}

function answerOthers(ctx: RequestContext, declared: readonly string[]): void {
  if (declared.length === 0) throw notFound();
  const methods = declared.includes('GET') ? [...declared, 'HEAD'] : declared;
  const allow = [...new Set([...methods, 'OPTIONS'])].toSorted().join(', ');
  if (ctx.method !== 'OPTIONS') {
    throw new HttpProblem([405, 'method-not-allowed'], `${ctx.method} is not possible here`, {
      headers: { allow },
    });
  }
  ctx.set('allow', allow);
  ctx.status = 204;
}

/**
 * Puts the declared route into the state and runs `steps` for it; answers 404, 405 and OPTIONS itself.
 * @throws Error when two routes have the same method and path
 */
export function routeTable(routes: readonly Route[], steps: readonly Middleware[]): Middleware {
  const router = new Router<RequestState>({ sensitive: true, strict: true });
  const names = new Set<string>();
  for (const route of routes) {
    const name = `${route.method} ${route.path}`;
    if (names.has(name)) throw new Error(`route ${name} is declared twice`);
    names.add(name);
    const enter: Middleware = (ctx, next) => {
      ctx.state.route = route;
      ctx.state.params = (ctx as unknown as { params: Record<string, string> }).params;
      return next();
    };
    router.register(route.path, [route.method], [enter, ...steps] as never);
  }
  const dispatch = router.routes() as unknown as Middleware;
  return async (ctx) => {
    checkPath(ctx.path);
    await dispatch(ctx, async () => {
      const { path } = router.match(ctx.path, ctx.method);
      answerOthers(ctx, [...new Set(path.flatMap(({ methods }) => methods))]);
    });
  };
}
