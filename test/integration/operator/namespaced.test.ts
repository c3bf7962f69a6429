// Operators that serve single namespaces, each under the Roles of its release of the chart and nothing else.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type ChartRelease,
  installOperatorRole,
  type RenderedObject,
  renderChart,
} from '../../../dev/operator-role.ts';
import { operatorRelease } from '../../../dev/helm-command.ts';
import type { RunningOperator } from '../../../operator/app.ts';
import { defaultSettings, withSettings } from '../../../operator/runtime/settings.ts';
import { capturedLog } from '../../support/captured-log.ts';
import { mustRun, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { PlayedGateway } from '../../support/gateway-api.ts';
import { startOperatorAs } from '../../support/operator.ts';
import { samples } from '../../support/operator-pages.ts';
import { installPublishedCrds } from '../../support/published-crds.ts';
import {
  children,
  condition,
  installIngressClass,
  list,
  type LiveObject,
  read,
  readyStore,
  storeManifest,
} from '../../support/stores.ts';

/** Two releases of the chart with disjoint namespaces; nobody serves `orphan`. */
const first = { namespace: 'first-system', served: ['north', 'south', 'bazaar'] } as const;
const second = { namespace: 'second-system', served: ['east', 'late'] } as const;
const existing = ['north', 'south', 'bazaar', 'east', 'orphan'];

const releaseOf = (namespace: string, names: readonly string[]): ChartRelease => ({
  namespace,
  values: [`watchNamespaces={${names.join()}}`, 'userRoles.enabled=false'],
});

const sample = fileURLToPath(new URL('../../../crds/samples/namespaced.yaml', import.meta.url));

/** Discovery is asked each 20 seconds where no watch of CRDs tells of changes. */
const noticeMs = 30_000;

/** A sixth of the longest back-off of production, so that what is refused is tried again soon. */
const settings = withSettings(defaultSettings, { reflector: { backoffMaxMs: 5_000 } });

/** No write for so long is rest. */
const quietMs = 10_000;

/** The flag that the chart gives its operator. */
async function flagsOf(release: ChartRelease): Promise<readonly string[]> {
  const deployment = (await renderChart(release)).find(({ kind }) => kind === 'Deployment');
  const spec = deployment?.['spec'] as
    | { template: { spec: { containers: readonly { args: readonly string[] }[] } } }
    | undefined;
  const args = spec?.template.spec.containers.flatMap((container) => container.args) ?? [];
  const flags = args.filter((arg) => arg.startsWith('--watch-namespaces='));
  return [...flags, `--namespace=${release.namespace}`];
}

interface AuditEvent {
  readonly user: { readonly username: string };
  readonly verb: string;
  readonly requestURI: string;
  /** RFC 3339. */
  readonly requestReceivedTimestamp: string;
  readonly objectRef?: { readonly namespace?: string };
  readonly responseStatus?: { readonly code?: number };
}

const where = ({ objectRef }: AuditEvent): string => objectRef?.namespace ?? 'the cluster';

describe('the chart with namespaces', () => {
  const rulesOf = (objects: readonly RenderedObject[], kind: string, name: string): unknown[] =>
    objects
      .filter((object) => object.kind === kind && object.metadata.name === name)
      .map((object) => object['rules']);

  it('gives a Role in each of them, with the rules of the ClusterRole but for what belongs to the cluster', async () => {
    const whole = await renderChart();
    const single = await renderChart(releaseOf(first.namespace, first.served));
    const kinds = single.map(({ kind }) => kind).filter((kind) => /Role/.test(kind));
    const timesFour = (kind: string): string[] => Array.from({ length: 4 }, () => kind);
    expect(kinds.toSorted()).toEqual([...timesFour('Role'), ...timesFour('RoleBinding')]);
    const [clusterRules] = rulesOf(whole, 'ClusterRole', operatorRelease) as [
      { resources: string[] }[],
    ];
    const [north, south] = rulesOf(single, 'Role', `${operatorRelease}-stores`);
    expect(north).toEqual(south);
    expect(north).not.toHaveLength(0);
    const ofCluster = [
      'ingressclasses',
      'gatewayclasses',
      'clusterissuers',
      'customresourcedefinitions',
    ];
    expect(north).toEqual(
      clusterRules.filter(({ resources }) => !resources.some((each) => ofCluster.includes(each))),
    );
  });

  it('refuses what is not the name of a namespace', async () => {
    await expect(renderChart({ values: ['watchNamespaces={Shop}'] })).rejects.toThrow('pattern');
  });
});

describe('operators of single namespaces', { timeout: 200_000 }, () => {
  const cluster = withOwnCluster();
  const { log, lines } = capturedLog();
  const running: RunningOperator[] = [];
  /** When nothing is refused any more. */
  let settledAt = '';
  let orphan: LiveObject;

  const start = async (release: ChartRelease, flags: readonly string[]): Promise<void> => {
    const kubeconfig = await installOperatorRole(cluster(), release);
    running.push(await startOperatorAs(kubeconfig, { settings, flags, log }));
  };
  const ready = async (): Promise<{ status: number; text: string }> => {
    const response = await fetch(`http://127.0.0.1:${running[1]?.healthPort}/readyz`);
    return { status: response.status, text: await response.text() };
  };
  /** The Role of the second release in the namespace `late`, and its binding, as an older release might have left them. */
  const roleWithoutSecrets = async (): Promise<string> => {
    const items = (await renderChart(releaseOf(second.namespace, second.served)))
      .filter(({ metadata }) => metadata.namespace === 'late')
      .map((object) => ({
        ...object,
        ...(object.kind === 'Role' && {
          rules: (object['rules'] as { resources: string[] }[]).filter(
            ({ resources }) => !resources.includes('secrets'),
          ),
        }),
      }));
    return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  };
  const eventsOf = (namespace: string): readonly AuditEvent[] =>
    readFileSync(cluster().auditLogPath ?? '', 'utf8')
      .split('\n')
      .filter((line) => line.includes(`system:serviceaccount:${namespace}:${operatorRelease}`))
      .map((line) => JSON.parse(line) as AuditEvent);

  beforeAll(async () => {
    for (const name of existing) await mustRun(cluster(), ['create', 'namespace', name]);
    await start(
      releaseOf(first.namespace, first.served),
      await flagsOf(releaseOf(first.namespace, first.served)),
    );
    await mustRun(cluster(), ['apply', '-f', '-'], storeManifest('shop', 'orphan'));
    orphan = await read(cluster(), ['dcs/shop', '-n', 'orphan']);
    // A Role cannot be made in a namespace that does not exist.
    await start(
      releaseOf(second.namespace, ['east']),
      await flagsOf(releaseOf(second.namespace, second.served)),
    );
  }, 400_000);
  afterAll(() => Promise.all(running.map((operator) => operator.stop())));

  it('make stores Ready, each in its own', async () => {
    await readyStore(cluster(), 'north', 'shop');
    await readyStore(cluster(), 'south', 'shop', { deletion: { policy: 'Delete' } });
    await readyStore(cluster(), 'east', 'shop');
  });

  it('set back what others change', async () => {
    await mustRun(cluster(), [
      'label',
      'service/shop-api',
      '-n',
      'north',
      '--overwrite',
      'app.kubernetes.io/component=x',
    ]);
    await eventually(async () => {
      const { metadata } = await read(cluster(), ['service/shop-api', '-n', 'north']);
      expect(metadata.labels?.['app.kubernetes.io/component']).toBe('api');
    });
  });

  it('take the default class of the cluster for an Ingress, and say that they cannot check it', async () => {
    await installIngressClass(cluster(), 'edge', {
      controller: 'example.com/edge',
      isDefault: true,
    });
    await readyStore(cluster(), 'north', 'later');
    await eventually(async () => {
      const store = await read(cluster(), ['dcs/later', '-n', 'north']);
      expect(condition(store, 'ExposureReady')).toMatchObject({ reason: 'AddressPending' });
      expect(condition(store, 'ExposureReady')?.message).toContain(
        'of class edge has no address yet',
      );
      expect(condition(store, 'ExposureReady')?.message).toContain('watches single namespaces');
      expect(store['status'].exposure).toMatchObject({ mode: 'Ingress', className: 'edge' });
    });
  });

  it('make the sample Ready under restricted Pod Security, with the class that it names', async () => {
    const label = 'pod-security.kubernetes.io/enforce=restricted';
    await mustRun(cluster(), ['label', 'namespace', 'bazaar', label]);
    await mustRun(cluster(), ['apply', '-f', sample]);
    const ready = ['wait', '--for=condition=Ready', 'dcs/dhaka', '-n', 'bazaar', '--timeout=60s'];
    await mustRun(cluster(), ready);
    const { spec } = await read(cluster(), ['ingress/dhaka-ingress', '-n', 'bazaar']);
    expect(spec.ingressClassName).toBe('traefik');
  });

  it('delete', async () => {
    await mustRun(cluster(), ['delete', 'dcs/shop', '-n', 'south', '--wait']);
    await eventually(async () => {
      expect(await children(cluster(), 'south', 'shop')).toEqual([]);
    });
  });

  it('serve a namespace as soon as it exists with its Role, and name it until then', async () => {
    const { status, text } = await ready();
    expect(status).toBe(200);
    expect(text).toMatch(/caches ok, but refused to list or watch .* in namespace late: it does/);
    expect(lines.filter(({ msg }) => msg.includes('in namespace late'))).toHaveLength(1);
    const served = async (): Promise<number | undefined> => {
      const found = await samples(running[1] as RunningOperator, 'dhakacart_namespace_served');
      return found.find(({ labels }) => labels.includes('namespace="late"'))?.value;
    };
    expect(await served()).toBe(0);

    await mustRun(cluster(), ['create', 'namespace', 'late']);
    await mustRun(cluster(), ['apply', '-f', '-'], storeManifest('shop', 'late'));
    await mustRun(cluster(), ['apply', '-f', '-'], await roleWithoutSecrets());
    await eventually(
      async () => expect((await ready()).text).toContain('list or watch secrets in namespace late'),
      { timeoutMs: 60_000 },
    );
    // The store is seen, and left alone.
    expect((await read(cluster(), ['dcs/shop', '-n', 'late'])).metadata.finalizers).toBeUndefined();
    expect(await children(cluster(), 'late', 'shop')).toEqual([]);

    await installOperatorRole(cluster(), releaseOf(second.namespace, second.served));
    await mustRun(cluster(), [
      'wait',
      '--for=condition=Ready',
      'dcs/shop',
      '-n',
      'late',
      '--timeout=90s',
    ]);

    settledAt = new Date().toISOString();
    expect(await served()).toBe(1);
    expect((await ready()).text).toMatch(/caches ok$/m);
  });

  it('find the Gateway API within half a minute of its arrival, and use a Gateway that they cannot read', async () => {
    const platform = new PlayedGateway(cluster);
    const shared = { name: 'shared', namespace: 'orphan' };
    const parentRef = { ...shared, sectionName: 'https', httpSectionName: 'http' };
    await installPublishedCrds(cluster(), 'gateway-api');
    await platform.installClass('envoy');
    await platform.installGateway(shared, 'envoy');
    const exposure = { mode: 'Gateway', gateway: { parentRef } };
    await mustRun(cluster(), ['apply', '-f', '-'], storeManifest('routed', 'north', { exposure }));
    const routes = ['routed-route', 'routed-redirect'].map((name) => ({
      name,
      namespace: 'north',
    }));
    for (const route of routes) {
      await eventually(() => platform.judgeRoute(route), { timeoutMs: noticeMs });
    }

    await eventually(async () => {
      const store = await read(cluster(), ['dcs/routed', '-n', 'north']);
      expect(condition(store, 'ExposureReady')).toMatchObject({ status: 'True', reason: 'Ready' });
      expect(condition(store, 'ExposureReady')?.message).toContain(
        'in a namespace that the operator does not watch',
      );
    });
  });

  it('come to rest, and do not fight', async () => {
    const writes = (since: number): readonly string[] =>
      [first, second]
        .flatMap(({ namespace }) => eventsOf(namespace))
        .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
        .filter(({ requestURI }) => !requestURI.includes('/leases/'))
        .filter(({ requestReceivedTimestamp }) => Date.parse(requestReceivedTimestamp) > since)
        .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
    expect(writes(0).length).toBeGreaterThan(50);
    await eventually(() => expect(writes(Date.now() - quietMs)).toEqual([]), {
      timeoutMs: 60_000,
      intervalMs: 1_000,
    });
    const drift = await list(cluster(), 'events.events.k8s.io', ['-A']);
    expect(
      drift.filter(({ reason }) => reason === 'DriftRepaired').map(({ note }) => note as string),
    ).toEqual([expect.stringContaining('Service shop-api')]);
  });

  it('do not touch a store of another namespace', async () => {
    const now = await read(cluster(), ['dcs/shop', '-n', 'orphan']);
    expect(now.metadata.resourceVersion).toBe(orphan.metadata.resourceVersion);
    expect(await children(cluster(), 'orphan', 'shop')).toEqual([]);
  });

  it('ask for nothing outside of their namespaces, and are refused nothing', () => {
    for (const { namespace, served } of [first, second]) {
      const events = eventsOf(namespace);
      const places = new Set(events.filter(({ objectRef }) => objectRef !== undefined).map(where));
      expect([...places].toSorted()).toEqual([...served, namespace].toSorted());
      const refused = events.filter(({ responseStatus }) => responseStatus?.code === 403);
      const since = namespace === second.namespace ? settledAt : '';
      expect(
        refused
          .filter(({ requestReceivedTimestamp }) => requestReceivedTimestamp > since)
          .map(({ verb, requestURI }) => `${verb} ${requestURI}`),
      ).toEqual([]);
    }
  });

  it('leave a namespace alone whose Role is taken away, and take it up again with it', async () => {
    const edit = [
      'patch',
      'dcs/shop',
      '-n',
      'late',
      '--type=merge',
      '-p',
      '{"spec":{"paused":true}}',
    ];
    const isPaused = async (): Promise<boolean> =>
      condition(await read(cluster(), ['dcs/shop', '-n', 'late']), 'Paused')?.status === 'True';
    await mustRun(cluster(), ['delete', `role/${operatorRelease}-stores`, '-n', 'late']);
    // A watch goes on with the rights that it began with.
    await cluster().restart('kube-apiserver');
    await eventually(async () => expect((await ready()).text).toContain('in namespace late'));
    await mustRun(cluster(), edit);
    await readyStore(cluster(), 'east', 'another');
    expect(await isPaused()).toBe(false);

    await installOperatorRole(cluster(), releaseOf(second.namespace, second.served));
    await eventually(async () => expect(await isPaused()).toBe(true), { timeoutMs: 60_000 });
    expect((await ready()).text).toMatch(/caches ok$/m);
  });
});
