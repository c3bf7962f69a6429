// `npm run demo`: the operator and a store on a cluster of this machine: with containers where a node or Docker can run them,
// else on nodes that are played.
import { parseArgs } from 'node:util';
import { playedDemo } from './demo/played-demo.ts';
import { realDemo } from './demo/real-demo.ts';
import { type Stage, stageFor } from './demo/stage.ts';
import { dockerPlatform, nodePlatform } from './demo/shop-platform.ts';
import type { Demo } from './demo/demo.ts';
import { interrupted } from './interrupted.ts';
import { StepPrinter } from './step-printer.ts';

const help = `Usage: npm run demo [-- --check] [--played]

Starts a Kubernetes cluster on this machine, the operator, and a store; stays until Ctrl-C. As root on Linux it is a node
of containers, elsewhere K3s where Docker runs: the operator is installed by Helm, and the shop answers at a loopback URL.
Where neither can be had the nodes are played: every object is real, the containers are not.

  --check    the same, then exits: 0 when the store became Ready (and something was bought), 1 when not
  --played   play the nodes in any case
  --help     this text
`;

function perform(stage: Stage, steps: StepPrinter): Promise<Demo> {
  switch (stage) {
    case 'node':
      return realDemo(nodePlatform, steps);
    case 'docker':
      return realDemo(dockerPlatform, steps);
    case 'played':
      return playedDemo(steps);
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean' },
      played: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  const steps = new StepPrinter(process.stdout);
  const end = interrupted();
  const { stage, because } = await stageFor(values.played === true);
  if (because !== undefined) steps.note(because);
  const demo = await Promise.race([perform(stage, steps), end.then(() => undefined)]);
  // What runs already ends with this process.
  if (demo === undefined) throw new Error('interrupted');
  try {
    if (values.check === true) return;
    process.stdout.write(demo.advice);
    await end;
    process.stdout.write('\nstopping\n');
  } finally {
    await demo.stop();
  }
}

// Whoever read the output may be gone (`npm run demo | head`); everything must still be ended in order.
process.stdout.on('error', () => undefined);

try {
  await main();
  process.exit(0);
} catch (error) {
  process.stderr.write(`demo: ${(error as Error).message}\n`);
  process.exit(1);
}
