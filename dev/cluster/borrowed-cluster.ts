import { temporaryFolder } from '../temporary-folder.ts';
import type { Cluster, ClusterAddress } from './cluster.ts';
import { openCluster } from './open-cluster.ts';
import { runCommand } from './run-command.ts';

const reachTimeoutMs = 15_000;

/**
 * A running cluster that somebody lent us through a kubeconfig. Its parts cannot be stopped, and
 * `stop` leaves it as it is, but removes the credentials made for other identities.
 * @throws Error when kubectl is missing or the cluster does not answer
 */
export async function borrowedCluster(kubeconfigPath: string): Promise<Cluster> {
  const kubectl = { file: 'kubectl', args: [] };
  const env = { ...process.env, KUBECONFIG: kubeconfigPath };
  const args = ['config', 'view', '--minify', '-o', 'jsonpath={.clusters[0].cluster.server}'];
  const view = await runCommand({ file: 'kubectl', args, env, timeoutMs: reachTimeoutMs });
  if (view.code !== 0) throw new Error(`cannot use ${kubeconfigPath}: ${view.stderr.trim()}`);
  const identities = temporaryFolder('identities');
  const address: ClusterAddress = {
    kubeconfigPath,
    server: view.stdout.trim(),
    auditLogPath: undefined,
    kubectl,
    identitiesFolder: identities.path,
    pkiFolder: undefined,
  };
  return withoutControl(address, async () => identities.remove());
}

/** A cluster whose parts we cannot reach one by one; `stop` is all that can be done with it. */
export function withoutControl(address: ClusterAddress, stop: () => Promise<void>): Cluster {
  const refuse = (): Promise<never> =>
    Promise.reject(new Error(`the parts of ${address.server} are not ours to stop or start`));
  return {
    ...openCluster(address),
    address,
    pids: {},
    logTail: () => '',
    restart: refuse,
    stopComponent: refuse,
    startComponent: refuse,
    stop,
  };
}
