// `npm run bench:operator -- --stores N`: how long N stores take from nothing to Ready, what they cost, and how fast an edit
// is applied among them. Everything runs on this machine, the control plane included.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Cluster } from '../../../dev/cluster/cluster.ts';
import { startCluster } from '../../../dev/cluster/start-cluster.ts';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import { StepPrinter } from '../../../dev/step-printer.ts';
import { systemClock } from '../../../operator/runtime/clock.ts';
import { clusterAccess, loadKubeConfig } from '../../../operator/runtime/cluster-access.ts';
import type { KubeObject } from '../../../operator/runtime/kube-object.ts';
import { defaultSettings } from '../../../operator/runtime/settings.ts';
import { Transport } from '../../../operator/runtime/transport.ts';
import { atLeast, atMost, type BenchReport, publish } from '../bench-report.ts';
import { OperatorUnderTest } from './operator-under-test.ts';
import { playDatabases, withoutWorkloadControllers } from './played-databases.ts';
import { compareTransports } from './transport-bench.ts';

const help = `Usage: npm run bench:operator -- [--stores N] [--edits N] [--idle-seconds N] [--without-pods]

  --stores N         stores to make (default 100)
  --edits N          edits to time among them (default 50)
  --idle-seconds N   how long to count writes while nothing happens (default 60)
  --without-pods     stores of no replicas: every object but pods and autoscalers, so that scheduling thousands of
                     pods on the same machine does not hide the operator; the benchmark itself says of each database
                     that it is ready and of each migration that it is complete
`;

const storesPath = '/apis/dhakacart.io/v1alpha1/namespaces/default/dhakacartstores';
const podsPerNode = 2_000;
/** Three of each component, the database, and one that migrates. */
const podsPerStore = 8;

/** An edit of the owner, and how its arrival at a child is seen. */
interface Edit {
  readonly spec: (round: number) => object;
  readonly path: string;
  readonly hasArrived: (child: unknown, round: number) => boolean;
}

/** The autoscaler: an edit of pods would time each edit among the rollouts of those before. */
const autoscalerEdit: Edit = {
  spec: (round) => ({ api: { autoscaling: { maxReplicas: 11 + round } } }),
  path: '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
  hasArrived: (child, round) =>
    (child as { spec?: { maxReplicas?: number } }).spec?.maxReplicas === 11 + round,
};

/** Where there is no pod, an edit of the Deployment begins no rollout. */
const deploymentEdit: Edit = {
  spec: (round) => ({ api: { resources: { requests: { cpu: `${300 + round}m` } } } }),
  path: '/apis/apps/v1/namespaces/default/deployments',
  hasArrived: (child, round) => JSON.stringify(child).includes(`"cpu":"${300 + round}m"`),
};

/** Stores that make no pod. */
const podless = {
  autoscaling: { enabled: false },
  replicas: 0,
  disruptionBudget: { enabled: false },
};

interface Bench {
  readonly client: Transport;
  readonly operator: OperatorUnderTest;
  readonly stores: number;
  readonly hasPods: boolean;
}

function storeName(index: number): string {
  return `store-${String(index).padStart(5, '0')}`;
}

async function createStores({ client, stores, hasPods }: Bench): Promise<void> {
  const indexes = Array.from({ length: stores }, (_, index) => index);
  const worker = async (): Promise<void> => {
    for (let index = indexes.shift(); index !== undefined; index = indexes.shift()) {
      const name = storeName(index);
      const spec = {
        version: '1.0.0',
        hosts: [`${name}.example.com`],
        ...(!hasPods && { api: podless, web: podless }),
      };
      const body = {
        apiVersion: 'dhakacart.io/v1alpha1',
        kind: 'DhakaCartStore',
        metadata: { name },
        spec,
      };
      await client.request({ method: 'POST', path: storesPath, body });
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

function isReady(store: KubeObject): boolean {
  const status = store['status'] as
    | { conditions?: readonly { type: string; status: string }[] }
    | undefined;
  return (
    status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ??
    false
  );
}

async function whenAllReady({ client, stores }: Bench, steps: StepPrinter): Promise<void> {
  let shown = 0;
  for (;;) {
    const query = { resourceVersion: '0' };
    const list = await client.request<{ items: readonly KubeObject[] }>({
      method: 'GET',
      path: storesPath,
      query,
    });
    const ready = list.items.filter(isReady).length;
    if (ready === stores) return;
    if (ready >= shown + stores / 5) {
      shown = ready;
      steps.done(`${ready} of ${stores} Ready`);
    }
    await sleep(Math.max(250, stores));
  }
}

/** Time from the owner's edit to the changed child, as another client sees it. */
async function editLatencyMs({ client, stores, hasPods }: Bench, round: number): Promise<number> {
  const { spec, path, hasArrived } = hasPods ? autoscalerEdit : deploymentEdit;
  const name = storeName((round * 7_919) % stores);
  const stop = new AbortController();
  const fieldSelector = `metadata.name=${name}-api`;
  const before = await client.request<{ metadata: { resourceVersion: string } }>({
    method: 'GET',
    path,
    query: { fieldSelector },
  });
  const watch = await client.watch({
    path,
    query: { fieldSelector, resourceVersion: before.metadata.resourceVersion },
    signal: stop.signal,
    inactivityMs: 60_000,
  });
  const startedAt = performance.now();
  await client.request({
    method: 'PATCH',
    patchType: 'merge',
    path: `${storesPath}/${name}`,
    body: { spec: spec(round) },
  });
  try {
    for await (const { object } of watch.events()) {
      if (hasArrived(object, round)) break;
    }
    return performance.now() - startedAt;
  } finally {
    watch.close();
  }
}

function percentile(values: readonly number[], share: number): number {
  return (
    values.toSorted((a, b) => a - b)[
      Math.min(values.length - 1, Math.floor(values.length * share))
    ] ?? 0
  );
}

async function measure(
  bench: Bench,
  rounds: { readonly edits: number; readonly idleSeconds: number },
  steps: StepPrinter,
): Promise<BenchReport> {
  const { operator, stores } = bench;
  const startedAt = performance.now();
  await createStores(bench);
  steps.done(`${stores} stores applied`);
  await whenAllReady(bench, steps);
  const readySeconds = (performance.now() - startedAt) / 1000;
  const convergenceSeconds = operator.processorSeconds();
  steps.done(`all ${stores} Ready`);
  await sleep(10_000);
  const writes = await operator.writes();
  await sleep(rounds.idleSeconds * 1000);
  const idleWrites = (await operator.writes()) - writes;
  steps.done(`${idleWrites} writes in ${rounds.idleSeconds} idle seconds`);
  const latencies: number[] = [];
  for (let round = 0; round < rounds.edits; round += 1) {
    latencies.push(await editLatencyMs(bench, round));
    await sleep(100);
  }
  steps.done(`${rounds.edits} edits timed`);
  const memory = operator.peakMemoryMiB();
  const processorSeconds = operator.processorSeconds();
  return {
    gates: [
      atMost('from apply to all Ready', readySeconds, [Math.max(60, (stores / 1000) * 240), 's']),
      atMost('peak memory of the operator (VmHWM)', memory, [stores <= 100 ? 192 : 384, 'MiB']),
      atMost('edit to applied, p50', percentile(latencies, 0.5), [150, 'ms']),
      atMost('edit to applied, p99', percentile(latencies, 0.99), [1_000, 'ms']),
      atMost(`writes in ${rounds.idleSeconds} idle seconds`, idleWrites, [0, '']),
    ],
    figures: {
      stores: `${stores}${bench.hasPods ? '' : ' without pods'}`,
      'writes per store': writes / stores,
      'processor seconds of the operator until all Ready': convergenceSeconds,
      'processor seconds of the operator in all': processorSeconds,
    },
  };
}

async function run(
  cluster: Cluster,
  { stores, hasPods }: Pick<Bench, 'stores' | 'hasPods'>,
  rounds: { readonly edits: number; readonly idleSeconds: number },
): Promise<boolean> {
  const steps = new StepPrinter(process.stdout);
  const kubeconfig = await installOperatorRole(cluster);
  const { ours, stock } = await compareTransports(cluster);
  const [ourRate, stockRate] = [ours.requestsPerSecond, stock.requestsPerSecond];
  steps.done(`transport: ${ourRate.toFixed(0)} against ${stockRate.toFixed(0)} requests/s`);
  const operator = await OperatorUnderTest.start(kubeconfig);
  const client = new Transport({
    access: clusterAccess(loadKubeConfig(cluster.kubeconfigPath), systemClock),
    settings: defaultSettings.transport,
    clock: systemClock,
    userAgent: 'bench',
  });
  const stopPlaying = hasPods ? () => undefined : await playDatabases(client);
  try {
    const report = await measure({ client, operator, stores, hasPods }, rounds, steps);
    const gates = [
      ...report.gates,
      atLeast('transport against stock client-node', ourRate / stockRate, [3, 'x']),
    ];
    const figures = {
      ...report.figures,
      'our transport, requests/s': ourRate,
      'stock client-node, requests/s': stockRate,
      'our transport, processor us/request': ours.cpuMicroseconds,
      'stock client-node, processor us/request': stock.cpuMicroseconds,
    };
    publish('operator', { gates, figures });
    return gates.every(({ ok }) => ok);
  } finally {
    stopPlaying();
    await client.close();
    await operator.stop();
  }
}

function count(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name}: "${text}" is not a whole number above 0`);
  return value;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stores: { type: 'string', default: '100' },
      edits: { type: 'string', default: '50' },
      'idle-seconds': { type: 'string', default: '60' },
      'without-pods': { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  const stores = count(values.stores, 'stores');
  const rounds = {
    edits: count(values.edits, 'edits'),
    idleSeconds: count(values['idle-seconds'], 'idle-seconds'),
  };
  const hasPods = !values['without-pods'];
  const cluster = await startCluster({
    auditLog: false,
    volumes: stores,
    ...(!hasPods && { extraFlags: { 'kube-controller-manager': withoutWorkloadControllers } }),
    nodes: Math.max(3, Math.ceil((stores * podsPerStore * 1.5) / podsPerNode)),
    podsPerNode,
    onMessage: (line) => process.stdout.write(`${line}\n`),
  });
  try {
    if (!(await run(cluster, { stores, hasPods }, rounds))) process.exitCode = 3;
  } finally {
    await cluster.stop();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
