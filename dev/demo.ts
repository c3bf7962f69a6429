// `npm run demo`: a real control plane, the operator under the role that its chart renders, and the smallest store.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type RunningOperator, startOperator } from '../operator/app.ts';
import { parseConfig } from '../operator/config.ts';
import { createLogger } from '../operator/log.ts';
import { defaultSettings } from '../operator/runtime/settings.ts';
import type { Cluster } from './cluster/cluster.ts';
import { startCluster } from './cluster/start-cluster.ts';
import { installOperatorRole } from './operator-role.ts';
import { StepPrinter } from './step-printer.ts';

const help = `Usage: npm run demo [-- --check]

Starts a Kubernetes control plane on this machine, the operator, and a store; stays until Ctrl-C.

  --check   the same, then exits: 0 when the store became Ready, 1 when not
  --help    this text
`;

const minimalSample = fileURLToPath(new URL('../crds/samples/minimal.yaml', import.meta.url));

/** A store of fake pods is Ready within seconds; a machine under load gets ample time. */
const readyTimeoutSeconds = 120;

interface Demo {
  readonly cluster: Cluster;
  readonly operator: RunningOperator;
  readonly folder: string;
}

async function kubectl(cluster: Cluster, ...args: readonly string[]): Promise<string> {
  const { stdout, stderr, code } = await cluster.kubectl(args, {
    timeoutMs: (readyTimeoutSeconds + 10) * 1000,
  });
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr.trim()}`);
  return stdout;
}

async function startDemoOperator(cluster: Cluster, folder: string): Promise<RunningOperator> {
  const kubeconfig = await installOperatorRole(cluster);
  const config = parseConfig(
    [
      `--kubeconfig=${kubeconfig}`,
      '--metrics-bind-address=127.0.0.1:0',
      '--health-probe-bind-address=127.0.0.1:0',
    ],
    {},
  );
  if (config === 'help') throw new Error('unreachable');
  const log = createLogger('info', join(folder, 'operator.log'));
  return startOperator({ config, log, settings: defaultSettings });
}

async function start(steps: StepPrinter): Promise<Demo> {
  const folder = await mkdtemp(join(tmpdir(), 'dhakacart-demo-'));
  const cluster = await startCluster({
    onProgress: ({ name }) => steps.done(name),
    onMessage: (line) => steps.note(line),
  });
  try {
    const operator = await startDemoOperator(cluster, folder);
    steps.done('operator started under the role of its chart');
    await kubectl(cluster, 'apply', '-f', minimalSample);
    steps.done('kubectl apply -f crds/samples/minimal.yaml');
    return { cluster, operator, folder };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function showStore({ cluster }: Demo, steps: StepPrinter): Promise<void> {
  const timeout = `--timeout=${readyTimeoutSeconds}s`;
  await kubectl(cluster, 'wait', '--for=condition=Ready', 'dcs/dhaka', timeout);
  steps.done('store dhaka is Ready');
  process.stdout.write(`\n${await kubectl(cluster, 'get', 'dcs')}\n`);
  process.stdout.write(
    `${await kubectl(cluster, 'get', 'deployments,statefulsets,jobs,hpa,services')}\n`,
  );
}

function advice({ cluster, operator, folder }: Demo): string {
  return `The nodes are played by kwok: every object is real, the containers are not.
Try next, in another terminal:

  export KUBECONFIG=${cluster.kubeconfigPath}
  kubectl patch dcs dhaka --type=merge -p '{"spec":{"api":{"autoscaling":{"minReplicas":5}}}}'
  kubectl delete deployment dhaka-api; kubectl get deployments --watch
  kubectl wait --for=condition=Ready dcs/dhaka --timeout=60s

Metrics: http://127.0.0.1:${operator.metricsPort}/metrics   Log: ${folder}/operator.log
Ctrl-C ends everything and leaves nothing behind.
`;
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}

async function stop({ cluster, operator, folder }: Demo): Promise<void> {
  await operator.stop();
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  const steps = new StepPrinter(process.stdout);
  const end = interrupted();
  const demo = await start(steps);
  try {
    await showStore(demo, steps);
    if (values.check !== true) {
      process.stdout.write(advice(demo));
      await end;
      process.stdout.write('\nstopping\n');
    }
  } finally {
    await stop(demo);
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
