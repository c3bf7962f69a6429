// The policies of a store against a network that enforces them: whoever may try tries everybody on every port, and what gets
// through is what the evaluator of the unit tests says, no more and no less. The pods carry the labels of a store's, and no
// store is there, so that nothing but the policies is between them.
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { expect, it } from 'vitest';
import type { RealNode } from '../../../dev/node/real-node.ts';
import { networkPolicies } from '../../../operator/desired/network-policies.ts';
import { partNames, selectorLabels } from '../../../operator/names.ts';
import { aStore } from '../../support/a-store.ts';
import { mustRun } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { type End, isAllowed } from '../../support/network-evaluator.ts';
import { list } from '../../support/stores.ts';
import { listener } from './probe-pods.ts';

const databasePort = 5432;
const ports = [53, 587, databasePort, 8080, 9464] as const;
const protocols = ['TCP', 'UDP'] as const;
const storeName = 'dhaka';

/** Everybody who may try, by the name of the pod. */
function places(prefix: string) {
  const shop = `${prefix}-shop`;
  const ours = partNames.map((part) => [part, shop, selectorLabels(storeName, part)] as const);
  return [
    ...ours,
    ['neighbour-api', shop, selectorLabels('khulna', 'api')],
    ['stranger', shop, { app: 'curl' }],
    ['ingress-controller', `${prefix}-ingress`, { app: 'proxy' }],
    ['beside-the-controller', `${prefix}-ingress`, { app: 'other' }],
    ['prometheus', `${prefix}-monitoring`, { app: 'prometheus' }],
    ['dns', `${prefix}-dns`, { 'k8s-app': 'kube-dns' }],
    ['beside-dns', `${prefix}-dns`, { 'k8s-app': 'other' }],
    ['mail-server', `${prefix}-mail`, { app: 'mail' }],
  ] as const;
}

type Ends = ReadonlyMap<string, End>;

async function startEnds(node: RealNode, prefix: string): Promise<Ends> {
  const all = places(prefix);
  const namespaces = [...new Set(all.map(([, namespace]) => namespace))];
  for (const namespace of namespaces) await mustRun(node, ['create', 'namespace', namespace]);
  const items = all.map(([name, namespace, labels]) =>
    listener({ name, namespace, labels }, ports),
  );
  const pods = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await mustRun(node, ['create', '-f', '-'], pods);
  const ready = ['--for=condition=Ready', '--all', '--timeout=90s'];
  for (const namespace of namespaces)
    await mustRun(node, ['wait', 'pod', ...ready, '-n', namespace]);
  const found = await Promise.all(
    namespaces.map((namespace) => list(node, 'pods', ['-n', namespace])),
  );
  return new Map(
    found
      .flat()
      .map(({ metadata, status }) => [
        metadata.name,
        { address: status.podIP, namespace: metadata.namespace, labels: metadata.labels ?? {} },
      ]),
  );
}

function policiesFor(prefix: string, mailServer: End): readonly INetworkPolicy[] {
  const store = aStore({
    name: storeName,
    namespace: `${prefix}-shop`,
    spec: {
      networkPolicy: {
        ingressFrom: [{ namespace: `${prefix}-ingress`, podLabels: { app: 'proxy' } }],
        metricsFrom: [{ namespace: `${prefix}-monitoring` }],
        egressTo: [{ cidr: `${mailServer.address}/32`, port: 587 }],
        dns: { namespace: `${prefix}-dns`, podLabels: { 'k8s-app': 'kube-dns' }, cidrs: [] },
      },
    },
  });
  return networkPolicies(store, { databasePort }).map((policy) => {
    const { ownerReferences: _owners, ...metadata } = policy.metadata;
    return { ...policy, metadata } as unknown as INetworkPolicy;
  });
}

interface Try {
  readonly told: string;
  readonly address: string;
  readonly isAllowed: boolean;
}

/** All that one end may try. */
function triesOf(from: string, ends: Ends, policies: readonly INetworkPolicy[]): readonly Try[] {
  const sender = ends.get(from) as End;
  return [...ends]
    .filter(([name]) => name !== from)
    .flatMap(([name, to]) =>
      ports.flatMap((port) =>
        protocols.map((protocol) => ({
          told: `${from} -> ${name} ${port}/${protocol}`,
          address: `${protocol.toLowerCase()}/${to.address}:${port}`,
          isAllowed: isAllowed(policies, { from: sender, to, port, protocol }),
        })),
      ),
    );
}

/** What gets through, of one end's tries. */
async function through(node: RealNode, from: string, at: End, tries: readonly Try[]) {
  const pod = ['exec', '-n', at.namespace ?? '', from, '--', '/probe', 'knock'];
  const answered = await mustRun(node, [...pod, ...tries.map(({ address }) => address)]);
  const open = new Set(answered.trim().split('\n'));
  return tries.filter(({ address }) => open.has(address)).map(({ told }) => told);
}

/** Every pair of ends, every port. */
export function networkMatrix(node: () => RealNode): void {
  it('lets through what the policies of a store say, and nothing else', async () => {
    const prefix = 'matrix';
    const ends = await startEnds(node(), prefix);
    const policies = policiesFor(prefix, ends.get('mail-server') as End);
    const items = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: policies });
    await mustRun(node(), ['create', '-f', '-'], items);

    const everybody = [...ends].map(([name, at]) => ({
      name,
      at,
      tries: triesOf(name, ends, policies),
    }));
    const expected = everybody.flatMap(({ tries }) =>
      tries.filter((one) => one.isAllowed).map(({ told }) => told),
    );
    expect(expected.length).toBeGreaterThan(300);
    // The network takes a moment to know new pods and policies.
    await eventually(
      async () => {
        const passed = await Promise.all(
          everybody.map(({ name, at, tries }) => through(node(), name, at, tries)),
        );
        expect(passed.flat().toSorted()).toEqual(expected.toSorted());
      },
      { timeoutMs: 60_000, intervalMs: 1_000 },
    );
    for (const namespace of new Set([...ends.values()].map((end) => end.namespace ?? ''))) {
      await mustRun(node(), ['delete', 'namespace', namespace, '--wait=false']);
    }
  });
}
