// The second signal to an operator that cannot end by itself, with the real program.
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';
import { OperatorProcess } from '../../support/operator.ts';
import { list, storeManifest } from '../../support/stores.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

/** Far below the drain of 15 s, and far above what an exit takes where others use the cores. */
const atOnceMs = 5_000;

describe('an operator that is told to end twice', () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('stop', cluster);
  let kubeconfig = '';
  let proxy: TcpProxy;
  let operator: OperatorProcess | undefined;

  function startOperator(): OperatorProcess {
    operator = new OperatorProcess(kubeconfigThrough(kubeconfig, proxy));
    return operator;
  }

  async function applyStore(image: string): Promise<void> {
    const store = storeManifest('shop', namespace(), { web: { image } });
    await mustRun(cluster(), ['apply', '-f', '-'], store);
  }

  /** How many Deployments run an image. */
  async function countWith(image: string): Promise<number> {
    const deployments = await list(cluster(), 'deployments', ['-n', namespace()]);
    return deployments.filter((deployment) =>
      JSON.stringify(deployment['spec'].template).includes(`"${image}"`),
    ).length;
  }

  beforeAll(async () => {
    kubeconfig = await installOperatorRole(cluster());
    proxy = await startTcpProxy(cluster().address.server);
  }, 400_000);
  afterEach(async () => {
    await operator?.end('SIGKILL');
    // The next one has never seen the Lease, so it need not wait until that of a killed process is over.
    const lease = ['lease/dhakacart-operator', '-n', 'dhakacart-system', '--ignore-not-found'];
    await mustRun(cluster(), ['delete', ...lease]);
  });
  afterAll(() => proxy?.close());

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends at once at the second %s',
    async (signal) => {
      const image = `example.com/web:${signal.toLowerCase()}`;
      await applyStore(image);
      const { child } = startOperator();
      await eventually(async () => expect(await countWith(image)).toBe(1));

      // Now nothing ends by itself: neither a run nor the release of the lease.
      proxy.stall();
      const exited = once(child, 'exit');
      child.kill(signal);
      await eventually(() => expect(operator?.output).toContain('a second signal ends'));
      expect(child.exitCode).toBeNull();
      const startedAt = performance.now();
      child.kill(signal);
      expect(await exited).toEqual([1, null]);
      expect(performance.now() - startedAt).toBeLessThan(atOnceMs);
      proxy.heal();
    },
    120_000,
  );
});
