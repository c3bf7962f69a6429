// Rate, errors and duration of requests, saturation of the process and of the database pool. Labels are route
// templates, never paths: a stranger cannot make series (https://prometheus.io/docs/practices/naming/#labels).
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds; the lowest is the cached answer, the highest the request timeout. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

/** One finished request. */
export interface FinishedRequest {
  readonly method: string;
  /** Route template, or `unmatched`. */
  readonly route: string;
  readonly status: number;
  readonly durationSeconds: number;
}

/** What the request path records. */
export interface ApiMetrics {
  readonly registry: Registry;
  requestStarted(): void;
  requestFinished(request: FinishedRequest): void;
}

/** Numbers of a connection pool. */
export interface PoolNumbers {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Registers the metrics of the API. `withProcess` adds the default ones of Node, which tests leave out. */
export function createMetrics(withProcess: boolean): ApiMetrics {
  const registry = new Registry();
  if (withProcess) collectDefaultMetrics({ register: registry });
  const labelNames = ['method', 'route', 'status'];
  const inFlight = new Gauge({
    name: 'dhakacart_api_requests_in_flight',
    help: 'Requests being answered now.',
    registers: [registry],
  });
  const requests = new Counter({
    name: 'dhakacart_api_requests_total',
    help: 'Requests answered.',
    labelNames,
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'dhakacart_api_request_duration_seconds',
    help: 'Time from the first middleware to the answer.',
    labelNames: ['method', 'route'],
    buckets: durationBuckets,
    registers: [registry],
  });
  return {
    registry,
    requestStarted: () => inFlight.inc(),
    requestFinished: ({ method, route, status, durationSeconds }) => {
      const known = knownMethods.has(method) ? method : 'other';
      inFlight.dec();
      requests.inc({ method: known, route, status });
      duration.observe({ method: known, route }, durationSeconds);
    },
  };
}

/** What accounts and limits record. */
export interface AccountMetrics {
  readonly signIn: (outcome: string) => void;
  readonly limitDecision: (limitClass: string, isAllowed: boolean) => void;
  readonly limitStoreFailed: () => void;
}

/** Registers the metrics of accounts and limits. Labels are words of ours, never of a request. */
export function accountMetrics(registry: Registry): AccountMetrics {
  const signIns = new Counter({
    name: 'dhakacart_api_sign_ins_total',
    help: 'Attempts to sign in: ok, refused, limited, failed (no database, or too many at once).',
    labelNames: ['outcome'],
    registers: [registry],
  });
  const decisions = new Counter({
    name: 'dhakacart_api_rate_limit_decisions_total',
    help: 'Requests counted by a limit of their class: allowed, limited.',
    labelNames: ['class', 'decision'],
    registers: [registry],
  });
  const failures = new Counter({
    name: 'dhakacart_api_rate_limit_store_failures_total',
    help: 'Events that were counted in memory, since the shared counters were away.',
    registers: [registry],
  });
  return {
    signIn: (outcome) => signIns.inc({ outcome }),
    limitDecision: (limitClass, isAllowed) =>
      decisions.inc({ class: limitClass, decision: isAllowed ? 'allowed' : 'limited' }),
    limitStoreFailed: () => failures.inc(),
  };
}

/** Registers gauges of the database pool, read at each scrape. */
export function registerPoolMetrics(registry: Registry, numbers: () => PoolNumbers): void {
  const gauge = new Gauge({
    name: 'dhakacart_api_database_connections',
    help: 'Connections to the database: total and idle; waiting counts requests without one.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const [state, value] of Object.entries(numbers())) gauge.set({ state }, value);
    },
  });
}
