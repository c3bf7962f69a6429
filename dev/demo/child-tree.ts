// Everything that a store became, as a tree by owner references with the state of each object: what `kubectl tree` shows,
// and beside it what deliberately has no owner, since it outlives the store.
import type { ClusterAccess } from '../cluster/cluster.ts';
import { kubectl } from './demo-store.ts';

/** An object as kubectl prints it. */
export interface TreeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly ownerReferences?: readonly { readonly uid: string; readonly controller?: boolean }[];
  };
  // Kinds of all projects are shown.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly [field: string]: any;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
}

/** Copies that controllers keep of what is shown anyway, and what is no part of a store. */
const leftOut =
  /^(events|endpoints|endpointslices|controllerrevisions|pods\.metrics\.k8s\.io)(\.|$)/;

const conditionsOf = ({ status }: TreeObject): readonly Condition[] => status?.conditions ?? [];

function isTrue(object: TreeObject, type: string): boolean {
  return conditionsOf(object).some((one) => one.type === type && one.status === 'True');
}

function podState(pod: TreeObject): string {
  const waiting = pod['status'].containerStatuses?.find(
    (one: { state?: { waiting?: object } }) => one.state?.waiting !== undefined,
  );
  if (waiting !== undefined) return waiting.state.waiting.reason;
  return isTrue(pod, 'Ready') ? 'ready' : pod['status'].phase;
}

const states: Readonly<Record<string, (object: TreeObject) => string>> = {
  Deployment: ({ spec, status }) => `${status.availableReplicas ?? 0}/${spec.replicas} available`,
  HorizontalPodAutoscaler: ({ spec, status }) =>
    `${status.currentReplicas ?? 0} of ${spec.minReplicas}..${spec.maxReplicas}`,
  Ingress: ({ status }) => {
    const [address] = status.loadBalancer?.ingress ?? [];
    return address === undefined ? 'no address yet' : `at ${address.hostname ?? address.ip}`;
  },
  Job: (job) => (isTrue(job, 'Complete') ? 'complete' : isTrue(job, 'Failed') ? 'failed' : 'runs'),
  PersistentVolumeClaim: ({ status }) =>
    `${status.phase}, ${status.capacity?.storage ?? 'no size'}`,
  Pod: podState,
  PodDisruptionBudget: ({ status }) => `${status.disruptionsAllowed} may go`,
  ReplicaSet: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas} ready`,
  Secret: ({ data }) => Object.keys(data ?? {}).join(', '),
  Service: ({ spec }) => spec.ports.map(({ port }: { port: number }) => port).join(', '),
  StatefulSet: ({ spec, status }) => `${status.readyReplicas ?? 0}/${spec.replicas} ready`,
};

/** What an object says of itself in a word or two; empty for what is simply there. Pure. */
export function stateOf(object: TreeObject): string {
  const known = states[object.kind];
  if (known !== undefined) return known(object);
  const ready = conditionsOf(object).find(({ type }) => type === 'Ready');
  if (ready === undefined) return '';
  return ready.status === 'True' ? 'Ready' : (ready.reason ?? 'not Ready');
}

function byKindAndName(a: TreeObject, b: TreeObject): number {
  return a.kind.localeCompare(b.kind) || a.metadata.name.localeCompare(b.metadata.name);
}

interface Line {
  readonly text: string;
  readonly state: string;
}

function ownerUid({ metadata }: TreeObject): string | undefined {
  return metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
}

function branch(object: TreeObject, all: readonly TreeObject[], indent: string): readonly Line[] {
  const children = all.filter((one) => ownerUid(one) === object.metadata.uid);
  return children.flatMap((child, index) => {
    const isLast = index === children.length - 1;
    const text = `${indent}${isLast ? '└─' : '├─'} ${child.kind}/${child.metadata.name}`;
    const below = branch(child, all, `${indent}${isLast ? '   ' : '│  '}`);
    return [{ text, state: stateOf(child) }, ...below];
  });
}

/** The tree, line by line; what has no owner follows under a line of its own. Pure. */
export function treeLines(store: TreeObject, objects: readonly TreeObject[]): readonly string[] {
  const sorted = objects.toSorted(byKindAndName);
  const kept = sorted.filter((object) => ownerUid(object) === undefined);
  const lines: Line[] = [
    { text: `${store.kind}/${store.metadata.name}`, state: stateOf(store) },
    ...branch(store, sorted, ''),
  ];
  if (kept.length > 0) {
    lines.push({
      text: 'kept when the store is deleted, unless spec.deletion.policy is Delete',
      state: '',
    });
  }
  for (const object of kept) {
    lines.push({ text: `   ${object.kind}/${object.metadata.name}`, state: stateOf(object) });
    lines.push(...branch(object, sorted, '   '));
  }
  const width = Math.max(
    ...lines.filter(({ state }) => state !== '').map(({ text }) => text.length),
  );
  return lines.map(({ text, state }) => (state === '' ? text : `${text.padEnd(width)}  ${state}`));
}

/**
 * Reads a store and everything that carries its label, of whatever kind.
 * @throws Error with kubectl's own words
 */
export async function childTree(cluster: ClusterAccess, name: string): Promise<readonly string[]> {
  const list = ['api-resources', '--verbs=list', '--namespaced=true', '-o', 'name'];
  const kinds = (await kubectl(cluster, list)).split('\n').filter((kind) => kind !== '');
  const shown = kinds.filter((kind) => !leftOut.test(kind)).join(',');
  const label = `app.kubernetes.io/instance=${name}`;
  const found = await kubectl(cluster, ['get', shown, '-l', label, '-o', 'json']);
  const store = await kubectl(cluster, ['get', `dcs/${name}`, '-o', 'json']);
  const { items } = JSON.parse(found) as { readonly items: readonly TreeObject[] };
  return treeLines(JSON.parse(store) as TreeObject, items);
}
