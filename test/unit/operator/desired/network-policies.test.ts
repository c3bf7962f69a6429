// The whole matrix: every pair of ends, every port. What is listed passes, and nothing else does.
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { describe, expect, it } from 'vitest';
import { managedDatabase } from '../../../../crds/store/database.ts';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import { networkPolicies } from '../../../../operator/desired/network-policies.ts';
import { service } from '../../../../operator/desired/service.ts';
import {
  componentNames,
  networkPolicyNames,
  partNames,
  selectorLabels,
} from '../../../../operator/names.ts';
import { aStore } from '../../../support/a-store.ts';
import { type End, isAllowed } from '../../../support/network-evaluator.ts';
import { completeFacts } from './sample-stores.ts';

type NetworkPolicyInput = NonNullable<StoreSpecInput['networkPolicy']>;

type DatabaseInput = NonNullable<StoreSpecInput['database']>;

/** Where a database elsewhere listens, as its Secret says; the operator's own listens on 5432. */
const elsewherePort = 5433;

function policiesOf(
  networkPolicy: NetworkPolicyInput,
  database: DatabaseInput = {},
): readonly INetworkPolicy[] {
  const store = aStore({ spec: { networkPolicy, database } });
  const databasePort = managedDatabase(store.spec.database) === undefined ? elsewherePort : 5432;
  return networkPolicies(store, { databasePort }) as unknown as readonly INetworkPolicy[];
}

const { namespace } = aStore().metadata;
const pod = (address: string, where: string, labels: Record<string, string>): End => ({
  address,
  namespace: where,
  labels,
});

/** Everybody who may try: the store's pods, a neighbour's, a stranger in the namespace, and who is elsewhere. */
const ends: Readonly<Record<string, End>> = {
  ...Object.fromEntries(
    partNames.map((part, at) => [
      part,
      pod(`10.1.0.${at + 1}`, namespace, selectorLabels('dhaka', part)),
    ]),
  ),
  'neighbour api': pod('10.1.0.20', namespace, selectorLabels('khulna', 'api')),
  stranger: pod('10.1.0.30', namespace, { app: 'curl' }),
  'ingress controller': pod('10.1.1.1', 'ingress', { app: 'proxy' }),
  'beside the controller': pod('10.1.1.2', 'ingress', { app: 'other' }),
  prometheus: pod('10.1.2.1', 'monitoring', { app: 'prometheus' }),
  dns: pod('10.1.3.1', 'kube-system', { 'k8s-app': 'kube-dns' }),
  'beside dns': pod('10.1.3.2', 'kube-system', { 'k8s-app': 'other' }),
  'node-local dns': { address: '169.254.20.10' },
  'API server': { address: '10.0.0.1' },
  'metadata service': { address: '169.254.169.254' },
  internet: { address: '203.0.113.9' },
  'mail server': { address: '203.0.113.25' },
  'RDS subnet': { address: '10.2.0.7' },
  'RDS standby': { address: '10.2.1.7' },
  'ALB subnet': { address: '10.3.0.7' },
  'database pod': pod('10.1.4.1', 'postgres', { app: 'postgres' }),
};

const ports = [53, 80, 443, 587, 5432, elsewherePort, 6443, 8080, 9464] as const;

const flowOf = (from: string, to: string) => ({ from: ends[from] as End, to: ends[to] as End });

/** The flows that begin or end at a pod of the store and pass, as `from -> to port/protocol`. */
function passing(
  networkPolicy: NetworkPolicyInput,
  database: DatabaseInput = {},
): readonly string[] {
  const policies = policiesOf(networkPolicy, database);
  const isOurs = (name: string): boolean => (partNames as readonly string[]).includes(name);
  const pairs = Object.keys(ends)
    .flatMap((from) => Object.keys(ends).map((to) => [from, to] as const))
    .filter(([from, to]) => from !== to && (isOurs(from) || isOurs(to)));
  const doors = ports.flatMap((port) => [[port, 'TCP'] as const, [port, 'UDP'] as const]);
  return pairs
    .flatMap(([from, to]) =>
      doors
        .filter(([port, protocol]) => isAllowed(policies, { ...flowOf(from, to), port, protocol }))
        .map(([port, protocol]) => `${from} -> ${to} ${port}/${protocol}`),
    )
    .toSorted();
}

const names = ['api', 'migration'].flatMap((part) =>
  ['dns', 'node-local dns'].flatMap((to) => [`${part} -> ${to} 53/TCP`, `${part} -> ${to} 53/UDP`]),
);
const always = ['api -> database 5432/TCP', 'migration -> database 5432/TCP', ...names];
/** Who may open connections; the page, the database and the API itself may not open any to the shop's port. */
const outsiders = Object.keys(ends).filter(
  (name) => !(partNames as readonly string[]).includes(name),
);
const shopPortNumber = 8080;
const shopPort = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => ['api', 'web'].map((part) => `${name} -> ${part} ${shopPortNumber}/TCP`));

describe('the policies of a store let through', () => {
  it('what the shop needs, and its own port for everybody, where nobody is named', () => {
    expect(passing({})).toEqual([...always, ...shopPort(outsiders)].toSorted());
  });

  it('only those who are named', () => {
    const named = passing({
      ingressFrom: [{ namespace: 'ingress', podLabels: { app: 'proxy' } }],
      metricsFrom: [{ namespace: 'monitoring' }],
      egressTo: [{ cidr: '203.0.113.25/32', port: 587 }],
    });
    expect(named).toEqual(
      [
        ...always,
        ...shopPort(['ingress controller']),
        'prometheus -> api 9464/TCP',
        'api -> mail server 587/TCP',
      ].toSorted(),
    );
  });

  it('addresses, where a block is named', () => {
    const blocks = passing({ ingressFrom: [{ cidr: '203.0.113.0/28' }] });
    expect(blocks).toEqual([...always, ...shopPort(['internet'])].toSorted());
  });

  it('no questions for names, where there is nobody to ask', () => {
    const dns = { namespace: '', podLabels: {}, cidrs: [] };
    const without = passing({ dns, ingressFrom: [{ namespace: 'ingress' }] });
    expect(without).toEqual(
      [
        'api -> database 5432/TCP',
        'migration -> database 5432/TCP',
        ...shopPort(['ingress controller', 'beside the controller']),
      ].toSorted(),
    );
  });

  it('whoever asks the pod with which cert-manager answers an authority: it is not one of the store', () => {
    const labels = { 'acme.cert-manager.io/http01-solver': 'true' };
    const solver = pod('10.1.0.40', namespace, labels);
    const policies = policiesOf({ ingressFrom: [{ namespace: 'nowhere' }] });
    const from = ends['ingress controller'] as End;
    expect(isAllowed(policies, { from, to: solver, port: 8089, protocol: 'TCP' })).toBe(true);
  });

  it.each([
    ['wherever it is', {}],
    ['in the block that is named', { ingressFrom: [{ cidr: '10.3.0.0/24' }] }],
  ])('the health checks of a load balancer of AWS, %s', (_title, networkPolicy) => {
    const exposure = { ingress: { className: 'alb' } };
    const store = aStore({ spec: { networkPolicy, exposure } });
    const checked = componentNames.map((component) => {
      const { metadata } = service(store, component, completeFacts(store));
      const asked = metadata.annotations?.['alb.ingress.kubernetes.io/healthcheck-port'];
      return { component, port: Number(asked ?? shopPortNumber) };
    });
    const policies = policiesOf(networkPolicy);
    for (const { component, port } of checked) {
      const flow = { ...flowOf('ALB subnet', component), port, protocol: 'TCP' as const };
      expect([component, port, isAllowed(policies, flow)]).toEqual([component, port, true]);
    }
  });

  it('everything, when they are switched off', () => {
    expect(policiesOf({ enabled: false })).toEqual([]);
  });
});

describe('a database elsewhere', () => {
  const external: DatabaseInput = { external: { secretName: 'shop-db' } };
  const rds: DatabaseInput = {
    rds: {
      instanceIdentifier: 'shop',
      region: 'ap-south-1',
      secretName: 'shop-db',
      caSecretName: 'rds-ca',
    },
  };
  const both = (to: string): readonly string[] =>
    ['api', 'migration'].map((part) => `${part} -> ${to} ${elsewherePort}/TCP`);
  const ingressFrom = [{ namespace: 'ingress', podLabels: { app: 'proxy' } }];
  const around = [...names, ...shopPort(['ingress controller'])];

  it.each([
    ['external', external],
    ['rds', rds],
  ])(
    'of %s is reached in the named blocks, on its port, by the API and the migration alone',
    (_block, database) => {
      const databaseCIDRs = ['10.2.0.0/24', '10.2.1.0/24'];
      expect(passing({ ingressFrom, databaseCIDRs }, database)).toEqual(
        [...around, ...both('RDS subnet'), ...both('RDS standby')].toSorted(),
      );
    },
  );

  it('is reached wherever it is when no block is named, on its port and no other', () => {
    const anywhere = Object.keys(ends).flatMap((to) => both(to));
    // Pods of the store let nobody in on that port.
    const parts = partNames.flatMap((part) => both(part));
    expect(passing({ ingressFrom }, external)).toEqual(
      [...around, ...anywhere.filter((flow) => !parts.includes(flow))].toSorted(),
    );
  });
});

it.each<[string, DatabaseInput]>([
  ['managed', {}],
  ['external', { external: { secretName: 'shop-db' } }],
])('the policies have the names that the status looks for: %s', (_block, database) => {
  const found = policiesOf({}, database).map(({ metadata }) => metadata?.name);
  const { spec } = aStore({ spec: { database } });
  expect(found).toEqual(networkPolicyNames('dhaka', spec.database));
});
