// Run by host.test.ts: starts a node, says which processes it has, and waits to be killed.

import { dirname } from 'node:path';
import { startNode } from '../../../dev/node/start-node.ts';

const node = await startNode({ addons: [] });
const folder = dirname(node.kubeconfigPath);
process.stdout.write(`${JSON.stringify({ pids: node.pids, folder })}\n`);
setInterval(() => undefined, 60_000);
