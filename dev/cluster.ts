// `npm run cluster`: a control plane that stays until Ctrl-C.
import { parseArgs } from 'node:util';
import { startCluster } from './cluster/start-cluster.ts';
import { interrupted } from './interrupted.ts';
import { shellLines } from './shell-lines.ts';
import { StepPrinter } from './step-printer.ts';

const help = `Usage: npm run cluster [-- --nodes N]

Starts kube-apiserver, etcd, controllers, scheduler and kwok nodes on 127.0.0.1; stays until Ctrl-C.

  --nodes N   fake nodes, 1 to 100 (default 3)
  --help      this text
`;

function nodeCount(text: string | undefined): number {
  const nodes = Number(text ?? 3);
  if (!Number.isInteger(nodes) || nodes < 1 || nodes > 100) {
    throw new Error(`--nodes: "${text}" is not a whole number from 1 to 100`);
  }
  return nodes;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { nodes: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  const steps = new StepPrinter(process.stdout);
  const end = interrupted();
  const cluster = await startCluster({
    nodes: nodeCount(values.nodes),
    onProgress: ({ name }) => steps.done(name),
    onMessage: (line) => steps.note(line),
  });
  process.stdout.write(`
${shellLines(cluster.address).join('\n')}

The nodes are played by kwok: every object is real, the containers are not. Ctrl-C ends it and leaves nothing behind.
`);
  await end;
  await cluster.stop();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`cluster: ${(error as Error).message}\n`);
  process.exit(1); // the wait for an interrupt would keep it
}
