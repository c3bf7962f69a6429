import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiRequest } from './api-request.ts';
import type { ApiRequest, ApiTarget } from './api-request.ts';
import type { ClusterLayout } from './cluster-layout.ts';
import { kwokNode } from './kwok-nodes.ts';
import { kwokStorageClass, kwokVolume } from './kwok-volumes.ts';
import { pkiPaths } from './pki.ts';

const READY_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 50;
const DEFAULT_SERVICE_ACCOUNT = '/api/v1/namespaces/default/serviceaccounts/default';
const CREATED = 201;
const CONFLICT = 409;

/** The cluster to fill, and the administrator's token. */
export interface FirstObjectsTarget {
  readonly layout: ClusterLayout;
  readonly token: string;
}

/** What kwok will play. */
export interface PlayedObjects {
  readonly nodes: number;
  readonly podsPerNode: number;
  /** Volumes for claims of the default storage class; each is bound once. */
  readonly volumes: number;
}

/** Creates the nodes that kwok will play, and volumes for them. */
export async function createFirstObjects(
  target: FirstObjectsTarget,
  { nodes, podsPerNode, volumes }: PlayedObjects,
): Promise<void> {
  const create = creator(apiTarget(target));
  for (let index = 0; index < nodes; index += 1)
    await create('/api/v1/nodes', kwokNode(index, podsPerNode));
  if (volumes === 0) return;
  await create('/apis/storage.k8s.io/v1/storageclasses', kwokStorageClass);
  for (let index = 0; index < volumes; index += 1)
    await create('/api/v1/persistentvolumes', kwokVolume(index));
}

function creator(api: ApiTarget) {
  return async (path: ApiRequest['path'], body: Record<string, unknown>): Promise<void> => {
    const { status, text } = await apiRequest(api, { path, body });
    if (status !== CREATED && status !== CONFLICT) throw new Error(`${path}: not created: ${text}`);
  };
}

/** Waits until pods can be created and scheduled: default service account there, all nodes usable. */
export async function waitForFirstObjects(
  target: FirstObjectsTarget,
  expected: { readonly nodes: number; readonly hasControllers: boolean },
): Promise<void> {
  const api = apiTarget(target);
  const account = expected.hasControllers ? DEFAULT_SERVICE_ACCOUNT : '/api/v1/namespaces/default';
  await until('the default service account', async () => (await get(api, account)).status === 200);
  await until(`${expected.nodes} ready nodes`, async () => {
    const { text } = await get(api, '/api/v1/nodes');
    const { items = [] } = JSON.parse(text) as { items?: NodeObject[] };
    return items.filter(isUsable).length >= expected.nodes;
  });
}

interface NodeObject {
  readonly spec: { readonly taints?: readonly unknown[] };
  readonly status?: { readonly conditions?: readonly { type: string; status: string }[] };
}

// The node lifecycle controller takes the not-ready taint away a moment after the node turns Ready.
function isUsable({ spec, status }: NodeObject): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && (spec.taints ?? []).length === 0;
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`no ${what} after ${READY_TIMEOUT_MS} ms`);
    await sleep(POLL_INTERVAL_MS);
  }
}

function get(api: ApiTarget, path: ApiRequest['path']): ReturnType<typeof apiRequest> {
  return apiRequest(api, { path });
}

/** How the administrator reaches the API server. */
export function apiTarget({ layout, token }: FirstObjectsTarget): ApiTarget {
  const authority = readFileSync(pkiPaths(layout.pki).authority, 'utf8');
  return { server: layout.server, authority, token };
}
