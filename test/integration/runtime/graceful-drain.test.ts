// The first signal to an operator in the middle of fifty reconciles, with the real program.
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { type HttpProxy, httpProxyOf, type RecordedRequest } from '../../support/http-proxy.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';
import { OperatorProcess } from '../../support/operator.ts';
import { children, list, storeManifest } from '../../support/stores.ts';

const stores = 60;
const inFlight = 50;

/** What each write takes at least, so that a reconcile takes some seconds. */
const writeDelayMs = 300;

/** Kubernetes kills after 30 s (the chart's terminationGracePeriodSeconds); 25 s is what the runtime promises. */
const endWithinMs = 25_000;

/** Of a store without an Ingress: credentials of the API and the database, and the certificate. */
const secretsOfStore = 5;
const childrenOfStore = 28;

const names = Array.from({ length: stores }, (_, index) => `shop-${index}`);

const flags = [`--concurrency=${inFlight}`, '--leader-elect=false'];

/** Stores whose reconcile has begun to write and has not written its status yet. */
function inProgress(requests: readonly RecordedRequest[]): number {
  const begun = new Set<string>();
  const done = new Set<string>();
  for (const { method, url, status } of requests) {
    const name = /shop-\d+/.exec(url)?.[0];
    if (name === undefined || method !== 'PATCH') continue;
    begun.add(name);
    if (/dhakacartstores\/.*\/status/.test(url) && status !== undefined) done.add(name);
  }
  return begun.size - done.size;
}

describe('an operator that is told to end in the middle of fifty reconciles', () => {
  const cluster = withOwnCluster({ volumes: stores });
  const namespace = withNamespace('drain', cluster);
  let kubeconfig = '';
  let proxy: HttpProxy;
  let operator: OperatorProcess | undefined;

  beforeAll(async () => {
    kubeconfig = await installOperatorRole(cluster());
    proxy = await httpProxyOf(cluster().address);
    const manifests = names.map((name) => storeManifest(name, namespace()));
    await mustRun(cluster(), ['apply', '-f', '-'], manifests.join('\n---\n'));
  }, 400_000);
  afterEach(async () => void (await operator?.end('SIGKILL')));
  afterAll(() => proxy.close());

  const secrets = async (): Promise<ReadonlyMap<string, string>> => {
    const objects = await list(cluster(), 'secrets', ['-n', namespace()]);
    return new Map(
      objects.map(({ metadata, ...object }) => [metadata.name, JSON.stringify(object['data'])]),
    );
  };

  it('ends in time, with success, and the next one completes what was left', async () => {
    proxy.inject({
      matches: ({ method }) => method !== 'GET',
      action: { type: 'delay', delayMs: writeDelayMs },
    });
    operator = new OperatorProcess(kubeconfigThrough(kubeconfig, proxy), flags);
    await eventually(() => expect(inProgress(proxy.requests)).toBeGreaterThanOrEqual(inFlight), {
      timeoutMs: 60_000,
      intervalMs: 20,
    });

    const startedAt = performance.now();
    const exited = once(operator.child, 'exit');
    operator.child.kill('SIGTERM');
    expect(await exited).toEqual([0, null]);
    expect(performance.now() - startedAt).toBeLessThan(endWithinMs);
    const before = await secrets();
    expect(before.size).toBeGreaterThan(0);

    operator = new OperatorProcess(kubeconfig, flags);
    const ready = ['wait', '--for=condition=Ready', 'dcs', '--all', '--timeout=120s'];
    await mustRun(cluster(), [...ready, '-n', namespace()]);
    const after = await secrets();
    expect(after.size).toBe(secretsOfStore * stores);
    for (const [name, data] of before) expect([name, after.get(name)]).toEqual([name, data]);
    const counts = new Set<number>();
    for (const name of [names[0], names[stores - 1]]) {
      counts.add((await children(cluster(), namespace(), name ?? '')).length);
    }
    expect([...counts]).toEqual([childrenOfStore]);
  }, 300_000);
});
