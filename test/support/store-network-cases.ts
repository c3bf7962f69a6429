// Accepted and refused examples for `spec.networkPolicy`; the table is read with the others of store-cases.ts.
import type { StoreCase } from './store-cases.ts';

const goodBlocks = [
  '10.0.0.0/8',
  '0.0.0.0/0',
  '203.0.113.7/32',
  '2001:db8::/32',
  '::/0',
  '::1/128',
];
const badBlocks = [
  '10.0.0.1',
  '10.0.0.0/33',
  '10.0.0.256/8',
  '010.0.0.0/8',
  '10.0.0.0/08',
  '2001:db8::/129',
  '1::2::3/64',
  'example.com/24',
];
const blockMessage = 'must be a block of addresses such as 10.0.0.0/16';
const oneOfBoth = 'must have exactly one of namespace and cidr: write one of them';

const inNetwork = (fields: object): object => ({ networkPolicy: fields });
const manyLabels = (size: number): object =>
  Object.fromEntries(Array.from({ length: size }, (_, index) => [`label-${index}`, 'a']));

/** Rules on the labels of pods, wherever they are named. */
function labelCases(
  title: string,
  path: string,
  withLabels: (labels: object) => object,
): readonly StoreCase[] {
  return [
    {
      title: `${title}: podLabels are labels`,
      accepted: withLabels({ 'app.kubernetes.io/name': 'traefik' }),
      refused: withLabels({ app: 'no value' }),
      path,
      message: 'must be labels: letters, digits',
    },
    {
      title: `${title}: at most 10 podLabels`,
      accepted: withLabels(manyLabels(10)),
      refused: withLabels(manyLabels(11)),
      path,
      message: 'must have at most 10 items',
      guard: 'must have at most 10 labels',
    },
  ];
}

/** Rules on those who may open connections. */
function peerCases(field: 'ingressFrom' | 'metricsFrom'): readonly StoreCase[] {
  const from = (peer: object): object => inNetwork({ [field]: [peer] });
  const path = `networkPolicy.${field}[0]`;
  return [
    {
      title: `${field}: not neither namespace nor cidr`,
      accepted: from({ namespace: 'ingress' }),
      refused: from({ podLabels: { app: 'proxy' } }),
      path,
      message: oneOfBoth,
    },
    {
      title: `${field}: not both namespace and cidr`,
      accepted: from({ cidr: '10.0.0.0/8' }),
      refused: from({ namespace: 'ingress', cidr: '10.0.0.0/8' }),
      path,
      message: oneOfBoth,
    },
    {
      title: `${field}: no podLabels beside cidr`,
      accepted: from({ namespace: 'ingress', podLabels: { app: 'proxy' } }),
      refused: from({ cidr: '10.0.0.0/8', podLabels: { app: 'proxy' } }),
      path: `${path}.podLabels`,
      message: 'must be empty beside cidr: addresses have no labels',
    },
    {
      title: `${field}: namespace is a name`,
      accepted: from({ namespace: 'kube-system' }),
      refused: from({ namespace: 'Kube_System' }),
      path: `${path}.namespace`,
      message: 'must be the name of a namespace, or empty',
    },
    {
      title: `${field}: cidr is a block`,
      accepted: from({ cidr: '2001:db8::/32' }),
      refused: from({ cidr: '10.0.0.1' }),
      path: `${path}.cidr`,
      message: blockMessage,
    },
    ...labelCases(field, `${path}.podLabels`, (podLabels) => from({ namespace: 'a', podLabels })),
  ];
}

/** Rules of the network. */
export const networkPolicyCases: readonly StoreCase[] = [
  ...peerCases('ingressFrom'),
  ...peerCases('metricsFrom'),
  ...badBlocks.map((cidr, index) => ({
    title: `egressTo: cidr is not ${cidr}`,
    accepted: inNetwork({
      egressTo: [{ cidr: goodBlocks[index % goodBlocks.length], port: 587 }],
    }),
    refused: inNetwork({ egressTo: [{ cidr, port: 587 }] }),
    path: 'networkPolicy.egressTo[0].cidr',
    message: blockMessage,
  })),
  {
    title: 'dns: namespace is a name',
    accepted: inNetwork({ dns: { namespace: '' } }),
    refused: inNetwork({ dns: { namespace: 'Kube_System' } }),
    path: 'networkPolicy.dns.namespace',
    message: 'must be the name of a namespace, or empty',
  },
  {
    title: 'dns: cidrs are blocks',
    accepted: inNetwork({ dns: { cidrs: ['10.96.0.10/32'] } }),
    refused: inNetwork({ dns: { cidrs: ['10.96.0.10'] } }),
    path: 'networkPolicy.dns.cidrs[0]',
    message: blockMessage,
  },
  ...labelCases('dns', 'networkPolicy.dns.podLabels', (podLabels) =>
    inNetwork({ dns: { podLabels } }),
  ),
];
