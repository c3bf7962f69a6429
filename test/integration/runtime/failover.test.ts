// Leadership with the real program and the real times of production: who leads, for how long, and what a leader that was
// stopped may still do. Each process has a proxy of its own, so that its requests can be told from those of the others.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import { defaultSettings } from '../../../operator/runtime/settings.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { type HttpProxy, httpProxyOf } from '../../support/http-proxy.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';
import { OperatorProcess } from '../../support/operator.ts';
import { read, storeManifest } from '../../support/stores.ts';

/** The lease of 30 s, and time to notice and to act. */
const killedLimitMs = 45_000;
const releasedLimitMs = 3_000;
const { durationMs } = defaultSettings.lease;

interface Replica {
  readonly process: OperatorProcess;
  readonly proxy: HttpProxy;
}

describe('operators that contend for one lease', () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('failover', cluster);
  const replicas = new Map<string, Replica>();
  let kubeconfig = '';
  let edits = 2;

  async function startReplica(name: string): Promise<void> {
    await replicas.get(name)?.proxy.close();
    const proxy = await httpProxyOf(cluster().address);
    const process = new OperatorProcess(kubeconfigThrough(kubeconfig, proxy), [
      `--pod-name=${name}`,
    ]);
    replicas.set(name, { process, proxy });
  }

  async function holder(): Promise<string> {
    const lease = await read(cluster(), ['lease/dhakacart-operator', '-n', 'dhakacart-system']);
    return lease['spec'].holderIdentity as string;
  }

  async function leader(): Promise<{ readonly name: string } & Replica> {
    const name = await holder();
    const replica = replicas.get(name);
    if (replica === undefined) throw new Error(`"${name}" holds the lease`);
    return { name, ...replica };
  }

  async function edit(): Promise<void> {
    edits += 1;
    const web = { autoscaling: { enabled: false }, replicas: edits };
    await mustRun(cluster(), ['apply', '-f', '-'], storeManifest('shop', namespace(), { web }));
  }

  async function isApplied(): Promise<void> {
    const deployment = await read(cluster(), ['deployment/shop-web', '-n', namespace()]);
    expect(deployment['spec'].replicas).toBe(edits);
  }

  /** Milliseconds until an edit is applied by whoever leads then. */
  async function timeToAct(timeoutMs: number): Promise<number> {
    const startedAt = performance.now();
    await edit();
    await eventually(isApplied, { timeoutMs });
    return performance.now() - startedAt;
  }

  beforeAll(async () => {
    kubeconfig = await installOperatorRole(cluster());
    await Promise.all(['first', 'second', 'third'].map(startReplica));
    await edit();
    await eventually(isApplied, { timeoutMs: killedLimitMs });
  }, 400_000);

  afterAll(async () => {
    for (const { process, proxy } of replicas.values()) {
      await process.end('SIGKILL');
      await proxy.close();
    }
  });

  it('hands over within 3 s when the leader is told to end', async () => {
    const { name, process } = await leader();
    expect(await process.end('SIGTERM')).toBe(0);
    const tookMs = await timeToAct(killedLimitMs);
    expect(tookMs).toBeLessThan(releasedLimitMs);
    expect(await holder()).not.toBe(name);
    await startReplica(name);
  }, 60_000);

  it('replaces a leader that was killed within 45 s', async () => {
    const { name, process } = await leader();
    await process.end('SIGKILL');
    const tookMs = await timeToAct(killedLimitMs);
    expect(tookMs).toBeGreaterThan(durationMs / 2);
    expect(await holder()).not.toBe(name);
    await startReplica(name);
  }, 60_000);

  it('lets a leader that was stopped write nothing after its lease', async () => {
    const stopped = await leader();
    stopped.process.child.kill('SIGSTOP');
    await timeToAct(killedLimitMs);
    const successor = await leader();
    expect(successor.name).not.toBe(stopped.name);

    const requestsBefore = stopped.proxy.requests.length;
    stopped.process.child.kill('SIGCONT');
    await eventually(() => expect(stopped.process.output).toContain('no longer holds the lease'));
    await edit();
    await eventually(isApplied);
    await sleep(3_000);

    const requests = stopped.proxy.requests.slice(requestsBefore);
    expect(requests.length).toBeGreaterThan(0);
    expect(requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect(await holder()).toBe(successor.name);
    expect(stopped.process.child.exitCode).toBeNull();
  }, 90_000);

  it('keeps its leader through a stall of the API server of 12 s', async () => {
    const { name, proxy } = await leader();
    const transitions = async (): Promise<number> =>
      (await read(cluster(), ['lease/dhakacart-operator', '-n', 'dhakacart-system']))['spec']
        .leaseTransitions as number;
    const before = await transitions();
    proxy.inject({ matches: () => true, action: { type: 'silence' } });
    await sleep(12_000);
    proxy.clear();
    await timeToAct(killedLimitMs);
    await sleep(durationMs - 12_000);
    expect([await holder(), await transitions()]).toEqual([name, before]);
  }, 90_000);
});
