import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { K3sContainer } from '@testcontainers/k3s';
import { temporaryFolder } from '../temporary-folder.ts';
import { withoutControl } from './borrowed-cluster.ts';
import type { Cluster, ClusterOptions } from './cluster.ts';

const image = 'rancher/k3s:v1.35.1-k3s1';
const startTimeoutMs = 180_000;
const kubeconfigServer = /server: (\S+)/;

/** How to start K3s; every field has a default. */
export interface K3sOptions extends Pick<ClusterOptions, 'onMessage' | 'onProgress'> {
  /** Run its ingress controller and open its port for https on this machine. Default false. */
  readonly ingress?: boolean;
}

/** K3s in a container: real kubelet and containers, but its parts cannot be stopped one by one. */
export interface K3sCluster extends Cluster {
  /**
   * Imports the images of an OCI or Docker archive.
   * @throws Error with what containerd said
   */
  importImage(archivePath: string): Promise<void>;
  /** The port on this machine behind which the ingress controller answers over TLS; undefined without one. */
  readonly httpsPort: number | undefined;
}

const httpsPort = 443;

/** Traefik comes with K3s; the container of testcontainers leaves it out unless it is told what to run. */
function configured(ingress: boolean): K3sContainer {
  const container = new K3sContainer(image).withStartupTimeout(startTimeoutMs);
  return ingress ? container.withExposedPorts(httpsPort).withCommand(['server']) : container;
}

/** Starts K3s in Docker; it ends with this process. */
export async function startK3sCluster(options: K3sOptions): Promise<K3sCluster> {
  const { onMessage, onProgress, ingress = false } = options;
  const startedAt = performance.now();
  onMessage?.(`starting ${image} in Docker; the first time it is pulled`);
  const container = await configured(ingress).start();
  const folder = temporaryFolder('k3s');
  const kubeconfig = container.getKubeConfig();
  const kubeconfigPath = join(folder.path, 'kubeconfig');
  writeFileSync(kubeconfigPath, kubeconfig, { mode: 0o600 });
  onProgress?.({ name: 'k3s', elapsedMs: performance.now() - startedAt });
  const cluster = withoutControl(
    {
      kubeconfigPath,
      server: kubeconfigServer.exec(kubeconfig)?.[1] ?? '',
      auditLogPath: undefined,
      kubectl: { file: 'kubectl', args: [] },
      identitiesFolder: join(folder.path, 'identities'),
      pkiFolder: undefined,
    },
    async () => {
      await container.stop();
      folder.remove();
    },
  );
  const importImage = async (archivePath: string): Promise<void> => {
    const target = `/tmp/${basename(archivePath)}`;
    await container.copyFilesToContainer([{ source: archivePath, target }]);
    const command = ['ctr', '--namespace', 'k8s.io', 'images', 'import', target];
    const { exitCode, output } = await container.exec(command);
    if (exitCode !== 0) throw new Error(`${command.join(' ')}: ${output.trim()}`);
    await container.exec(['rm', target]);
  };
  return {
    ...cluster,
    importImage,
    httpsPort: ingress ? container.getMappedPort(httpsPort) : undefined,
  };
}
