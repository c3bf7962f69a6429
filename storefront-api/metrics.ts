// Rate, errors and duration of requests, saturation of the process and of the database pool. Labels are route
// templates, never paths: a stranger cannot make series (https://prometheus.io/docs/practices/naming/#labels).
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { type RequestSeries, RequestSeriesTable, type SeriesLabels } from './request-series.ts';

export type { RequestSeries } from './request-series.ts';

/** One finished request; without a route it is `unmatched`. */
export interface FinishedRequest extends SeriesLabels {
  readonly durationSeconds: number;
}

/** What the request path records. */
export interface ApiMetrics {
  readonly registry: Registry;
  requestStarted(): void;
  requestFinished(request: FinishedRequest): void;
  /** Counts requests that are answered at once, so are never in flight. */
  series(labels: SeriesLabels): RequestSeries;
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
  const inFlight = new Gauge({
    name: 'dhakacart_api_requests_in_flight',
    help: 'Requests being answered now.',
    registers: [registry],
  });
  const table = new RequestSeriesTable(registry);
  const seriesOf = ({ method, route, status }: SeriesLabels): RequestSeries =>
    table.of({ method: knownMethods.has(method) ? method : 'other', route, status });
  return {
    registry,
    requestStarted: () => inFlight.inc(),
    requestFinished: ({ durationSeconds, ...labels }) => {
      inFlight.dec();
      seriesOf(labels).observe(durationSeconds);
    },
    series: seriesOf,
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

/** How busy the process is. */
export interface LoadNumbers {
  readonly eventLoopDelaySeconds: number;
  readonly admissionLimit: number;
  readonly refused: number;
}

/** Registers what tells of overload, read at each scrape. */
export function registerLoadMetrics(registry: Registry, numbers: () => LoadNumbers): void {
  const gauge = (name: string, help: string, value: () => number): void => {
    const created: Gauge = new Gauge({
      name,
      help,
      registers: [registry],
      collect: () => created.set(value()),
    });
  };
  gauge(
    'dhakacart_api_event_loop_delay_seconds',
    'Delay of the event loop, 99th percentile of the last half second.',
    () => numbers().eventLoopDelaySeconds,
  );
  gauge(
    'dhakacart_api_admission_limit',
    'Requests that may be at work; it shrinks while the event loop is late.',
    () => numbers().admissionLimit,
  );
  let counted = 0;
  const refused = new Counter({
    name: 'dhakacart_api_requests_refused_total',
    help: 'Requests answered with 503 because too many were at work.',
    registers: [registry],
    collect() {
      const total = numbers().refused;
      refused.inc(total - counted);
      counted = total;
    },
  });
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
