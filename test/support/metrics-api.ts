// A metrics API (metrics.k8s.io) for a control plane whose pods do no work: it answers with the use that a test decides on.
// The API server finds it as it finds metrics-server, by an APIService.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority, issueCertificate } from '../../dev/cluster/certificate.ts';
import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { apiClient } from './api-client.ts';
import { mustRun } from './cluster.ts';
import type { LiveObject } from './stores.ts';

const apiVersion = 'metrics.k8s.io/v1beta1';
const serviceName = 'metrics-of-a-test';

/** What all pods of a component use together; an autoscaler sees each with an equal share. */
export interface Use {
  readonly milliCpu: number;
  readonly mebibytesEach: number;
}

/** A metrics API that is served. */
export interface MetricsApi {
  /** Use by component, from now on. */
  use: Readonly<Record<string, Use>>;
  /** Takes it out of the cluster. */
  remove(): Promise<void>;
}

const discovery = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: apiVersion,
  resources: [
    {
      name: 'pods',
      singularName: 'pod',
      namespaced: true,
      kind: 'PodMetrics',
      verbs: ['get', 'list'],
    },
  ],
};

function podMetrics(pod: LiveObject, { milliCpu, mebibytesEach }: Use, pods: number) {
  const { name, namespace, labels } = pod.metadata;
  const component = labels?.['app.kubernetes.io/component'] ?? '';
  const usage = { cpu: `${Math.round(milliCpu / pods)}m`, memory: `${mebibytesEach}Mi` };
  return {
    metadata: { name, namespace, labels },
    timestamp: new Date().toISOString(),
    window: '1s',
    containers: [{ name: component, usage }],
  };
}

function isReady({ status }: LiveObject): boolean {
  const conditions = (status.conditions ?? []) as readonly { type: string; status: string }[];
  return conditions.some((one) => one.type === 'Ready' && one.status === 'True');
}

function registration(port: number, authority: string): string {
  const metadata = { name: serviceName, namespace: 'kube-system' };
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata,
    spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
  };
  const apiService = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: {
      group: 'metrics.k8s.io',
      version: 'v1beta1',
      service: { ...metadata, port },
      caBundle: Buffer.from(authority).toString('base64'),
      groupPriorityMinimum: 100,
      versionPriority: 100,
    },
  };
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [service, apiService] });
}

/** Serves it on loopback and tells the API server of it; the caller removes it. */
export async function serveMetricsApi(
  cluster: ClusterAccess,
  use: MetricsApi['use'],
): Promise<MetricsApi> {
  const client = apiClient(cluster.kubeconfigPath);
  const metrics: MetricsApi = { use, remove };

  async function podsMetrics(namespace: string, search: string): Promise<object> {
    const answer = await client.request('GET', `/api/v1/namespaces/${namespace}/pods${search}`);
    const pods = (answer.body.items as readonly LiveObject[]).filter(isReady);
    const items = pods.flatMap((pod) => {
      const used = metrics.use[pod.metadata.labels?.['app.kubernetes.io/component'] ?? ''];
      return used === undefined ? [] : [podMetrics(pod, used, pods.length)];
    });
    return { kind: 'PodMetricsList', apiVersion, metadata: {}, items };
  }

  async function bodyFor({ pathname, search }: URL): Promise<object | undefined> {
    const namespace = /\/namespaces\/([^/]+)\/pods$/.exec(pathname)?.[1];
    if (namespace !== undefined) return podsMetrics(namespace, search);
    return pathname === `/apis/${apiVersion}` ? discovery : undefined;
  }

  const authority = createAuthority('metrics');
  // The aggregator asks for a Service by the name that Services have.
  const { certificate, key } = issueCertificate(authority, {
    subject: { commonName: serviceName },
    usage: 'server',
    hosts: [`${serviceName}.kube-system.svc`],
  });
  const server = createServer({ cert: certificate, key }, (request, response) => {
    void bodyFor(new URL(request.url ?? '/', 'https://metrics')).then((body) => {
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const objects = registration((server.address() as AddressInfo).port, authority.certificate);
  await mustRun(cluster, ['apply', '-f', '-'], objects);
  await mustRun(cluster, [
    'wait',
    '--for=condition=Available',
    'apiservice/v1beta1.metrics.k8s.io',
    '--timeout=60s',
  ]);

  async function remove(): Promise<void> {
    await mustRun(cluster, ['delete', '-f', '-'], objects);
    server.closeAllConnections();
    server.close();
    await client.close();
  }
  return metrics;
}
