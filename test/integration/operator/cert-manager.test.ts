// A store whose certificate cert-manager gets, with cert-manager's own CRDs. No controller of it runs here: the tests write
// what one would, and say so. What the real one makes of the objects is in cert-manager-controller.test.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { PlayedGateway } from '../../support/gateway-api.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { withOperator } from '../../support/operator.ts';
import { PlayedCertManager } from '../../support/played-cert-manager.ts';
import { installPublishedCrds, removePublishedCrds } from '../../support/published-crds.ts';
import {
  children,
  condition,
  installIngressClass,
  list,
  type LiveObject,
  readyStore,
} from '../../support/stores.ts';

/** What the contract gives the operator to notice that an API comes or goes; it watches everything else. */
const arrivalMs = 60_000;
const noticeMs = 5_000;

describe('a store with cert-manager', { timeout: 200_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster, { queue: { resyncMs: 3_000, waitingDelayMs: 1_000 } });
  const namespace = withNamespace('issued', cluster);
  const kubectl = kubectlIn(cluster, namespace);
  const { get, run, apply, applyStore, merge } = kubectl;
  const certManager = new PlayedCertManager(kubectl);
  const named = async (resources: string): Promise<readonly string[]> =>
    (await list(cluster(), resources, ['-n', namespace()])).map(({ metadata }) => metadata.name);

  const judged = (
    name: string,
    expected: object,
    timeoutMs: number = noticeMs,
  ): Promise<LiveObject> =>
    eventually(
      async () => {
        const store = await get(`dcs/${name}`);
        expect(condition(store, 'TLSReady')).toMatchObject(expected);
        return store;
      },
      { timeoutMs },
    );
  const messageOf = (store: LiveObject): string => condition(store, 'TLSReady')?.message ?? '';
  const secretsOfIngress = async (name: string): Promise<readonly object[]> =>
    (await get(`ingress/${name}-ingress`))['spec'].tls;

  const acme = { email: 'tls@example.com', environment: 'Staging' };

  it('sells with a self-signed certificate as long as the cluster has none, and says what is missing', async () => {
    await installIngressClass(cluster(), 'traefik', {
      controller: 'traefik.io/ingress-controller',
    });
    await readyStore(cluster(), namespace(), 'shop', { tls: { mode: 'CertManager', acme } });
    await readyStore(cluster(), namespace(), 'auto', { tls: { acme } });

    const store = await judged('shop', { status: 'False', reason: 'CertManagerNotInstalled' });
    expect(messageOf(store)).toContain('install cert-manager');
    expect(await secretsOfIngress('shop')).toEqual([
      { hosts: ['shop.example.com'], secretName: 'shop-tls' },
    ]);
    await judged('auto', { status: 'True', reason: 'SelfSigned' });
  });

  it('asks for one within a minute of its arrival, by objects that its own schemas accept', async () => {
    await installPublishedCrds(cluster(), 'cert-manager');

    await judged('shop', { status: 'False', reason: 'IssuerNotReady' }, arrivalMs);
    await judged('auto', { status: 'False', reason: 'IssuerNotReady' }, arrivalMs);
    const issuer = await get('issuer/shop-letsencrypt-staging');
    expect(issuer['spec'].acme.solvers).toEqual([
      { http01: { ingress: { ingressClassName: 'traefik', serviceType: 'ClusterIP' } } },
    ]);
    expect((await get('certificate/shop-tls'))['spec']).toMatchObject({
      secretName: 'shop-cert',
      dnsNames: ['shop.example.com'],
      issuerRef: { name: 'shop-letsencrypt-staging', kind: 'Issuer', group: 'cert-manager.io' },
    });
    await certManager.issuerIsReady('issuer/shop-letsencrypt-staging');
    await judged('shop', { status: 'False', reason: 'Issuing' });
    expect(await secretsOfIngress('shop')).toEqual([
      { hosts: ['shop.example.com'], secretName: 'shop-tls' },
    ]);
  });

  it('tells why none was issued, and goes on selling', async () => {
    const words = 'The certificate request has failed to complete and will be retried: CAA forbids';
    await certManager.fail('shop-tls', 2, words);

    const store = await judged('shop', { status: 'False', reason: 'IssuanceFailed' });
    expect(messageOf(store)).toContain(`2 times so far: ${words}`);
    expect(condition(store, 'Ready')?.status).toBe('True');
    expect(store['status'].tls).toMatchObject({ failedIssuanceAttempts: 2 });
  });

  it('serves it as soon as it is there', async () => {
    await certManager.retry('shop-tls');
    await certManager.issue('shop-tls', ['shop.example.com']);

    await judged('shop', { status: 'True', reason: 'Issued' });
    // The Secret is there a moment before the Certificate tells when it will be renewed.
    await eventually(async () =>
      expect((await get('dcs/shop'))['status'].tls).toMatchObject({
        mode: 'CertManager',
        secretName: 'shop-cert',
        issuer: 'CN=test-ca',
        renewalTime: expect.stringMatching(/^\d{4}-/) as string,
      }),
    );
    expect(await secretsOfIngress('shop')).toEqual([
      { hosts: ['shop.example.com'], secretName: 'shop-cert' },
    ]);
  });

  it('keeps it for its hosts while another host waits for one', async () => {
    const hosts = ['shop.example.com', 'www.example.com'];
    await merge('dcs/shop', { spec: { hosts } });

    await judged('shop', { status: 'False', reason: 'Issuing' });
    await eventually(
      async () =>
        expect(await secretsOfIngress('shop')).toEqual([
          { hosts: ['shop.example.com'], secretName: 'shop-cert' },
          { hosts: ['www.example.com'], secretName: 'shop-tls' },
        ]),
      { timeoutMs: noticeMs },
    );
    expect((await get('certificate/shop-tls'))['spec'].dnsNames).toEqual(hosts);
    await certManager.issue('shop-tls', hosts);
    await judged('shop', { status: 'True', reason: 'Issued' });
    expect(await secretsOfIngress('shop')).toEqual([{ hosts, secretName: 'shop-cert' }]);
  });

  it('writes nothing once it is settled, however often it reconciles', async () => {
    const versions = async (): Promise<readonly string[]> => {
      const objects = [
        ...(await children(cluster(), namespace(), 'shop')),
        ...(await list(cluster(), 'certificates,issuers', ['-n', namespace()])),
        await get('dcs/shop'),
      ];
      return objects.map(
        ({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`,
      );
    };
    // The hosts are in the pods' configuration, so these are replaced.
    await run('rollout', 'status', 'deployment/shop-api', 'deployment/shop-web');
    await sleep(5_000);
    const before = await versions();
    await sleep(8_000);
    expect(await versions()).toEqual(before);
  });

  it('sets back what somebody changes of them, and makes them anew', async () => {
    await run('annotate', 'certificate/shop-tls', 'example.com/kept=yes');
    await merge('certificate/shop-tls', { spec: { privateKey: { size: 384 } } });
    await eventually(
      async () => expect((await get('certificate/shop-tls'))['spec'].privateKey.size).toBe(256),
      { timeoutMs: noticeMs },
    );
    const { annotations } = (await get('certificate/shop-tls')).metadata;
    expect(annotations?.['example.com/kept']).toBe('yes');
    await run('delete', 'issuer/shop-letsencrypt-staging');
    await eventually(() => get('issuer/shop-letsencrypt-staging'), { timeoutMs: noticeMs });
  });

  it('moves to the other authority: a new account, and the old certificate serves until then', async () => {
    await merge('dcs/shop', { spec: { tls: { acme: { environment: 'Production' } } } });

    await eventually(
      async () => {
        const { issuerRef } = (await get('certificate/shop-tls'))['spec'];
        expect(issuerRef.name).toBe('shop-letsencrypt-production');
        expect(await named('issuers')).toContain('shop-letsencrypt-production');
        expect(await named('issuers')).not.toContain('shop-letsencrypt-staging');
      },
      { timeoutMs: noticeMs },
    );
    await judged('shop', { status: 'True', reason: 'Issued' });
    await certManager.issuerIsReady('issuer/shop-letsencrypt-production');
  });

  it('keeps what was issued when the owner asks for another mode, and serves it again at once', async () => {
    const { uid } = (await get('secret/shop-cert')).metadata;
    await merge('dcs/shop', { spec: { tls: { mode: 'SelfSigned', acme: null } } });
    await judged('shop', { status: 'True', reason: 'SelfSigned' });
    await eventually(async () => expect(await named('certificates')).not.toContain('shop-tls'));
    expect(await named('issuers')).not.toContain('shop-letsencrypt-production');
    expect((await secretsOfIngress('shop'))[0]).toMatchObject({ secretName: 'shop-tls' });

    await merge('dcs/shop', { spec: { tls: { mode: 'CertManager', acme } } });
    await eventually(
      async () =>
        expect((await secretsOfIngress('shop'))[0]).toMatchObject({ secretName: 'shop-cert' }),
      { timeoutMs: noticeMs },
    );
    expect((await get('secret/shop-cert')).metadata.uid).toBe(uid);
  });

  it('goes on serving it when cert-manager is taken away, says so, and asks again when it is back', async () => {
    await removePublishedCrds(cluster(), 'cert-manager');

    const store = await judged(
      'shop',
      { status: 'False', reason: 'CertManagerNotInstalled' },
      arrivalMs,
    );
    expect(messageOf(store)).toContain('the one that was issued goes on serving');
    expect(condition(store, 'Ready')?.status).toBe('True');
    expect((await secretsOfIngress('shop'))[0]).toMatchObject({ secretName: 'shop-cert' });
    await judged('auto', { status: 'True', reason: 'SelfSigned' }, arrivalMs);

    await installPublishedCrds(cluster(), 'cert-manager');
    await eventually(
      async () => {
        expect(await named('certificates')).toEqual(['auto-tls', 'shop-tls']);
      },
      { timeoutMs: arrivalMs },
    );
    await certManager.issuerIsReady('issuer/shop-letsencrypt-staging');
    await judged('shop', { status: 'True', reason: 'Issued' });
  });

  it('waits for an issuer that it does not make, and hears of it', async () => {
    const tls = { mode: 'CertManager', issuerRef: { name: 'shared', kind: 'ClusterIssuer' } };
    await readyStore(cluster(), namespace(), 'named', { tls });
    const store = await judged('named', { status: 'False', reason: 'IssuerNotReady' });
    expect(messageOf(store)).toContain('ClusterIssuer shared does not exist');

    await apply({
      apiVersion: 'cert-manager.io/v1',
      kind: 'ClusterIssuer',
      metadata: { name: 'shared' },
      spec: { selfSigned: {} },
    });
    await eventually(
      async () => expect(messageOf(await get('dcs/named'))).toContain('its controller runs'),
      { timeoutMs: noticeMs },
    );
    await certManager.issuerIsReady('clusterissuer/shared');
    await judged('named', { status: 'False', reason: 'Issuing' });
  });

  it('never lets cert-manager write into a Secret of somebody else', async () => {
    await run('create', 'secret', 'generic', 'taken-cert', '--from-literal=mine=1');
    const tls = { mode: 'CertManager', issuerRef: { name: 'shared', kind: 'ClusterIssuer' } };
    await applyStore('taken', { tls });

    await eventually(async () => {
      const stalled = condition(await get('dcs/taken'), 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason: 'NameConflict' });
      expect(stalled?.message).toContain('Secret taken-cert');
    });
    expect(await named('certificates')).not.toContain('taken-tls');
    await run('delete', 'secret/taken-cert');
    await eventually(async () => expect(await named('certificates')).toContain('taken-tls'));
  });

  it('leaves what was issued behind, for a store of its name', async () => {
    const { uid } = (await get('secret/shop-cert')).metadata;
    await run('delete', 'dcs/shop', '--wait');
    await eventually(async () => expect(await named('certificates')).not.toContain('shop-tls'));
    expect((await get('secret/shop-cert')).metadata.uid).toBe(uid);

    const hosts = ['shop.example.com', 'www.example.com'];
    await readyStore(cluster(), namespace(), 'shop', { hosts, tls: { mode: 'CertManager', acme } });
    await judged('shop', { status: 'True', reason: 'Issued' });
    expect((await get('secret/shop-cert')).metadata.uid).toBe(uid);
  });

  it('proves its hosts through its own Gateway, or by DNS', async () => {
    await installPublishedCrds(cluster(), 'gateway-api');
    await new PlayedGateway(cluster).installClass('played');
    const gateway = { attach: 'Gateway', gatewayClassName: 'played' };
    const exposure = { mode: 'Gateway', gateway };
    const route53 = { region: 'ap-south-1', hostedZoneID: 'Z1', secretName: 'aws' };
    const dns = { email: 'tls@example.com', solver: 'DNS01', route53 };
    const tls = { mode: 'CertManager', acme };
    await applyStore('edge', { exposure, tls });
    await applyStore('zone', { tls: { mode: 'CertManager', acme: dns } });

    const own = await eventually(() => get('issuer/edge-letsencrypt-staging'));
    const parent = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge-gateway' };
    expect(own['spec'].acme.solvers).toEqual([
      { http01: { gatewayHTTPRoute: { parentRefs: [parent] } } },
    ]);
    const zone = await eventually(() => get('issuer/zone-letsencrypt-production'));
    expect(zone['spec'].acme.solvers[0].dns01.route53).toMatchObject({ hostedZoneID: 'Z1' });
    await sleep(8_000);
    for (const issuer of [own, zone]) {
      const { resourceVersion } = (await get(`issuer/${issuer.metadata.name}`)).metadata;
      expect(resourceVersion).toBe(issuer.metadata.resourceVersion);
    }
  });

  it('takes it along under deletion policy Delete', async () => {
    await merge('dcs/shop', { spec: { deletion: { policy: 'Delete' } } });
    await run('delete', 'dcs/shop', '--wait');
    expect(await named('secrets')).not.toContain('shop-cert');
  });
});
