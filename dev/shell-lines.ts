import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { type HostProbes, realHost } from './binaries/host-probes.ts';
import type { ClusterAddress } from './cluster/cluster.ts';

/**
 * The lines that make a shell use a cluster. Where the machine has no kubectl, ours is called so in the cluster's folder:
 * the one program of the control plane goes by the name that it is called by.
 */
export function shellLines(
  { kubeconfigPath, kubectl }: Pick<ClusterAddress, 'kubeconfigPath' | 'kubectl'>,
  { which }: Pick<HostProbes, 'which'> = realHost(),
): readonly string[] {
  const kubeconfig = `export KUBECONFIG=${kubeconfigPath}`;
  if (which('kubectl') !== undefined || !isAbsolute(kubectl.file)) return [kubeconfig];
  const folder = join(dirname(kubeconfigPath), 'bin');
  mkdirSync(folder);
  symlinkSync(kubectl.file, join(folder, 'kubectl'));
  return [kubeconfig, `export PATH=${folder}:$PATH`];
}
