// What /healthz, /readyz and /metrics answer.
import type { Registry } from 'prom-client';
import type { CrdGate } from './controller/crd-gate.ts';
import type { StoreWatches } from './controller/watches.ts';
import type { EventLoopLag } from './runtime/event-loop-lag.ts';
import { type HealthCheck, healthReport, livenessChecks } from './runtime/health.ts';
import type { LeaderElector } from './runtime/lease.ts';
import type { RuntimeSettings } from './runtime/settings.ts';
import type { Page, Pages } from './server.ts';

/** Whom the probes ask. */
export interface ProbedParts {
  readonly gate: CrdGate;
  readonly watches: StoreWatches;
  readonly elector: LeaderElector | undefined;
  readonly lag: EventLoopLag;
}

function page(checks: readonly HealthCheck[]): Page {
  const { isHealthy, text } = healthReport(checks);
  return { status: isHealthy ? 200 : 503, contentType: 'text/plain; charset=utf-8', body: text };
}

/** Watches that were never started cannot be late: they wait for the CRD. */
function oldestWatchLoopAgeMs({ gate, watches }: ProbedParts): number {
  if (gate.problem !== undefined) return 0;
  return Math.max(...watches.reflectors().map(({ loopAgeMs }) => loopAgeMs));
}

/** A namespace that cannot be served is told of, and takes nothing from the others. */
function cachesCheck({ watches }: Pick<ProbedParts, 'watches'>): HealthCheck {
  const name = 'caches';
  const problems = watches.problems();
  if (problems.length === 0) return { name, problem: undefined };
  const text = problems.map(({ message }) => message).join('; ');
  return watches.isServingAny()
    ? { name, problem: undefined, note: text }
    : { name, problem: text };
}

function readinessChecks(parts: ProbedParts): readonly HealthCheck[] {
  return [{ name: 'crd', problem: parts.gate.problem }, cachesCheck(parts)];
}

/** The probes of the kubelet. */
export function probePages(parts: ProbedParts, limits: RuntimeSettings['health']): Pages {
  return {
    '/healthz': () =>
      page(
        livenessChecks(
          {
            eventLoopLagMs: parts.lag.takeMaxMs(),
            leaseLoopAgeMs: parts.elector?.loopAgeMs,
            oldestWatchLoopAgeMs: oldestWatchLoopAgeMs(parts),
          },
          limits,
        ),
      ),
    '/readyz': () => page(readinessChecks(parts)),
  };
}

/** The scrape of Prometheus. */
export function metricsPages(registry: Registry): Pages {
  return {
    '/metrics': async () => ({
      status: 200,
      contentType: registry.contentType,
      body: await registry.metrics(),
    }),
  };
}
