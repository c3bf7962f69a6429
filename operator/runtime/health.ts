// What the kubelet's probes are told. Live means that the process can still do its work, whatever the state of the
// cluster: an API server that is away must not restart the operator. Ready means that its caches are filled.
import type { RuntimeSettings } from './settings.ts';

/** One named check; `problem` is undefined when it passes, and `note` is what is to be told then all the same. */
export interface HealthCheck {
  readonly name: string;
  readonly problem: string | undefined;
  readonly note?: string;
}

/** What liveness is judged by, in milliseconds. */
export interface LivenessSnapshot {
  readonly eventLoopLagMs: number;
  /** Undefined without leader election. */
  readonly leaseLoopAgeMs: number | undefined;
  /** Since the reflector that was silent for longest did anything, also failing and pausing. */
  readonly oldestWatchLoopAgeMs: number;
}

function limited(name: string, valueMs: number | undefined, limitMs: number): HealthCheck {
  const isOver = valueMs !== undefined && valueMs > limitMs;
  return { name, problem: isOver ? `${Math.round(valueMs)} ms, limit ${limitMs} ms` : undefined };
}

/** Judges liveness. Pure. */
export function livenessChecks(
  snapshot: LivenessSnapshot,
  limits: RuntimeSettings['health'],
): readonly HealthCheck[] {
  return [
    limited('event-loop', snapshot.eventLoopLagMs, limits.maxEventLoopLagMs),
    limited('lease-loop', snapshot.leaseLoopAgeMs, limits.maxLeaseLoopAgeMs),
    limited('watches', snapshot.oldestWatchLoopAgeMs, limits.maxWatchAgeMs),
  ];
}

/** One line for each check, as `kubectl get --raw /readyz?verbose` has it. Pure. */
export function healthReport(checks: readonly HealthCheck[]): {
  readonly isHealthy: boolean;
  readonly text: string;
} {
  const lines = checks.map(({ name, problem, note }) =>
    problem === undefined
      ? `[+] ${name} ok${note === undefined ? '' : `, but ${note}`}`
      : `[-] ${name} failed: ${problem}`,
  );
  return {
    isHealthy: checks.every(({ problem }) => problem === undefined),
    text: `${lines.join('\n')}\n`,
  };
}
