// Our transport against stock client-node: the same server-side apply of one Deployment, in turns, in one run.
import { KubeConfig, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node';
import { systemClock } from '../../../operator/runtime/clock.ts';
import { clusterAccess, loadKubeConfig } from '../../../operator/runtime/cluster-access.ts';
import { defaultSettings } from '../../../operator/runtime/settings.ts';
import { Transport } from '../../../operator/runtime/transport.ts';

const rounds = 5;
const requestsPerRound = 200;
const concurrency = 16;

const configMap = (value: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'transport-bench', namespace: 'default' },
  data: { value },
});

async function ratePerSecond(send: (index: number) => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < requestsPerRound) await send(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return requestsPerRound / ((performance.now() - startedAt) / 1000);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Requests per second of both, 16 at once, the median of five interleaved rounds. */
export async function compareTransports(
  kubeconfig: string,
): Promise<{ readonly ours: number; readonly stock: number }> {
  const transport = new Transport({
    access: clusterAccess(loadKubeConfig(kubeconfig), systemClock),
    settings: defaultSettings.transport,
    clock: systemClock,
    userAgent: 'transport-bench',
  });
  const stockConfig = new KubeConfig();
  stockConfig.loadFromFile(kubeconfig);
  const stock = KubernetesObjectApi.makeApiClient(stockConfig);
  const sendOurs = (index: number): Promise<unknown> =>
    transport.request({
      method: 'PATCH',
      patchType: 'apply',
      path: '/api/v1/namespaces/default/configmaps/transport-bench',
      query: { fieldManager: 'transport-bench', force: 'true' },
      body: configMap(`ours-${index}`),
    });
  const sendStock = (index: number): Promise<unknown> =>
    stock.patch(
      configMap(`stock-${index}`),
      undefined,
      undefined,
      'transport-bench',
      true,
      PatchStrategy.ServerSideApply,
    );
  const rates: { ours: number[]; stock: number[] } = { ours: [], stock: [] };
  for (let round = 0; round < rounds; round += 1) {
    rates.ours.push(await ratePerSecond(sendOurs));
    rates.stock.push(await ratePerSecond(sendStock));
  }
  await transport.close();
  return { ours: median(rates.ours), stock: median(rates.stock) };
}
