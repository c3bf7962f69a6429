// Who may talk to whom. One policy denies everything for every pod of the store, the others allow exactly the flows that
// the shop needs; policies only add (https://kubernetes.io/docs/concepts/services-networking/network-policies/). Ports are
// those of the pods. The page's server and the database ask nobody anything, not even for names.
import type {
  INetworkPolicy,
  INetworkPolicyEgressRule,
  INetworkPolicyIngressRule,
  INetworkPolicyPeer,
} from 'kubernetes-models/networking.k8s.io/v1';
import { managedDatabase } from '../../crds/store/database.ts';
import type { NetworkPeer } from '../../crds/store/network-policy.ts';
import type { Store } from '../../crds/store/store.ts';
import {
  type networkPolicySuffixes,
  type PartName,
  ports,
  selectorLabels,
  storeSelector,
  wantedPolicySuffixes,
} from '../names.ts';
import { ownedMetadata } from './child-metadata.ts';
import type { Facts, Manifest } from './desired-object.ts';

const dnsPort = 53;
const namespaceNameLabel = 'kubernetes.io/metadata.name';

type NetworkFacts = Pick<Facts, 'databasePort'>;

interface Flows {
  readonly ingress?: INetworkPolicyIngressRule[];
  readonly egress?: INetworkPolicyEgressRule[];
}

const tcp = (port: number) => ({ port, protocol: 'TCP' as const });

function peer({ namespace, podLabels, cidr }: NetworkPeer): INetworkPolicyPeer {
  if (cidr !== '') return { ipBlock: { cidr } };
  return {
    namespaceSelector: { matchLabels: { [namespaceNameLabel]: namespace } },
    ...(Object.keys(podLabels).length > 0 && { podSelector: { matchLabels: podLabels } }),
  };
}

function part(store: Store, name: PartName): INetworkPolicyPeer {
  return { podSelector: { matchLabels: selectorLabels(store.metadata.name, name) } };
}

/** The port that shoppers use: open to all when nobody is named, since where an ingress controller runs is not known. */
function fromShoppers({ spec }: Store): INetworkPolicyIngressRule {
  const from = spec.networkPolicy.ingressFrom.map(peer);
  return { ...(from.length > 0 && { from }), ports: [tcp(ports.http.container)] };
}

function fromClients(store: Store): INetworkPolicyIngressRule {
  const from = (['api', 'migration'] as const).map((name) => part(store, name));
  return { from, ports: [tcp(ports.postgres.container)] };
}

/** One that somebody else runs may be anywhere when its addresses are not named; its port is known. */
function toDatabase(store: Store, { databasePort }: NetworkFacts): INetworkPolicyEgressRule {
  const to =
    managedDatabase(store.spec.database) === undefined
      ? store.spec.networkPolicy.databaseCIDRs.map((cidr) => ({ ipBlock: { cidr } }))
      : [part(store, 'database')];
  return { ...(to.length > 0 && { to }), ports: [tcp(databasePort)] };
}

/** No rule where there is nobody to ask: one without peers would mean "anybody". */
function toNames({ spec }: Store): INetworkPolicyEgressRule[] {
  const { namespace, podLabels, cidrs } = spec.networkPolicy.dns;
  const pods = namespace === '' ? [] : [peer({ namespace, podLabels, cidr: '' })];
  const to = [...pods, ...cidrs.map((cidr) => ({ ipBlock: { cidr } }))];
  return to.length === 0 ? [] : [{ to, ports: [{ port: dnsPort, protocol: 'UDP' }, tcp(dnsPort)] }];
}

function apiFlows(store: Store, facts: NetworkFacts): Flows {
  const { metricsFrom, egressTo } = store.spec.networkPolicy;
  const scrapes = { from: metricsFrom.map(peer), ports: [tcp(ports.metrics.container)] };
  return {
    ingress: [fromShoppers(store), ...(metricsFrom.length > 0 ? [scrapes] : [])],
    egress: [
      ...toNames(store),
      toDatabase(store, facts),
      ...egressTo.map(({ cidr, port }) => ({ to: [{ ipBlock: { cidr } }], ports: [tcp(port)] })),
    ],
  };
}

type Suffix = (typeof networkPolicySuffixes)[number];

const parts: Readonly<Record<Exclude<Suffix, 'deny'>, PartName>> = {
  api: 'api',
  web: 'web',
  db: 'database',
  migrate: 'migration',
};

function flows(store: Store, suffix: Suffix, facts: NetworkFacts): Flows {
  switch (suffix) {
    case 'deny':
      return {};
    case 'api':
      return apiFlows(store, facts);
    case 'web':
      return { ingress: [fromShoppers(store)] };
    case 'db':
      return { ingress: [fromClients(store)] };
    case 'migrate':
      return { egress: [...toNames(store), toDatabase(store, facts)] };
  }
}

function policy(store: Store, suffix: Suffix, facts: NetworkFacts): Manifest {
  const name = suffix === 'deny' ? undefined : parts[suffix];
  const { name: storeName } = store.metadata;
  const labels = name === undefined ? storeSelector(storeName) : selectorLabels(storeName, name);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: ownedMetadata(store, name ?? 'api', suffix),
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ['Ingress', 'Egress'],
      ...flows(store, suffix, facts),
    },
  } satisfies INetworkPolicy;
}

/** The policies of a store; none when they are switched off. Pure. */
export function networkPolicies(store: Store, facts: NetworkFacts): readonly Manifest[] {
  if (!store.spec.networkPolicy.enabled) return [];
  return wantedPolicySuffixes(store.spec.database).map((suffix) => policy(store, suffix, facts));
}
