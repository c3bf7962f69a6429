import { setTimeout as sleep } from 'node:timers/promises';
import { apiRequest } from '../../cluster/api-request.ts';
import type { ApiTarget } from '../../cluster/api-request.ts';
import type { ClusterAccess } from '../../cluster/cluster.ts';
import { kubeRouterRole } from '../parts/kube-router.ts';
import { ADDONS } from '../real-node.ts';
import type { NodeOptions } from '../real-node.ts';
import { storageObjects } from '../volumes/storage-objects.ts';
import { corednsObjects } from './coredns.ts';
import type { Manifest } from './manifest.ts';
import { metricsServerObjects } from './metrics-server.ts';
import { ingressNamespace, traefikObjects } from './traefik.ts';

const readyTimeoutMs = 120_000;
const pollIntervalMs = 100;

function objects(options: NodeOptions): Manifest[] {
  const addons = options.addons ?? ADDONS;
  return [
    ...kubeRouterRole(),
    ...storageObjects(),
    ...corednsObjects(),
    ...(addons.includes('metrics') ? metricsServerObjects() : []),
    ...(addons.includes('ingress') ? traefikObjects() : []),
  ];
}

/** Creates the objects of the add-ons; their pods start when images and node are ready. */
export async function applyAddons(cluster: ClusterAccess, options: NodeOptions): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects(options) };
  const { code, stderr } = await cluster.kubectl(['create', '-f', '-'], {
    input: JSON.stringify(list),
  });
  if (code !== 0) throw new Error(`the add-ons cannot be created: ${stderr.trim()}`);
}

interface Wait {
  readonly name: string;
  readonly path: string;
  readonly isReady: (answer: Answer) => boolean;
}

interface Answer {
  readonly items?: readonly unknown[];
  readonly status?: { readonly availableReplicas?: number };
}

function waits(options: NodeOptions): Wait[] {
  const addons = options.addons ?? ADDONS;
  const deployment = (name: string, namespace: string, label: string): Wait => ({
    name: label,
    path: `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
    isReady: ({ status }) => (status?.availableReplicas ?? 0) > 0,
  });
  const metrics: Wait = {
    name: 'metrics',
    path: '/apis/metrics.k8s.io/v1beta1/pods',
    isReady: ({ items = [] }) => items.length > 0,
  };
  return [
    deployment('coredns', 'kube-system', 'DNS'),
    ...(addons.includes('ingress') ? [deployment('traefik', ingressNamespace, 'ingress')] : []),
    ...(addons.includes('metrics') ? [metrics] : []),
  ];
}

/**
 * Waits until all answer; `look` is called at each look, with a name when that one has begun to answer.
 * @throws Error that names what does not answer, and what `look` throws
 */
export async function waitForAddons(
  api: ApiTarget,
  options: NodeOptions,
  look: (name?: string) => void,
): Promise<void> {
  const deadline = Date.now() + readyTimeoutMs;
  let missing = waits(options);
  while (missing.length > 0) {
    look();
    const answers = await Promise.all(missing.map((wait) => isReady(api, wait)));
    for (const [index, wait] of missing.entries()) if (answers[index] === true) look(wait.name);
    missing = missing.filter((_, index) => answers[index] !== true);
    if (missing.length > 0 && Date.now() > deadline) {
      const names = missing.map(({ name }) => name).join(', ');
      throw new Error(`not ready after ${readyTimeoutMs} ms: ${names}`);
    }
    await sleep(pollIntervalMs);
  }
}

async function isReady(api: ApiTarget, { path, isReady: decide }: Wait): Promise<boolean> {
  const { status, text } = await apiRequest(api, { path });
  return status === 200 && decide(JSON.parse(text) as Answer);
}
