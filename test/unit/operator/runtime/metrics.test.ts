import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { RuntimeMetrics } from '../../../../operator/runtime/metrics.ts';
import { httpFailure } from '../../../support/scripted-client.ts';

function someMetrics() {
  const registry = new Registry();
  const metrics = new RuntimeMetrics({ registry, controller: 'shop', leaseName: 'operator' });
  const value = async (name: string, labels: Record<string, string> = {}) => {
    const { values = [] } = (await registry.getSingleMetric(name)?.get()) ?? {};
    return values.find((one) =>
      Object.entries(labels).every(([label, wanted]) => one.labels[label] === wanted),
    )?.value;
  };
  return { registry, metrics, value };
}

const sampled = {
  runningAgesMs: () => [1_000, 4_000],
  watchAgesMs: () => [{ kind: 'Secret', namespace: undefined, ageMs: 12_000 }],
  isLeading: () => true,
};

describe('the metrics of the runtime', () => {
  it('forget a watch that has ended for good', async () => {
    const { metrics, value } = someMetrics();
    let kinds = ['Secret', 'HTTPRoute'];
    const watchAgesMs = () => kinds.map((kind) => ({ kind, namespace: undefined, ageMs: 1_000 }));
    metrics.sample({ ...sampled, watchAgesMs }, 10);
    expect(await value('watch_last_activity_seconds', { kind: 'HTTPRoute' })).toBe(1);
    kinds = ['Secret'];
    expect(await value('watch_last_activity_seconds', { kind: 'HTTPRoute' })).toBeUndefined();
    expect(await value('watch_last_activity_seconds', { kind: 'Secret' })).toBe(1);
  });

  it('tell the watches of several namespaces apart', async () => {
    const { metrics, value } = someMetrics();
    const watchAgesMs = () => [
      { kind: 'Secret', namespace: 'a', ageMs: 1_000 },
      { kind: 'Secret', namespace: 'b', ageMs: 2_000 },
    ];
    metrics.sample({ ...sampled, watchAgesMs }, 10);
    const age = (namespace: string) =>
      value('watch_last_activity_seconds', { kind: 'Secret', namespace });
    expect([await age('a'), await age('b')]).toEqual([1, 2]);
  });

  it('have the names that dashboards for controller-runtime know', async () => {
    const { registry, metrics } = someMetrics();
    metrics.sample(sampled, 10);
    const names = registry.getMetricsAsArray().map(({ name }) => name);
    expect(names.toSorted()).toEqual([
      'controller_runtime_active_workers',
      'controller_runtime_max_concurrent_reconciles',
      'controller_runtime_reconcile_errors_total',
      'controller_runtime_reconcile_panics_total',
      'controller_runtime_reconcile_time_seconds',
      'controller_runtime_reconcile_timeouts_total',
      'controller_runtime_reconcile_total',
      'controller_runtime_terminal_reconcile_errors_total',
      'kubernetes_list_total',
      'kubernetes_watch_events_total',
      'kubernetes_watch_failures_total',
      'leader_election_master_status',
      'objects_applied_total',
      'reconcile_triggered_total',
      'rest_client_requests_total',
      'watch_last_activity_seconds',
      'workqueue_adds_total',
      'workqueue_depth',
      'workqueue_longest_running_processor_seconds',
      'workqueue_queue_duration_seconds',
      'workqueue_rejected_total',
      'workqueue_retries_total',
      'workqueue_unfinished_work_seconds',
      'workqueue_work_duration_seconds',
    ]);
    const text = await registry.metrics();
    expect(text).toContain('leader_election_master_status{name="operator",controller="shop"} 1');
  });

  it.each([
    ['success', 'success', 0, 0],
    ['requeue_after', 'requeue_after', 0, 0],
    ['waiting', 'requeue_after', 0, 0],
    ['transient', 'error', 1, 0],
    ['terminal', 'error', 1, 1],
  ] as const)('count a run that ended as %s', async (outcome, result, errors, terminalErrors) => {
    const { metrics, value } = someMetrics();
    metrics.started(500, 1);
    metrics.finished(outcome, 2_000, 0);
    expect(await value('controller_runtime_reconcile_total', { result })).toBe(1);
    expect(await value('controller_runtime_reconcile_errors_total')).toBe(errors);
    expect(await value('controller_runtime_terminal_reconcile_errors_total')).toBe(terminalErrors);
    expect(await value('controller_runtime_active_workers')).toBe(0);
  });

  it('are in seconds', async () => {
    const { registry, metrics } = someMetrics();
    metrics.started(500, 1);
    metrics.finished('success', 2_000, 0);
    const text = await registry.metrics();
    expect(text).toContain('workqueue_queue_duration_seconds_sum{controller="shop"} 0.5');
    expect(text).toContain('workqueue_work_duration_seconds_sum{controller="shop"} 2');
    expect(text).toContain('controller_runtime_reconcile_time_seconds_sum{controller="shop"} 2');
  });

  it('add up the depths of both priorities', async () => {
    const { metrics, value } = someMetrics();
    metrics.depth('user', 2);
    metrics.depth('background', 5);
    metrics.depth('user', 1);
    expect(await value('workqueue_depth')).toBe(6);
  });

  it('read sampled values at each scrape', async () => {
    const { metrics, value } = someMetrics();
    let ages: number[] = [];
    metrics.sample({ ...sampled, runningAgesMs: () => ages, isLeading: () => false }, 10);
    expect(await value('workqueue_longest_running_processor_seconds')).toBe(0);
    ages = [1_000, 4_000];
    expect(await value('workqueue_longest_running_processor_seconds')).toBe(4);
    expect(await value('workqueue_unfinished_work_seconds')).toBe(5);
    expect(await value('controller_runtime_max_concurrent_reconciles')).toBe(10);
    expect(await value('leader_election_master_status')).toBe(0);
    expect(await value('watch_last_activity_seconds', { kind: 'Secret' })).toBe(12);
  });

  it('count what else the runtime tells', async () => {
    const { metrics, value } = someMetrics();
    metrics.added();
    metrics.rejected();
    metrics.retried();
    metrics.timedOut();
    metrics.panicked();
    metrics.requestFinished({ method: 'GET', code: 200 });
    metrics.requestFinished({ method: 'GET', code: 0 });
    metrics.listed('Secret');
    metrics.watchEvent('Secret', 'BOOKMARK');
    metrics.failed('Secret', { error: httpFailure(410, 'Expired') });
    metrics.failed('Secret', { error: new Error('no reason') });
    metrics.triggered('Secret', 'update');
    metrics.applied('Secret', 'created');
    const expected: [string, Record<string, string>][] = [
      ['workqueue_adds_total', {}],
      ['workqueue_rejected_total', {}],
      ['workqueue_retries_total', {}],
      ['controller_runtime_reconcile_timeouts_total', {}],
      ['controller_runtime_reconcile_panics_total', {}],
      ['rest_client_requests_total', { method: 'GET', code: '200' }],
      ['rest_client_requests_total', { method: 'GET', code: '<error>' }],
      ['kubernetes_list_total', { kind: 'Secret' }],
      ['kubernetes_watch_events_total', { kind: 'Secret', type: 'BOOKMARK' }],
      ['kubernetes_watch_failures_total', { kind: 'Secret', reason: 'Expired' }],
      ['kubernetes_watch_failures_total', { kind: 'Secret', reason: 'Unknown' }],
      ['reconcile_triggered_total', { triggered_by: 'Secret', action: 'update' }],
      ['objects_applied_total', { kind: 'Secret', result: 'created' }],
    ];
    for (const [name, labels] of expected) expect(await value(name, labels), name).toBe(1);
  });
});
