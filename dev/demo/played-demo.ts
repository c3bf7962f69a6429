// The demo where no node of containers can run: a real control plane whose nodes kwok plays, the operator under the role
// that its chart renders, and the smallest store. Every object is real, the containers are not.
import { join } from 'node:path';
import { type RunningOperator, startOperator } from '../../operator/app.ts';
import { parseConfig } from '../../operator/config.ts';
import { createLogger } from '../../operator/log.ts';
import { defaultSettings } from '../../operator/runtime/settings.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { startCluster } from '../cluster/start-cluster.ts';
import { installOperatorRole } from '../operator-role.ts';
import { shellLines } from '../shell-lines.ts';
import type { StepPrinter } from '../step-printer.ts';
import { type TemporaryFolder, temporaryFolder } from '../temporary-folder.ts';
import { childTree } from './child-tree.ts';
import { kubectl, minimalSample, storeName, waitUntilReady } from './demo-store.ts';
import type { Demo } from './demo.ts';

interface Played {
  readonly cluster: Cluster;
  readonly operator: RunningOperator;
  readonly folder: TemporaryFolder;
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

async function start(steps: StepPrinter): Promise<Played> {
  const cluster = await startCluster({
    onProgress: ({ name }) => steps.done(name),
    onMessage: (line) => steps.note(line),
  });
  const folder = temporaryFolder('demo');
  try {
    const operator = await startDemoOperator(cluster, folder.path);
    steps.done('operator started under the role of its chart');
    await kubectl(cluster, ['apply', '-f', minimalSample]);
    steps.done('kubectl apply -f crds/samples/minimal.yaml');
    return { cluster, operator, folder };
  } catch (error) {
    await cluster.stop();
    folder.remove();
    throw error;
  }
}

async function showStore(cluster: Cluster, steps: StepPrinter): Promise<void> {
  await waitUntilReady(cluster);
  steps.done(`store ${storeName} is Ready`);
  process.stdout.write(`\n${await kubectl(cluster, ['get', 'dcs'])}\n`);
  process.stdout.write(`${(await childTree(cluster, storeName)).join('\n')}\n\n`);
}

function advice({ cluster, operator, folder }: Played): string {
  return `The nodes are played by kwok: every object is real, the containers are not.
A shop that answers, without Kubernetes: npm run storefront
Try next, in another terminal:

  ${shellLines(cluster.address).join('\n  ')}
  kubectl patch dcs dhaka --type=merge -p '{"spec":{"api":{"autoscaling":{"minReplicas":5}}}}'
  kubectl delete deployment dhaka-api; kubectl get deployments --watch
  kubectl wait --for=condition=Ready dcs/dhaka --timeout=60s

Metrics: http://127.0.0.1:${operator.metricsPort}/metrics   Log: ${folder.path}/operator.log
Ctrl-C ends everything and leaves nothing behind.
`;
}

/** Starts it and shows the store. */
export async function playedDemo(steps: StepPrinter): Promise<Demo> {
  const played = await start(steps);
  const { cluster, operator, folder } = played;
  const stop = async (): Promise<void> => {
    await operator.stop();
    await cluster.stop();
    folder.remove();
  };
  try {
    await showStore(cluster, steps);
  } catch (error) {
    await stop();
    throw error;
  }
  return { advice: advice(played), stop };
}
