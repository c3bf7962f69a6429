import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import type { Manifest } from '../../../../operator/desired/desired-object.ts';
import { desiredObjects } from '../../../../operator/desired/desired-objects.ts';
import { tlsPlan } from '../../../../operator/exposure/tls-plan.ts';
import { aStore } from '../../../support/a-store.ts';
import { aCertificate } from '../status/status-inputs.ts';
import { completeFacts } from './sample-stores.ts';

type Tls = NonNullable<StoreSpecInput['tls']>;
type Acme = NonNullable<Tls['acme']>;

const email = 'tls@example.com';

const made = (spec: Partial<StoreSpecInput>, kind: string): readonly Manifest[] => {
  const store = aStore({ name: 'dhaka', spec });
  return desiredObjects(store, completeFacts(store)).flatMap(({ manifest }) =>
    manifest.kind === kind ? [manifest] : [],
  );
};

const issuerOf = (acme: Partial<Acme>, spec: Partial<StoreSpecInput> = {}) => {
  const [issuer] = made(
    { tls: { mode: 'CertManager', acme: { email, ...acme } }, ...spec },
    'Issuer',
  );
  if (issuer === undefined) throw new Error('no Issuer is made');
  const { acme: account } = issuer['spec'] as { acme: { server: string; solvers: object[] } };
  return { name: issuer.metadata.name, account };
};

interface Listener {
  readonly hostname: string;
  readonly tls?: { readonly certificateRefs: readonly { readonly name: string }[] };
}

describe('the Certificate of a store', () => {
  const tls: Tls = { mode: 'CertManager', issuerRef: { name: 'ca', kind: 'ClusterIssuer' } };
  const [certificate] = made({ tls, hosts: ['a.example.com', 'b.example.com'] }, 'Certificate');

  it('names its hosts, its issuer, and a Secret that the operator never writes', () => {
    expect(certificate?.metadata).toMatchObject({
      name: 'dhaka-tls',
      ownerReferences: [{ name: 'dhaka', controller: true }],
    });
    expect(certificate?.['spec']).toMatchObject({
      secretName: 'dhaka-cert',
      dnsNames: ['a.example.com', 'b.example.com'],
      issuerRef: { name: 'ca', kind: 'ClusterIssuer', group: 'cert-manager.io' },
      privateKey: { algorithm: 'ECDSA', size: 256, rotationPolicy: 'Always' },
      revisionHistoryLimit: 3,
    });
    const drawn = made({ tls }, 'Secret').map(({ metadata }) => metadata.name);
    expect(drawn).not.toContain('dhaka-cert');
  });

  it('stays as it is with each release', () => {
    expect(made({ tls, version: '9.9.9' }, 'Certificate')[0]?.['spec']).toEqual(
      made({ tls, version: '1.0.0' }, 'Certificate')[0]?.['spec'],
    );
  });

  it.each<readonly [string, Tls]>([
    ['a store that draws its own', { mode: 'SelfSigned' }],
    ['one that brings its own', { mode: 'ExistingSecret', secretName: 'own' }],
    ['plain http', { mode: 'Off' }],
    ['a store that names no issuer', { mode: 'Auto' }],
  ])('is not there for %s', (_title, other) => {
    expect([...made({ tls: other }, 'Certificate'), ...made({ tls: other }, 'Issuer')]).toEqual([]);
  });

  it('comes without an Issuer when the owner names one', () => {
    expect(made({ tls }, 'Issuer')).toEqual([]);
  });
});

describe('the Issuer of a store', () => {
  it.each<readonly [Partial<Acme>, string, string]>([
    [{}, 'dhaka-letsencrypt-production', 'https://acme-v02.api.letsencrypt.org/directory'],
    [
      { environment: 'Staging' },
      'dhaka-letsencrypt-staging',
      'https://acme-staging-v02.api.letsencrypt.org/directory',
    ],
    [
      { server: 'https://ca.example.com/directory' },
      'dhaka-acme-server',
      'https://ca.example.com/directory',
    ],
  ])('%j: each authority has an account of its own', (acme, name, server) => {
    expect(issuerOf(acme)).toMatchObject({
      name,
      account: { email, server, privateKeySecretRef: { name } },
    });
  });

  it('lets the authority in where shoppers come in', () => {
    const exposure = { ingress: { className: 'haproxy' } };
    expect(issuerOf({ profile: 'shortlived' }, { exposure }).account).toMatchObject({
      profile: 'shortlived',
      solvers: [{ http01: { ingress: { ingressClassName: 'haproxy', serviceType: 'ClusterIP' } } }],
    });
  });

  it.each([
    ['ListenerSet', { kind: 'ListenerSet', name: 'dhaka-listeners' }],
    ['Gateway', { kind: 'Gateway', name: 'dhaka-gateway' }],
  ] as const)('lets the authority in through the listeners of its own: %s', (attach, parent) => {
    const gateway =
      attach === 'Gateway'
        ? { attach, gatewayClassName: 'envoy' }
        : { attach, parentRef: { name: 'shared', namespace: 'infra' } };
    const { account } = issuerOf({}, { exposure: { mode: 'Gateway', gateway } });
    const group = 'gateway.networking.k8s.io';
    expect(account.solvers).toEqual([
      { http01: { gatewayHTTPRoute: { parentRefs: [{ group, ...parent }] } } },
    ]);
  });

  it.each([
    [
      { serviceAccountName: 'dns', roleArn: 'arn:aws:iam::123456789012:role/dns' },
      {
        role: 'arn:aws:iam::123456789012:role/dns',
        auth: { kubernetes: { serviceAccountRef: { name: 'dns' } } },
      },
    ],
    [
      { secretName: 'aws', hostedZoneID: 'Z1' },
      {
        hostedZoneID: 'Z1',
        accessKeyIDSecretRef: { name: 'aws', key: 'access-key-id' },
        secretAccessKeySecretRef: { name: 'aws', key: 'secret-access-key' },
      },
    ],
    [{}, {}],
  ])('proves the hosts by DNS: %j', (zone, expected) => {
    const { account } = issuerOf({ solver: 'DNS01', route53: { region: 'ap-south-1', ...zone } });
    expect(account.solvers).toEqual([
      { dns01: { route53: { region: 'ap-south-1', ...expected } } },
    ]);
  });
});

describe('the way to a store that cert-manager serves', () => {
  it('names for each host the Secret that is good for it', () => {
    const store = aStore({
      name: 'dhaka',
      spec: { hosts: ['shop.example.com', 'new.example.com'], tls: { acme: { email } } },
    });
    const issued = aCertificate({ isSelfSigned: false });
    const nowMs = Date.parse('2026-01-01T00:00:00Z');
    const facts = completeFacts(store);
    const tls = tlsPlan(store, { ...facts, certManager: 'served', issued, nowMs });
    const objects = desiredObjects(store, { ...facts, tls });
    const ingress = objects.find(({ manifest }) => manifest.kind === 'Ingress')?.manifest;
    expect(ingress?.['spec']).toMatchObject({
      tls: [
        { hosts: ['shop.example.com'], secretName: 'dhaka-cert' },
        { hosts: ['new.example.com'], secretName: 'dhaka-tls' },
      ],
    });
    expect(JSON.stringify(ingress?.metadata)).not.toContain('cert-manager');
  });

  it('has at each listener the Secret that is good for its host', () => {
    const gateway = { attach: 'Gateway', gatewayClassName: 'envoy' } as const;
    const store = aStore({
      name: 'dhaka',
      spec: {
        hosts: ['shop.example.com', 'new.example.com'],
        tls: { acme: { email } },
        exposure: { mode: 'Gateway', gateway },
      },
    });
    const facts = completeFacts(store);
    const issued = aCertificate({ isSelfSigned: false });
    const nowMs = Date.parse('2026-01-01T00:00:00Z');
    const tls = tlsPlan(store, { ...facts, certManager: 'served', issued, nowMs });
    const objects = desiredObjects(store, { ...facts, tls });
    const own = objects.find(({ manifest }) => manifest.kind === 'Gateway')?.manifest;
    const { listeners } = (own?.['spec'] ?? {}) as { listeners: readonly Listener[] };
    expect(
      listeners.flatMap(({ hostname, tls: served }) =>
        (served?.certificateRefs ?? []).map(({ name }) => [hostname, name]),
      ),
    ).toEqual([
      ['shop.example.com', 'dhaka-cert'],
      ['new.example.com', 'dhaka-tls'],
    ]);
  });
});
