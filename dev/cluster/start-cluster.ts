import { findControlPlane } from '../binaries/find-control-plane.ts';
import type { ControlPlaneSource } from '../binaries/ladder.ts';
import { borrowedCluster } from './borrowed-cluster.ts';
import type { Cluster, ClusterOptions } from './cluster.ts';
import { startLocalCluster } from './start-local-cluster.ts';

/**
 * A Kubernetes cluster on this machine, ready for use: default service account there, nodes Ready.
 * Where its programs come from is said in one sentence through `onMessage`.
 * @throws NoControlPlaneError that says what to install; ComponentError with the component's last words
 */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  if (options.binaries !== undefined) return startLocalCluster(options.binaries, options);
  const onMessage = options.onMessage ?? ((): void => undefined);
  const { source, sentence } = await findControlPlane(onMessage);
  onMessage(sentence);
  return clusterFrom(source, options);
}

async function clusterFrom(source: ControlPlaneSource, options: ClusterOptions): Promise<Cluster> {
  switch (source.kind) {
    case 'binaries':
      return startLocalCluster(source.binaries, options);
    case 'kubeconfig':
      return borrowedCluster(source.path);
    case 'k3s': {
      // Testcontainers takes half a second to load, and most runs do not need it.
      const { startK3sCluster } = await import('./k3s-cluster.ts');
      return startK3sCluster(options);
    }
  }
}
