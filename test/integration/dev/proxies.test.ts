import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { httpProxyOf } from '../../support/http-proxy.ts';
import type { HttpProxy } from '../../support/http-proxy.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';
import { sharedCluster } from '../../support/cluster.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';

const whoami = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'];
const list = ['get', 'namespaces', '-o', 'name', '--request-timeout=2s'];

describe('a proxy in front of the real API server', () => {
  const cluster = sharedCluster();
  let http: HttpProxy;

  beforeAll(async () => {
    http = await httpProxyOf(inject('cluster'));
  });
  afterAll(() => http.close());

  it('over HTTP is trusted by clients and hands on who they are', async () => {
    const administrator = kubeconfigThrough(cluster.kubeconfigPath, http);
    expect(await cluster.kubectl(whoami, { kubeconfig: administrator })).toMatchObject({
      stdout: 'dhakacart-admin',
    });
    const person = await cluster.kubeconfigFor({ user: 'ayesha', groups: ['shop-owners'] });
    const kubeconfig = kubeconfigThrough(person, http);
    expect(await cluster.kubectl(whoami, { kubeconfig })).toMatchObject({ stdout: 'ayesha' });
  });

  it('over HTTP injects an answer that kubectl understands', async () => {
    const kubeconfig = kubeconfigThrough(cluster.kubeconfigPath, http);
    const matches = ({ url }: { url: string }) => url.startsWith('/api/v1/namespaces');
    const remove = http.inject({ matches, action: { type: 'answer', status: 503 } });
    expect((await cluster.kubectl(list, { kubeconfig })).stderr).toContain('ServiceUnavailable');
    remove();
    expect((await cluster.kubectl(list, { kubeconfig })).stdout).toContain('namespace/default');
  });

  it('over TCP passes TLS through and cuts it when asked', async () => {
    const tcp = await startTcpProxy(cluster.server);
    const kubeconfig = kubeconfigThrough(cluster.kubeconfigPath, tcp);
    expect((await cluster.kubectl(list, { kubeconfig })).stdout).toContain('namespace/default');
    tcp.cut();
    expect((await cluster.kubectl(list, { kubeconfig })).code).not.toBe(0);
    tcp.heal();
    expect((await cluster.kubectl(list, { kubeconfig })).code).toBe(0);
    await tcp.close();
  });
});
