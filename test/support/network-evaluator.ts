// What NetworkPolicies let through, by the rules of https://kubernetes.io/docs/concepts/services-networking/network-policies/:
// a flow passes when the sender's side and the receiver's side both allow it, and a side without a policy allows all.
import { BlockList } from 'node:net';
import type {
  INetworkPolicy,
  INetworkPolicyPeer,
  INetworkPolicyPort,
} from 'kubernetes-models/networking.k8s.io/v1';

/** One end of a flow: a pod has a namespace and labels, an address elsewhere has neither. */
export interface End {
  readonly address: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A connection that somebody tries to open. */
export interface Flow {
  readonly from: End;
  readonly to: End;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

type Labels = Readonly<Record<string, string>>;

function selects(wanted: Labels | undefined, labels: Labels | undefined): boolean {
  if (labels === undefined) return false;
  return Object.entries(wanted ?? {}).every(([key, value]) => labels[key] === value);
}

function isInBlock(cidr: string, address: string): boolean {
  const [net = '', bits] = cidr.split('/');
  const block = new BlockList();
  block.addSubnet(net, Number(bits), net.includes(':') ? 'ipv6' : 'ipv4');
  return block.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}

function isPeer(peer: INetworkPolicyPeer, end: End, namespace: string): boolean {
  if (peer.ipBlock !== undefined) return isInBlock(peer.ipBlock.cidr, end.address);
  if (end.namespace === undefined) return false;
  const isThere =
    peer.namespaceSelector === undefined
      ? end.namespace === namespace
      : selects(peer.namespaceSelector.matchLabels, {
          'kubernetes.io/metadata.name': end.namespace,
        });
  return isThere && selects(peer.podSelector?.matchLabels, end.labels);
}

function isPort(ports: readonly INetworkPolicyPort[] | undefined, flow: Flow): boolean {
  if (ports === undefined) return true;
  return ports.some(
    ({ port, protocol = 'TCP' }) => port === flow.port && protocol === flow.protocol,
  );
}

function sideAllows(
  policies: readonly INetworkPolicy[],
  flow: Flow,
  side: 'Ingress' | 'Egress',
): boolean {
  const [end, other] = side === 'Ingress' ? [flow.to, flow.from] : [flow.from, flow.to];
  const applying = policies.filter(
    ({ metadata, spec }) =>
      metadata?.namespace === end.namespace &&
      spec?.policyTypes?.includes(side) === true &&
      selects(spec.podSelector?.matchLabels, end.labels),
  );
  if (applying.length === 0) return true;
  return applying.some(({ metadata, spec }) => {
    const rules =
      side === 'Ingress'
        ? (spec?.ingress ?? []).map((rule) => ({ peers: rule.from, ports: rule.ports }))
        : (spec?.egress ?? []).map((rule) => ({ peers: rule.to, ports: rule.ports }));
    return rules.some(
      ({ peers, ports }) =>
        isPort(ports, flow) &&
        (peers === undefined ||
          peers.some((peer) => isPeer(peer, other, metadata?.namespace ?? ''))),
    );
  });
}

/** Does it pass? */
export function isAllowed(policies: readonly INetworkPolicy[], flow: Flow): boolean {
  return sideAllows(policies, flow, 'Egress') && sideAllows(policies, flow, 'Ingress');
}
