import type { ApiMetrics } from '../metrics.ts';
import { problemOf } from './error-boundary.ts';
import type { Middleware } from './request-state.ts';

/** Counts and times each request under its route template. */
export function requestMetrics(metrics: ApiMetrics): Middleware {
  return async (ctx, next) => {
    const startedAt = performance.now();
    let status = 500;
    metrics.requestStarted();
    try {
      await next();
      status = ctx.status;
    } catch (error) {
      status = problemOf(error).status;
      throw error;
    } finally {
      metrics.requestFinished({
        method: ctx.method,
        route: ctx.state.route?.path ?? 'unmatched',
        status,
        durationSeconds: (performance.now() - startedAt) / 1000,
      });
    }
  };
}
