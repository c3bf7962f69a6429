// `spec.networkPolicy`: who may talk to the store's pods, and to whom they may. Nobody, unless it is said here or the shop
// cannot do without (https://kubernetes.io/docs/concepts/services-networking/network-policies/). A cluster whose network
// enforces no policies takes them and lets everything pass.
import { z } from 'zod';
import {
  ipv4Pattern,
  isQualifiedName,
  labelValuePattern,
  patternedString,
  qualifiedNameCel,
  qualifiedNameFormat,
} from './formats.ts';
import { celString, ruled, type Rule } from './rules.ts';

const ipv4 = `${ipv4Pattern}/(3[0-2]|[12]?[0-9])`;

const group = '[0-9a-f]{1,4}';
/** RFC 4291 section 2.2, without embedded IPv4 addresses. */
const ipv6Address = [
  `(${group}:){7}${group}`,
  `(${group}:){1,7}:`,
  ...[1, 2, 3, 4, 5, 6].map((after) => `(${group}:){1,${7 - after}}(:${group}){1,${after}}`),
  `:(:${group}){1,7}`,
  '::',
].join('|');
const ipv6 = `(${ipv6Address})/(12[0-8]|1[01][0-9]|[1-9]?[0-9])`;

const cidrFormat =
  'a block of addresses such as 10.0.0.0/16 or 2001:db8::/32, or /32 for one address';

const cidr = (mayBeEmpty: boolean): z.ZodString =>
  patternedString(
    43,
    `^(${mayBeEmpty ? '|' : ''}${ipv4}|${ipv6})$`,
    `must be ${cidrFormat}${mayBeEmpty ? ', or empty' : ''}`,
  );

const namespaceName = (): z.ZodString =>
  patternedString(
    63,
    '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$',
    'must be the name of a namespace, or empty',
  );

type Labels = Readonly<Record<string, string>>;

const labelValue = new RegExp(labelValuePattern);

const podLabels = ruled(
  z.record(z.string(), z.string().max(63)).meta({ maxProperties: 10 }),
  {
    cel: 'self.size() <= 10',
    holds: (labels: Labels) => Object.keys(labels).length <= 10,
    message: 'must have at most 10 labels',
  },
  {
    cel: `self.all(key, ${qualifiedNameCel('key')} && self[key].matches(${celString(labelValuePattern)}))`,
    holds: (labels: Labels) =>
      Object.entries(labels).every(
        ([key, value]) => isQualifiedName(key) && labelValue.test(value),
      ),
    message: `must be labels: ${qualifiedNameFormat}, with label values`,
  },
);

interface Peer {
  readonly namespace: string;
  readonly podLabels: Labels;
  readonly cidr: string;
}

const peerRules: readonly Rule<Peer>[] = [
  {
    cel: `(self.namespace != '') != (self.cidr != '')`,
    holds: ({ namespace, cidr: block }) => (namespace !== '') !== (block !== ''),
    message: 'must have exactly one of namespace and cidr: write one of them',
  },
  {
    cel: `self.cidr == '' || self.podLabels.size() == 0`,
    holds: ({ cidr: block, podLabels: labels }) => block === '' || Object.keys(labels).length === 0,
    message: 'must be empty beside cidr: addresses have no labels',
    field: 'podLabels',
  },
];

const peer = ruled(
  z.object({
    namespace: namespaceName().default('').describe('Pods of this namespace.'),
    podLabels: podLabels
      .default({})
      .describe('Only those with all of these labels; empty means every pod there.'),
    cidr: cidr(true).default('').describe('These addresses, instead of a namespace.'),
  }),
  ...peerRules,
).describe('Pods of a namespace, or a block of addresses.');

const peers = () => z.array(peer).max(20).meta({ 'x-kubernetes-list-type': 'atomic' }).default([]);

/** Schema of `spec.networkPolicy`. */
export const networkPolicySpec = z
  .object({
    enabled: z.boolean().default(true).describe('Make NetworkPolicies for the pods of the store.'),
    ingressFrom: peers().describe(
      'Who may open connections to the page and the API, such as the namespace of the ingress controller or of the proxies of a Gateway. Empty: everybody, on the port that shoppers use and no other.',
    ),
    metricsFrom: peers().describe(
      'Who may read the metrics of the API, such as the namespace of Prometheus. Empty: nobody.',
    ),
    egressTo: z
      .array(
        z
          .object({
            cidr: cidr(false).describe('Addresses.'),
            port: z.int().min(1).max(65_535).describe('TCP port.'),
          })
          .describe('Addresses and a port.'),
      )
      .max(20)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .default([])
      .describe('What the API may reach besides the database, such as a mail server.'),
    databaseCIDRs: z
      .array(cidr(false))
      .max(20)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .default([])
      .describe(
        'Addresses of an external database or of RDS, such as its subnets: a failover changes the address. Only the API and the migration reach them, on the port in the Secret. Empty: any address on that port, which also takes in a database of pods.',
      ),
    dns: z
      .object({
        namespace: namespaceName().default('kube-system').describe('Namespace of the DNS pods.'),
        podLabels: podLabels.default({ 'k8s-app': 'kube-dns' }).describe('Labels of the DNS pods.'),
        cidrs: z
          .array(cidr(false))
          .max(10)
          .meta({ 'x-kubernetes-list-type': 'atomic' })
          .default(['169.254.20.10/32'])
          .describe('Addresses of DNS servers that are no pods: NodeLocal DNSCache by default.'),
      })
      .prefault({})
      .describe('Where pods that need names may ask for them.'),
  })
  .prefault({})
  .describe(
    'Who may talk to the pods of the store and to whom they may: nobody else. It takes a network that enforces NetworkPolicy.',
  );

/** `spec.networkPolicy` after defaults. */
export type NetworkPolicySpec = z.output<typeof networkPolicySpec>;
/** Pods of a namespace, or a block of addresses. */
export type NetworkPeer = NetworkPolicySpec['ingressFrom'][number];
