// SIGTERM while fifty stores are being reconciled over a slow network, with the real program.
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';
import { OperatorProcess } from '../../support/operator.ts';
import { childResources, list, read, storeManifest } from '../../support/stores.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

const storeCount = 50;
const childrenOfAStore = 14;
const delayMs = 100;
const stopLimitMs = 25_000;

/** A process that is busy would take a second or more to notice; one that exits takes a few milliseconds. */
const atOnceMs = 1_000;

describe('an operator that is told to end amid its work', () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('stop', cluster);
  let kubeconfig = '';
  let proxy: TcpProxy;
  let operator: OperatorProcess | undefined;

  function startSlowOperator(): OperatorProcess {
    proxy.delay(delayMs);
    operator = new OperatorProcess(kubeconfigThrough(kubeconfig, proxy), ['--concurrency=50']);
    return operator;
  }

  async function applyStores(image: string, count: number): Promise<void> {
    const stores = Array.from({ length: count }, (_, index) =>
      storeManifest(`shop-${index}`, namespace(), { web: { image } }),
    );
    await mustRun(cluster(), ['apply', '-f', '-'], stores.join('\n---\n'));
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
  });
  afterAll(() => proxy?.close());

  it('ends well within 25 s, and what it left half done is completed by the next', async () => {
    const image = 'example.com/web:1';
    await applyStores(image, storeCount);
    const slow = startSlowOperator();
    await eventually(async () => expect(await countWith(image)).toBeGreaterThan(0));
    expect(await countWith(image)).toBeLessThan(storeCount);

    const startedAt = performance.now();
    expect(await slow.end('SIGTERM')).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(stopLimitMs);
    const lease = await read(cluster(), ['lease/dhakacart-operator', '-n', 'dhakacart-system']);
    expect(lease['spec'].holderIdentity).toBe('');

    operator = new OperatorProcess(kubeconfig);
    const wait = ['wait', '--for=condition=Ready', 'dcs', '--all', '-n', namespace()];
    await mustRun(cluster(), [...wait, '--timeout=120s']);
    const owned = await list(cluster(), childResources, [
      '-n',
      namespace(),
      '-l',
      'app.kubernetes.io/instance',
    ]);
    const perStore = Map.groupBy(
      owned,
      ({ metadata }) => metadata.labels?.['app.kubernetes.io/instance'],
    );
    const counts = [...perStore.values()].map((children) => children.length);
    expect(counts).toEqual(Array.from({ length: storeCount }, () => childrenOfAStore));
  }, 240_000);

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends at once at the second %s',
    async (signal) => {
      const image = `example.com/web:${signal.toLowerCase()}`;
      await applyStores(image, 1);
      const { child } = startSlowOperator();
      // The lease of the one before was not released.
      await eventually(async () => expect(await countWith(image)).toBe(1), { timeoutMs: 45_000 });

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
