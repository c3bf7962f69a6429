import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { K3sContainer } from '@testcontainers/k3s';
import { withoutControl } from './borrowed-cluster.ts';
import type { Cluster, ClusterOptions } from './cluster.ts';

const image = 'rancher/k3s:v1.35.1-k3s1';
const startTimeoutMs = 180_000;
const kubeconfigServer = /server: (\S+)/;

/** K3s in a container: real kubelet and containers, but its parts cannot be stopped one by one. */
export async function startK3sCluster(options: ClusterOptions): Promise<Cluster> {
  const startedAt = performance.now();
  options.onMessage?.(`starting ${image} in Docker; the first time it is pulled`);
  const container = await new K3sContainer(image).withStartupTimeout(startTimeoutMs).start();
  const folder = mkdtempSync(join(tmpdir(), 'dhakacart-k3s-'));
  const kubeconfig = container.getKubeConfig();
  const kubeconfigPath = join(folder, 'kubeconfig');
  writeFileSync(kubeconfigPath, kubeconfig, { mode: 0o600 });
  options.onProgress?.({ name: 'k3s', elapsedMs: performance.now() - startedAt });
  return withoutControl(
    {
      kubeconfigPath,
      server: kubeconfigServer.exec(kubeconfig)?.[1] ?? '',
      auditLogPath: undefined,
      kubectl: { file: 'kubectl', args: [] },
      identitiesFolder: join(folder, 'identities'),
      pkiFolder: undefined,
    },
    async () => {
      await container.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  );
}
