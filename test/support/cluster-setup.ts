// Global setup of the integration tests: one cluster for the whole run. Test files reach it through
// `sharedCluster()` and keep to namespaces of their own (`withNamespace()`).

import type { TestProject } from 'vitest/node';
import type { Cluster, ClusterAddress } from '../../dev/cluster/cluster.ts';
import { startCluster } from '../../dev/cluster/start-cluster.ts';

declare module 'vitest' {
  /** What the global setup hands to the test workers. */
  interface ProvidedContext {
    readonly cluster: ClusterAddress;
  }
}

/** Starts the cluster; vitest calls the returned function after the last test. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await startedCluster();
  project.provide('cluster', cluster.address);
  return () => cluster.stop();
}

async function startedCluster(): Promise<Cluster> {
  const startedAt = performance.now();
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const cluster = await startCluster({ onMessage: say });
    say(`cluster for the integration tests ready in ${elapsedSeconds(startedAt)} s`);
    return cluster;
  } catch (error) {
    throw new Error(
      `the integration tests need a Kubernetes cluster, and none could be started (after ` +
        `${elapsedSeconds(startedAt)} s). Without one: npm run test:unit. ${(error as Error).message}`,
      { cause: error },
    );
  }
}

function elapsedSeconds(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}
