import { describe, expect, it } from 'vitest';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { type MetricsApi, serveMetricsApi } from '../../support/metrics-api.ts';
import { withOperator } from '../../support/operator.ts';
import { condition, read, readyStore } from '../../support/stores.ts';

const hpaSyncPeriodSeconds = 5;

/** A minute, with the controller's usual 15 s between two looks: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/ */
const firstPodsWithinMs = 60_000 - (15 - hpaSyncPeriodSeconds) * 1_000;

/** Down at the next look; up as the default has it. */
const eagerDown = {
  scaleDown: {
    stabilizationWindowSeconds: 0,
    policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  },
};

/** A pod asks for 250m and is aimed at 70 % of it, so that 525m are what three pods are for, and 1750m what ten are for. */
const quiet = {
  api: { milliCpu: 480, mebibytesEach: 100 },
  web: { milliCpu: 30, mebibytesEach: 20 },
};
const rush = { ...quiet, api: { milliCpu: 1_740, mebibytesEach: 100 } };
const crush = { ...quiet, api: { milliCpu: 4_000, mebibytesEach: 100 } };

const patience = { timeoutMs: 90_000, intervalMs: 250 };

describe('a shop whose load the autoscaler of the cluster sees', { timeout: 240_000 }, () => {
  const cluster = withOwnCluster({ hpaSyncPeriodSeconds });
  // Seldomer than the autoscaler looks, which so tells of its success before the operator knows the API.
  withOperator(cluster, { capabilities: { refreshMs: 3 * hpaSyncPeriodSeconds * 1_000 } });
  const namespace = withNamespace('busy', cluster);
  let metrics: MetricsApi;

  const store = () => read(cluster(), ['dcs/busy', '-n', namespace()]);
  const availablePods = async (): Promise<number> =>
    (await read(cluster(), ['deployment/busy-api', '-n', namespace()]))['status'].availableReplicas;

  it('says that it cannot be scaled until the cluster has metrics', async () => {
    await readyStore(cluster(), namespace(), 'busy', {
      api: { autoscaling: { behavior: eagerDown } },
    });
    expect(condition(await store(), 'AutoscalingReady')).toMatchObject({
      status: 'False',
      reason: 'MetricsUnavailable',
      message: expect.stringContaining('install metrics-server'),
    });

    metrics = await serveMetricsApi(cluster(), quiet);

    await eventually(async () => {
      expect(condition(await store(), 'AutoscalingReady')).toMatchObject({
        status: 'True',
        message: 'HorizontalPodAutoscaler of api and web scales by load',
      });
    }, patience);
    expect(await availablePods()).toBe(3);
  });

  it('gets its first new pods within a minute, ten in the end, and says when it would need more', async () => {
    const startedAt = performance.now();
    metrics.use = rush;
    await eventually(async () => expect(await availablePods()).toBeGreaterThan(3), patience);
    expect(performance.now() - startedAt).toBeLessThan(firstPodsWithinMs);
    await eventually(async () => expect(await availablePods()).toBe(10), patience);

    metrics.use = crush;
    await eventually(async () => {
      const { autoscaling } = (await store())['status'];
      expect(autoscaling.api).toEqual({ current: 10, desired: 10, min: 3, max: 10, limited: true });
    }, patience);
    expect(condition(await store(), 'Ready')).toMatchObject({ status: 'True' });
  });

  it('gives them back when the shoppers have gone', async () => {
    metrics.use = quiet;
    await eventually(async () => {
      const { autoscaling, components } = (await store())['status'];
      expect(autoscaling.api).toEqual({ current: 3, desired: 3, min: 3, max: 10, limited: false });
      expect(components.api.pods).toBe('3/3');
    }, patience);
  });

  it('goes on selling when the metrics go, and says so', async () => {
    await metrics.remove();
    await eventually(async () => {
      const now = await store();
      expect(condition(now, 'AutoscalingReady')).toMatchObject({ reason: 'MetricsUnavailable' });
      expect(condition(now, 'Ready')).toMatchObject({ status: 'True' });
    }, patience);
    await mustRun(cluster(), ['get', 'hpa/busy-api', '-n', namespace()]);
  });
});
