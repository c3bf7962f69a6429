import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import type { ClusterPorts } from './cluster-layout.ts';

/**
 * `count` different ports on 127.0.0.1 that were free a moment ago. All are held at once, so that
 * the kernel cannot hand out one twice. Another process may still win the race for one: the caller
 * tries again with new ones.
 */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listening()));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Free ports for a cluster. */
export async function freeClusterPorts(): Promise<ClusterPorts> {
  const [etcdClient = 0, etcdPeer = 0, etcdMetrics = 0, ...others] = await freePorts(6);
  const [apiServer = 0, controllerManager = 0, scheduler = 0] = others;
  return { etcdClient, etcdPeer, etcdMetrics, apiServer, controllerManager, scheduler };
}

function listening(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
