import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import { withBundle } from '../../support/bundle.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { type HttpProxy, httpProxyOf, type ProxiedRequest } from '../../support/http-proxy.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { OperatorProcess } from '../../support/operator.ts';
import { children, type LiveObject, storeManifest } from '../../support/stores.ts';

/** Kills in this test; `npm run bench:crash` makes 500. */
const kills = Number(process.env['CRASH_KILLS'] ?? 50);
const testTimeoutMs = 120_000 + kills * 10_000;

/** Stores that the rounds make and edit in turn. */
const stores = 12;

/** Writes that make a store, and writes that an edit of it causes: kills come at each of them. */
const writesOf = { making: 38, editing: 5 } as const;

/** An operator that asks nothing for so long has nothing left to do. */
const quietMs = 2_000;

// Without election a killed operator has no lease to wait for: each start acts at once.
const flags = ['--leader-elect=false'];

const isWrite = ({ method, url }: ProxiedRequest): boolean =>
  method !== 'GET' && !url.includes('/events');

const expectedChildren = [
  'ConfigMap/api',
  'ConfigMap/web',
  'Deployment/api',
  'Deployment/web',
  'HorizontalPodAutoscaler/api',
  'Job/migrate-<hash>',
  'NetworkPolicy/api',
  'NetworkPolicy/db',
  'NetworkPolicy/deny',
  'NetworkPolicy/migrate',
  'NetworkPolicy/web',
  'PersistentVolumeClaim/db',
  'PodDisruptionBudget/api',
  'PodDisruptionBudget/web',
  'Secret/db',
  'Secret/dbowner',
  'Secret/jwt',
  'Secret/session',
  'Secret/tls',
  'Service/api',
  'Service/db',
  'Service/web',
  'ServiceAccount/api',
  'ServiceAccount/db',
  'ServiceAccount/migrate',
  'ServiceAccount/web',
  'StatefulSet/db',
];

describe('an operator that is killed at the boundary of any write', () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('crash', cluster);
  const program = withBundle('operator');
  let kubeconfig = '';
  let proxy: HttpProxy;
  let client: ApiClient;

  beforeAll(async () => {
    kubeconfig = await installOperatorRole(cluster());
    proxy = await httpProxyOf(cluster().address);
    client = apiClient(cluster().kubeconfigPath);
  }, 400_000);
  afterAll(async () => {
    await client.close();
    await proxy.close();
  });

  const start = (through = kubeconfig): OperatorProcess =>
    new OperatorProcess(through, flags, program());

  /** Makes the store of a round, or edits it. */
  async function apply(round: number): Promise<void> {
    const name = `shop-${round % stores}`;
    const web = { autoscaling: { enabled: round % 2 === 0 }, replicas: 2 + (round % 5) };
    const body = JSON.parse(storeManifest(name, namespace(), { web })) as unknown;
    const path = `/apis/dhakacart.io/v1alpha1/namespaces/${namespace()}/dhakacartstores/${name}`;
    const { status } = await client.request('PATCH', `${path}?fieldManager=owner&force=true`, {
      body,
      contentType: 'application/apply-patch+yaml',
    });
    expect(status).toBeLessThan(300);
  }

  /** Data by name of every Secret. */
  async function secretData(): Promise<readonly (readonly [string, string])[]> {
    const { body } = await client.request('GET', `/api/v1/namespaces/${namespace()}/secrets`);
    const items = body.items as readonly LiveObject[];
    return items.map(({ metadata, ...object }) => [metadata.name, JSON.stringify(object['data'])]);
  }

  /**
   * Starts an operator and kills it at its n-th write: before the API server has seen it, or just after it answered.
   * @returns false when the operator had no n-th write to make
   */
  async function killAtWrite(n: number, isBefore: boolean): Promise<boolean> {
    const from = proxy.requests.length;
    const writes = () => proxy.requests.slice(from).filter(isWrite);
    let seen = 0;
    proxy.clear();
    if (isBefore) {
      proxy.inject({
        matches: (request) => isWrite(request) && (seen += 1) >= n,
        action: { type: 'silence' },
      });
    }
    const operator = start(kubeconfigThrough(kubeconfig, proxy));
    const hasCome = (): boolean => {
      const write = writes()[n - 1];
      return write !== undefined && (isBefore || write.status !== undefined);
    };
    const isQuiet = (): boolean => {
      const lastAt = proxy.requests.at(-1)?.at ?? 0;
      return operator.output.includes('the caches are filled') && Date.now() - lastAt > quietMs;
    };
    await eventually(() => expect(hasCome() || isQuiet()).toBe(true), {
      timeoutMs: 60_000,
      intervalMs: 5,
    });
    await operator.end('SIGKILL');
    proxy.clear();
    return hasCome();
  }

  it(
    `changes no Secret and leaves no duplicate or orphan, ${kills} times`,
    async () => {
      const secrets = new Map<string, string>();
      let atBoundary = 0;
      const compareSecrets = async (): Promise<void> => {
        for (const [name, data] of await secretData()) {
          expect(secrets.get(name) ?? data).toBe(data);
          secrets.set(name, data);
        }
      };
      for (let round = 0; round < kills; round += 1) {
        await apply(round);
        const n = 1 + ((round * 7) % (round < stores ? writesOf.making : writesOf.editing));
        if (await killAtWrite(n, round % 2 === 0)) atBoundary += 1;
        await compareSecrets();
      }
      // Else the rounds prove nothing.
      expect(atBoundary).toBeGreaterThan(kills / 2);

      const operator = start();
      const ready = ['wait', '--for=condition=Ready', 'dcs', '--all', '--timeout=120s'];
      await mustRun(cluster(), [...ready, '-n', namespace()]);
      expect(await operator.end('SIGTERM')).toBe(0);
      await compareSecrets();
      const made = Math.min(stores, kills);
      expect(secrets.size).toBe(5 * made);
      for (let index = 0; index < made; index += 1) {
        const names = (await children(cluster(), namespace(), `shop-${index}`)).map(
          ({ kind, metadata: { name } }) =>
            `${kind}/${name.replace(`shop-${index}-`, '').replace(/-[0-9a-f]{10}$/, '-<hash>')}`,
        );
        const optional = 'HorizontalPodAutoscaler/web'; // there while its autoscaling is on
        expect(names.filter((name) => name !== optional).toSorted()).toEqual(expectedChildren);
      }
    },
    testTimeoutMs,
  );
});
