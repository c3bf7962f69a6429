// Optional APIs come and go under a running operator, with the CRDs as their projects publish them.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import type { RunningOperator } from '../../../operator/app.ts';
import { defaultSettings } from '../../../operator/runtime/settings.ts';
import { capturedLog } from '../../support/captured-log.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { startOperatorAs } from '../../support/operator.ts';
import { probe, samples, total } from '../../support/operator-pages.ts';
import { installPublishedCrds, removePublishedCrds } from '../../support/published-crds.ts';
import { readyStore } from '../../support/stores.ts';

const kinds = ['Gateway', 'GatewayClass', 'HTTPRoute', 'ListenerSet'];

/** What the contract gives the operator to notice. */
const noticeMs = 60_000;

describe('an optional API', { timeout: 200_000 }, () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('optional', cluster);
  const { log, lines } = capturedLog();
  let operator: RunningOperator;
  beforeAll(async () => {
    const kubeconfig = await installOperatorRole(cluster());
    operator = await startOperatorAs(kubeconfig, { settings: defaultSettings, log });
  }, 400_000);
  afterAll(() => operator?.stop());

  const watched = async (): Promise<readonly string[]> => {
    const found = (await samples(operator, 'watch_last_activity_seconds')).map(
      ({ labels }) => /kind="(\w+)"/.exec(labels)?.[1] ?? '',
    );
    return kinds.filter((kind) => found.includes(kind));
  };
  const watchedAre = (expected: readonly string[]): Promise<void> =>
    eventually(async () => expect(await watched()).toEqual(expected), { timeoutMs: noticeMs });

  it('is not missed while it is absent', async () => {
    await readyStore(cluster(), namespace(), 'shop');
    expect(await watched()).toEqual([]);
    expect(await probe(operator, '/readyz')).toBe(200);
  });

  it('is watched from its arrival on', async () => {
    await installPublishedCrds(cluster(), 'gateway-api');
    await watchedAre(kinds);
  });

  it('is watched no more when it goes, and again when it is back', async () => {
    await removePublishedCrds(cluster(), 'gateway-api');
    await watchedAre([]);
    await installPublishedCrds(cluster(), 'gateway-api');
    await watchedAre(kinds);
  });

  it('costs neither a failure nor a line of warning, and the store does not notice', async () => {
    expect(lines).toEqual([]);
    expect(await total(operator, 'controller_runtime_reconcile_errors_total')).toBe(0);
    expect([await probe(operator, '/readyz'), await probe(operator, '/healthz')]).toEqual([
      200, 200,
    ]);
    await mustRun(cluster(), ['wait', '--for=condition=Ready', 'dcs/shop', '-n', namespace()]);
  });
});
