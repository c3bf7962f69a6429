// Our transport against stock client-node: the same read of one Deployment, in turns, in one run, from a server that
// does nothing but answer.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { AppsV1Api, KubeConfig } from '@kubernetes/client-node';
import type { Cluster } from '../../../dev/cluster/cluster.ts';
import { issueFromFolder } from '../../../dev/cluster/pki.ts';
import { systemClock } from '../../../operator/runtime/clock.ts';
import { clusterAccess, loadKubeConfig } from '../../../operator/runtime/cluster-access.ts';
import { defaultSettings } from '../../../operator/runtime/settings.ts';
import { Transport } from '../../../operator/runtime/transport.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';

const rounds = 5;
const requestsPerRound = 400;
const concurrency = 16;
const serverFile = fileURLToPath(new URL('./answering-server.ts', import.meta.url));

/** One client's figures, the medians of the rounds. */
export interface TransportFigures {
  readonly requestsPerSecond: number;
  /** Processor time of this process, in microseconds a request. */
  readonly cpuMicroseconds: number;
}

type Send = (index: number) => Promise<unknown>;

async function oneRound(send: Send): Promise<TransportFigures> {
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < requestsPerRound) await send(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    requestsPerSecond: requestsPerRound / seconds,
    cpuMicroseconds: (user + system) / requestsPerRound,
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function medians(figures: readonly TransportFigures[]): TransportFigures {
  return {
    requestsPerSecond: median(figures.map(({ requestsPerSecond }) => requestsPerSecond)),
    cpuMicroseconds: median(figures.map(({ cpuMicroseconds }) => cpuMicroseconds)),
  };
}

/** A Deployment as the API server would send it, 6 kB with its managedFields. */
function deployment(): string {
  const variables = Array.from({ length: 20 }, (_, index) => ({
    name: `VARIABLE_${index}`,
    value: 'x'.repeat(40),
  }));
  const owned = Object.fromEntries(
    variables.map(({ name }) => [`k:{"name":"${name}"}`, { '.': {}, 'f:name': {}, 'f:value': {} }]),
  );
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'bench',
      namespace: 'default',
      resourceVersion: '1',
      managedFields: [{ manager: 'bench', operation: 'Apply', fieldsV1: { 'f:env': owned } }],
    },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'bench' } },
      template: { spec: { containers: [{ name: 'api', image: 'api:1', env: variables }] } },
    },
    status: { replicas: 3, readyReplicas: 3 },
  });
}

async function startServer(pkiFolder: string): Promise<{ port: number; stop: () => void }> {
  const { certificate, key } = issueFromFolder(pkiFolder, {
    subject: { commonName: 'bench' },
    usage: 'server',
    hosts: ['localhost', '127.0.0.1'],
  });
  const child = spawn(process.execPath, [serverFile], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
  });
  child.stdin?.end(JSON.stringify({ certificate, key, body: deployment() }));
  const [line] = (await once(child.stdout ?? child, 'data')) as [Buffer];
  return { port: Number(line.toString()), stop: () => void child.kill('SIGTERM') };
}

/**
 * Requests per second and processor time a request of both, 16 at once.
 * @throws Error for a cluster whose keys are not ours
 */
export async function compareTransports(
  cluster: Cluster,
): Promise<{ readonly ours: TransportFigures; readonly stock: TransportFigures }> {
  const { pkiFolder } = cluster.address;
  if (pkiFolder === undefined) throw new Error('the keys of this cluster are not ours');
  const server = await startServer(pkiFolder);
  const kubeconfig = kubeconfigThrough(cluster.kubeconfigPath, server);
  const transport = new Transport({
    access: clusterAccess(loadKubeConfig(kubeconfig), systemClock),
    settings: defaultSettings.transport,
    clock: systemClock,
    userAgent: 'transport-bench',
  });
  const stockConfig = new KubeConfig();
  stockConfig.loadFromFile(kubeconfig);
  const stock = stockConfig.makeApiClient(AppsV1Api);
  const path = '/apis/apps/v1/namespaces/default/deployments/bench';
  const sendOurs = (): Promise<unknown> => transport.request({ method: 'GET', path });
  const sendStock = (): Promise<unknown> =>
    stock.readNamespacedDeployment({ name: 'bench', namespace: 'default' });
  const seen: { ours: TransportFigures[]; stock: TransportFigures[] } = { ours: [], stock: [] };
  try {
    for (let round = 0; round < rounds; round += 1) {
      seen.ours.push(await oneRound(sendOurs));
      seen.stock.push(await oneRound(sendStock));
    }
  } finally {
    await transport.close();
    server.stop();
  }
  return { ours: medians(seen.ours), stock: medians(seen.stock) };
}
