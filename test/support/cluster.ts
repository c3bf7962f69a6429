// Clusters and namespaces for test files. Each `with…` function registers its own hooks and returns a
// function that gives the thing while the tests run.

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, inject } from 'vitest';
import type { Cluster, ClusterAccess, ClusterOptions } from '../../dev/cluster/cluster.ts';
import { openCluster } from '../../dev/cluster/open-cluster.ts';
import { startCluster } from '../../dev/cluster/start-cluster.ts';

const startTimeoutMs = 120_000;

/** The cluster of this test run, shared by all files: use a namespace of your own. */
export function sharedCluster(): ClusterAccess {
  return openCluster(inject('cluster'));
}

/** A cluster for the tests of the current `describe` alone, to be killed, restarted and starved. */
export function withOwnCluster(options: ClusterOptions = {}): () => Cluster {
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    cluster = await startCluster(options);
  }, startTimeoutMs);
  afterAll(() => cluster?.stop());
  return () => {
    if (cluster === undefined) throw new Error('the cluster exists inside of tests and hooks only');
    return cluster;
  };
}

/** A new namespace for the tests of the current `describe`; its name begins with `prefix`. */
export function withNamespace(
  prefix: string,
  cluster: () => ClusterAccess = sharedCluster,
): () => string {
  const name = `${prefix}-${randomBytes(4).toString('hex')}`;
  beforeAll(() => mustRun(cluster(), ['create', 'namespace', name]));
  afterAll(() => mustRun(cluster(), ['delete', 'namespace', name, '--wait=false']));
  return () => name;
}

/** Longer than any `kubectl wait` of the tests. */
const patienceMs = 200_000;

/**
 * Runs kubectl and returns what it printed.
 * @throws Error with kubectl's own words when it fails
 */
export async function mustRun(
  cluster: ClusterAccess,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args, {
    timeoutMs: patienceMs,
    ...(input !== undefined && { input }),
  });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}
