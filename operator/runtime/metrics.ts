// Metrics under controller-runtime's names, so that dashboards and alerts made for any operator fit this one too:
// https://book.kubebuilder.io/reference/metrics-reference.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { WatchEvent } from './api-client.ts';
import type { QueueObserver, RunOutcome } from './queue-observer.ts';
import type { Priority } from './queue-state.ts';
import type { ReflectorObserver } from './reflector.ts';
import type { TransportObserver } from './transport.ts';

/** controller-runtime's own buckets, pkg/internal/controller/metrics. */
const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
  1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1, 10, 100, 1000];

/** How long a watch has been silent. */
export interface WatchAge {
  readonly kind: string;
  /** Undefined for a watch of all namespaces. */
  readonly namespace: string | undefined;
  readonly ageMs: number;
}

/** Values that are read at each scrape. */
export interface SampledValues {
  readonly runningAgesMs: () => readonly number[];
  readonly watchAgesMs: () => readonly WatchAge[];
  readonly isLeading: () => boolean;
}

const resultOf: Readonly<Record<RunOutcome, string>> = {
  success: 'success',
  requeue_after: 'requeue_after',
  waiting: 'requeue_after',
  transient: 'error',
  terminal: 'error',
};

/** All metrics of the runtime. */
export class RuntimeMetrics implements QueueObserver, ReflectorObserver, TransportObserver {
  readonly #registry: Registry;
  readonly #leaseName: string;
  readonly #depths: Record<Priority, number> = { user: 0, background: 0 };
  readonly #reconciles: Counter<'result'>;
  readonly #errors: Counter;
  readonly #terminalErrors: Counter;
  readonly #panics: Counter;
  readonly #timeouts: Counter;
  readonly #durations: Histogram;
  readonly #activeWorkers: Gauge;
  readonly #depth: Gauge;
  readonly #adds: Counter;
  readonly #rejected: Counter;
  readonly #retries: Counter;
  readonly #queueDurations: Histogram;
  readonly #workDurations: Histogram;
  readonly #requests: Counter<'method' | 'code'>;
  readonly #watchEvents: Counter<'kind' | 'type'>;
  readonly #watchFailures: Counter<'kind' | 'reason'>;
  readonly #lists: Counter<'kind'>;
  readonly #triggers: Counter<'triggered_by' | 'action'>;
  readonly #applies: Counter<'kind' | 'result'>;

  constructor(options: {
    readonly registry: Registry;
    readonly controller: string;
    /** Label of the leader's gauge; the controller's name when absent. */
    readonly leaseName?: string;
  }) {
    this.#registry = options.registry;
    this.#leaseName = options.leaseName ?? options.controller;
    this.#registry.setDefaultLabels({ controller: options.controller });
    this.#reconciles = this.#counter(
      'controller_runtime_reconcile_total',
      'Reconciles by result.',
      ['result'],
    );
    this.#errors = this.#counter(
      'controller_runtime_reconcile_errors_total',
      'Reconciles that failed.',
    );
    this.#terminalErrors = this.#counter(
      'controller_runtime_terminal_reconcile_errors_total',
      'Reconciles that failed and are not retried.',
    );
    this.#panics = this.#counter(
      'controller_runtime_reconcile_panics_total',
      'Programming errors met.',
    );
    this.#timeouts = this.#counter(
      'controller_runtime_reconcile_timeouts_total',
      'Runs past their deadline.',
    );
    this.#durations = this.#histogram(
      'controller_runtime_reconcile_time_seconds',
      reconcileBuckets,
    );
    this.#activeWorkers = this.#gauge('controller_runtime_active_workers', 'Runs in progress.');
    this.#depth = this.#gauge('workqueue_depth', 'Keys that wait for a place.');
    this.#adds = this.#counter('workqueue_adds_total', 'Keys added.');
    this.#rejected = this.#counter(
      'workqueue_rejected_total',
      'Keys refused by a full or draining queue.',
    );
    this.#retries = this.#counter(
      'workqueue_retries_total',
      'Keys that came back after a failure.',
    );
    this.#queueDurations = this.#histogram('workqueue_queue_duration_seconds', queueBuckets);
    this.#workDurations = this.#histogram('workqueue_work_duration_seconds', queueBuckets);
    this.#requests = this.#counter('rest_client_requests_total', 'Requests to the API server.', [
      'method',
      'code',
    ]);
    this.#watchEvents = this.#counter('kubernetes_watch_events_total', 'Lines of watches.', [
      'kind',
      'type',
    ]);
    this.#watchFailures = this.#counter(
      'kubernetes_watch_failures_total',
      'Lists and watches that failed.',
      ['kind', 'reason'],
    );
    this.#lists = this.#counter('kubernetes_list_total', 'Whole lists.', ['kind']);
    this.#triggers = this.#counter('reconcile_triggered_total', 'What asked for reconciles.', [
      'triggered_by',
      'action',
    ]);
    this.#applies = this.#counter('objects_applied_total', 'Applied objects by result.', [
      'kind',
      'result',
    ]);
  }

  /** Registers the values that are read at each scrape. */
  sample(values: SampledValues, maxConcurrent: number): void {
    const sampled = (name: string, help: string, read: () => number): void => {
      const gauge: Gauge = this.#gauge(name, help, () => gauge.set(read()));
    };
    const ages = values.runningAgesMs;
    sampled(
      'controller_runtime_max_concurrent_reconciles',
      'Most runs at once.',
      () => maxConcurrent,
    );
    sampled(
      'workqueue_unfinished_work_seconds',
      'Sum of the ages of all runs.',
      () => sum(ages()) / 1000,
    );
    sampled(
      'workqueue_longest_running_processor_seconds',
      'Age of the oldest run.',
      () => Math.max(0, ...ages()) / 1000,
    );
    const leading: Gauge<'name'> = new Gauge({
      name: 'leader_election_master_status',
      help: '1 while this replica leads.',
      labelNames: ['name'],
      registers: [this.#registry],
      collect: () => {
        leading.set({ name: this.#leaseName }, values.isLeading() ? 1 : 0);
      },
    });
    const watchAge = new Gauge({
      name: 'watch_last_activity_seconds',
      help: 'Time since a watch last said anything.',
      labelNames: ['kind', 'namespace'],
      registers: [this.#registry],
      collect: () => {
        watchAge.reset(); // a watch may have ended for good
        for (const { kind, namespace, ageMs } of values.watchAgesMs()) {
          watchAge.set({ kind, ...(namespace && { namespace }) }, ageMs / 1000);
        }
      },
    });
  }

  added(): void {
    this.#adds.inc();
  }

  rejected(): void {
    this.#rejected.inc();
  }

  depth(priority: Priority, size: number): void {
    this.#depths[priority] = size;
    this.#depth.set(this.#depths.user + this.#depths.background);
  }

  started(waitedMs: number, active: number): void {
    this.#queueDurations.observe(waitedMs / 1000);
    this.#activeWorkers.set(active);
  }

  finished(outcome: RunOutcome, durationMs: number, active: number): void {
    this.#activeWorkers.set(active);
    this.#durations.observe(durationMs / 1000);
    this.#workDurations.observe(durationMs / 1000);
    this.#reconciles.inc({ result: resultOf[outcome] });
    if (outcome === 'transient' || outcome === 'terminal') this.#errors.inc();
    if (outcome === 'terminal') this.#terminalErrors.inc();
  }

  retried(): void {
    this.#retries.inc();
  }

  timedOut(): void {
    this.#timeouts.inc();
  }

  panicked(): void {
    this.#panics.inc();
  }

  requestFinished(request: { readonly method: string; readonly code: number }): void {
    this.#requests.inc({
      method: request.method,
      code: request.code === 0 ? '<error>' : String(request.code),
    });
  }

  listed(kind: string): void {
    this.#lists.inc({ kind });
  }

  watchEvent(kind: string, type: WatchEvent['type']): void {
    this.#watchEvents.inc({ kind, type });
  }

  failed(kind: string, failure: { readonly error: Error }): void {
    const { reason = 'Unknown' } = failure.error as { reason?: string };
    this.#watchFailures.inc({ kind, reason });
  }

  /** A change of a kind asked for a reconcile. */
  triggered(by: string, action: 'add' | 'update' | 'delete'): void {
    this.#triggers.inc({ triggered_by: by, action });
  }

  /** An apply ended. */
  applied(kind: string, result: string): void {
    this.#applies.inc({ kind, result });
  }

  #counter<Label extends string = never>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #gauge(name: string, help: string, collect?: () => void): Gauge {
    return new Gauge({ name, help, registers: [this.#registry], ...(collect && { collect }) });
  }

  #histogram(name: string, buckets: number[]): Histogram {
    return new Histogram({
      name,
      help: `${name.replaceAll('_', ' ')}.`,
      buckets,
      registers: [this.#registry],
    });
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
