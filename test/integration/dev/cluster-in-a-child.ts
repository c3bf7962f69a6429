// Run by lifetime.test.ts: starts a cluster, says where, and waits to be killed.

import { dirname } from 'node:path';
import { startCluster } from '../../../dev/cluster/start-cluster.ts';

const cluster = await startCluster({ nodes: 1 });
const folder = dirname(cluster.kubeconfigPath);
process.stdout.write(`${JSON.stringify({ pids: Object.values(cluster.pids), folder })}\n`);
setInterval(() => undefined, 60_000);
