import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import type { RunningOperator } from '../../../operator/app.ts';
import { defaultSettings, withSettings } from '../../../operator/runtime/settings.ts';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { type CapturedLine, capturedLog, repeatedLines } from '../../support/captured-log.ts';
import { withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';
import { startOperatorAs } from '../../support/operator.ts';
import { probe, samples, total } from '../../support/operator-pages.ts';
import { fallenConditions, storeHistory, versionNow } from '../../support/store-history.ts';
import { read, readyStore } from '../../support/stores.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

// The back-off of the reflectors and the lease are those of production. Only the queue's back-off is longer than the test,
// and its tries are quick, so that a reconcile which fails in the outage is not tried again by its own means.
const settings = withSettings(defaultSettings, {
  queue: { backoffBaseMs: 120_000 },
  transport: { retryBaseMs: 20, retryMaxMs: 50 },
});

/** Four tries of a reflector that doubles from 0.8 s with full jitter, on average. */
const outageMs = 8_000;
const repairedWithinMs = 10_000;

describe('an outage of the API server', () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('outage', cluster);
  let proxy: TcpProxy;
  let operator: RunningOperator;
  let client: ApiClient;
  let lines: readonly CapturedLine[];
  let since: string;

  const { get, run } = kubectlIn(cluster, namespace);

  /** What an outage must not change, and the count of connections. */
  async function stateNow() {
    const { spec } = await read(cluster(), ['lease/dhakacart-operator', '-n', 'dhakacart-system']);
    return {
      holder: spec.holderIdentity,
      transitions: spec.leaseTransitions,
      lists: await total(operator, 'kubernetes_list_total'),
      opened: proxy.counters.opened,
    };
  }

  beforeAll(async () => {
    const kubeconfig = await installOperatorRole(cluster());
    proxy = await startTcpProxy(cluster().server);
    client = apiClient(cluster().kubeconfigPath);
    const captured = capturedLog();
    lines = captured.lines;
    operator = await startOperatorAs(kubeconfigThrough(kubeconfig, proxy), {
      settings,
      log: captured.log,
    });
    await readyStore(cluster(), namespace(), 'shop', { api: {}, web: {} });
    since = await versionNow(client, namespace());
  });
  afterAll(async () => {
    await operator.stop();
    await client.close();
    await proxy.close();
  });

  const maxUnavailable = async (): Promise<unknown> =>
    (await get('pdb/shop-api'))['spec'].maxUnavailable;

  /** Edits of stores that the operator has heard of. */
  async function editsSeen(): Promise<number> {
    const triggers = await samples(operator, 'reconcile_triggered_total');
    return (
      triggers.find(({ labels }) => /DhakaCartStore.*update|update.*DhakaCartStore/.test(labels))
        ?.value ?? 0
    );
  }

  /** Edits the store and cuts the operator off while it works on that: seen, and not yet applied. */
  async function cutDuringEdit(wanted: number): Promise<void> {
    const spec = { api: { disruptionBudget: { maxUnavailable: wanted } } };
    const seen = await editsSeen();
    proxy.delay(100);
    await run('patch', 'dcs/shop', '--type=merge', '-p', JSON.stringify({ spec }));
    await eventually(async () => expect(await editsSeen()).toBe(seen + 1), { intervalMs: 5 });
    proxy.cut();
    expect(await maxUnavailable()).not.toBe(wanted);
  }
  it('is lived through by the same watches, that knock at most once a second each', async () => {
    const before = await stateNow();
    proxy.cut();
    const cutAt = performance.now();
    const good = (await get('configmap/shop-web'))['data'];
    await run('patch', 'configmap/shop-web', '-p', '{"data":{"config.json":"{}"}}');
    await run('delete', 'serviceaccount/shop-api', 'poddisruptionbudget/shop-web');
    await run('patch', 'service/shop-api', '-p', '{"spec":{"selector":{"stray":"yes"}}}');
    while (performance.now() - cutAt < outageMs) {
      expect(await probe(operator, '/healthz')).toBe(200);
      expect(await probe(operator, '/readyz')).toBe(200);
      await sleep(500);
    }
    const knocks = proxy.counters.opened - before.opened;
    const watches = (await samples(operator, 'watch_last_activity_seconds')).length;
    expect(watches).toBeGreaterThan(8);
    expect(knocks).toBeGreaterThanOrEqual(watches);
    expect(knocks).toBeLessThanOrEqual((watches * (performance.now() - cutAt)) / 1_000);

    proxy.heal();
    await eventually(
      async () => {
        expect((await get('configmap/shop-web'))['data']).toEqual(good);
        expect((await get('service/shop-api'))['spec'].selector).not.toHaveProperty('stray');
        await get('serviceaccount/shop-api');
        await get('poddisruptionbudget/shop-web');
      },
      { timeoutMs: repairedWithinMs },
    );
    const { opened: _opened, ...same } = before;
    expect(await stateNow()).toMatchObject(same);
  });

  it('does not delay an edit that it interrupted', async () => {
    const errors = (): Promise<number> =>
      total(operator, 'controller_runtime_reconcile_errors_total');
    const before = await errors();
    await cutDuringEdit(2);
    await eventually(async () => expect(await errors()).toBeGreaterThan(before));
    await sleep(settings.transport.outageMs);
    proxy.heal();
    await eventually(async () => expect(await maxUnavailable()).toBe(2), {
      timeoutMs: repairedWithinMs,
    });
  });

  it('turns no condition, panics nowhere and logs no more than a line a minute about one thing', async () => {
    expect(fallenConditions(await storeHistory(client, namespace(), since))).toEqual([]);
    expect(await total(operator, 'controller_runtime_reconcile_panics_total')).toBe(0);
    expect(lines.length).toBeGreaterThan(0);
    expect(repeatedLines(lines)).toEqual([]);
  });
});
