// `npm run node`: a Kubernetes node of containers, without Docker and without a registry, that stays until Ctrl-C.
import { parseArgs } from 'node:util';
import { interrupted } from './interrupted.ts';
import { NodeObstacleError } from './node/prepare-node.ts';
import { startNode } from './node/start-node.ts';
import { shellLines } from './shell-lines.ts';
import { StepPrinter } from './step-printer.ts';

const help = `Usage: npm run node [-- --image ARCHIVE ...]

Starts a Kubernetes node with containers, DNS, NetworkPolicy, metrics, storage and an ingress controller in an
enclosure of its own, as root on Linux; stays until Ctrl-C, and leaves the machine as it was.

  --image ARCHIVE   an OCI or Docker archive to import; may be given several times
  --help            this text
`;

const httpsPort = 443;
const otherWays =
  'Without one: npm run cluster and npm run demo have nodes that are played, and use K3s where Docker runs.';

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { image: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  const steps = new StepPrinter(process.stdout);
  const end = interrupted();
  const node = await startNode({
    images: values.image ?? [],
    onProgress: ({ name }) => steps.done(name),
    onMessage: (line) => steps.note(line),
  });
  const port = await node.openDoor(node.nodeAddress, httpsPort);
  process.stdout.write(`
${shellLines(node.address).join('\n')}

The ingress controller answers at https://127.0.0.1:${port}. Ctrl-C ends everything and leaves nothing behind.
`);
  await end;
  await node.stop();
}

try {
  await main();
} catch (error) {
  process.stderr.write(`node: ${(error as Error).message}\n`);
  if (error instanceof NodeObstacleError) process.stderr.write(`${otherWays}\n`);
  process.exit(1); // the wait for an interrupt would keep it
}
