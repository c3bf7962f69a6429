// The way from shoppers to a store on a real control plane. No ingress controller runs here: the tests write what one would.
import { describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../../dev/cluster/certificate.ts';
import { readCertificate } from '../../../operator/x509/read-certificate.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { withOperator } from '../../support/operator.ts';
import {
  children,
  condition,
  installIngressClass,
  type LiveObject,
  readyStore,
} from '../../support/stores.ts';

const day = 86_400_000;

/** A change in the cluster must be seen within seconds: the operator watches. */
const noticeMs = 5_000;

interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

describe('the way to a store on a real control plane', { timeout: 120_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster);
  const namespace = withNamespace('exposure', cluster);
  const { get, run, apply, applyStore, merge } = kubectlIn(cluster, namespace);
  const ingressClass = (name: string, controller: string, isDefault = false): Promise<void> =>
    installIngressClass(cluster(), name, { controller, isDefault });
  const removeClass = (name: string): Promise<string> =>
    mustRun(cluster(), ['delete', 'ingressclass', name]);

  const judged = (name: string, type: string, expected: object): Promise<LiveObject> =>
    eventually(
      async () => {
        const store = await get(`dcs/${name}`);
        expect(condition(store, type)).toMatchObject(expected);
        return store;
      },
      { timeoutMs: noticeMs },
    );
  const certificateIn = async (secret: string) => {
    const { data } = await get(`secret/${secret}`);
    const text = (key: string): string => Buffer.from(data[key], 'base64').toString();
    return { pem: text('tls.crt'), summary: readCertificate(text('tls.crt'), text('tls.key')) };
  };

  it('has no Ingress as long as the cluster has no class, and is Ready all the same', async () => {
    await readyStore(cluster(), namespace(), 'shop');

    const store = await judged('shop', 'ExposureReady', {
      status: 'False',
      reason: 'NoController',
    });
    expect(store['status'].exposure).toEqual({ mode: 'None' });
    const kinds = (await children(cluster(), namespace(), 'shop')).map(({ kind }) => kind);
    expect(kinds).not.toContain('Ingress');
  });

  it('gets one as soon as a class appears, with the class and the certificate in it', async () => {
    await ingressClass('traefik', 'traefik.io/ingress-controller');

    await judged('shop', 'ExposureReady', { status: 'False', reason: 'AddressPending' });
    const ingress = await get('ingress/shop-ingress');
    expect(ingress['spec']).toMatchObject({
      ingressClassName: 'traefik',
      tls: [{ hosts: ['shop.example.com'], secretName: 'shop-tls' }],
    });
    expect(ingress.metadata.annotations).toMatchObject({
      'traefik.ingress.kubernetes.io/router.entrypoints': 'web,websecure',
    });
  });

  it('tells the addresses that the controller writes', async () => {
    const loadBalancer = { ingress: [{ ip: '203.0.113.7' }, { hostname: 'lb.example.net' }] };
    await merge('ingress/shop-ingress', { status: { loadBalancer } }, '--subresource=status');

    const store = await judged('shop', 'ExposureReady', { status: 'True', reason: 'Ready' });
    expect(store['status']).toMatchObject({
      url: 'https://shop.example.com',
      exposure: {
        mode: 'Ingress',
        className: 'traefik',
        controller: 'traefik.io/ingress-controller',
        urls: ['https://shop.example.com'],
        addresses: ['203.0.113.7', 'lb.example.net'],
        edgePolicy: { httpsRedirect: 'App', hsts: 'App' },
      },
    });
  });

  it('keeps its Ingress when the class vanishes, says so, and heals when it is back', async () => {
    const { uid } = (await get('ingress/shop-ingress')).metadata;

    await removeClass('traefik');
    const store = await judged('shop', 'ExposureReady', { reason: 'NoController' });
    expect(condition(store, 'Ready')?.status).toBe('True');
    expect((await get('ingress/shop-ingress')).metadata.uid).toBe(uid);

    await ingressClass('traefik', 'traefik.io/ingress-controller');
    await judged('shop', 'ExposureReady', { status: 'True', reason: 'Ready' });
  });

  it('stays with its class when another one is installed, and moves to one that becomes the default', async () => {
    await ingressClass('haproxy', 'haproxy.org/ingress-controller');
    await merge('dcs/shop', { spec: { exposure: { policy: { requestTimeoutSeconds: 31 } } } });
    await judged('shop', 'ExposureReady', { status: 'True' });
    expect((await get('ingress/shop-ingress'))['spec'].ingressClassName).toBe('traefik');

    await ingressClass('haproxy', 'haproxy.org/ingress-controller', true);
    await eventually(
      async () => {
        const ingress = await get('ingress/shop-ingress');
        expect(ingress['spec'].ingressClassName).toBe('haproxy');
        expect(ingress.metadata.annotations).toHaveProperty(['haproxy.org/ssl-redirect'], 'true');
        expect(ingress.metadata.annotations).not.toHaveProperty([
          'traefik.ingress.kubernetes.io/router.entrypoints',
        ]);
      },
      { timeoutMs: noticeMs },
    );
    await removeClass('haproxy');
  });

  it('is not Ready when the owner asks for an Ingress and its class is missing, until it is there', async () => {
    const exposure = { mode: 'Ingress', ingress: { className: 'edge' } };
    await applyStore('named', { exposure });

    const store = await eventually(async () => {
      const now = await get('dcs/named');
      expect(condition(now, 'Ready')).toMatchObject({ status: 'False', reason: 'NotReachable' });
      return now;
    });
    expect(condition(store, 'Stalled')).toMatchObject({ status: 'True', reason: 'ClassNotFound' });
    expect(condition(store, 'Stalled')?.message).toContain('IngressClass edge');

    await ingressClass('edge', 'example.com/controller');
    await judged('named', 'Ready', { status: 'True' });
    await removeClass('edge');
  });

  it('loses its Ingress when the owner says None, and its certificate when TLS is off', async () => {
    await merge('dcs/named', { spec: { exposure: { mode: 'None' }, tls: { mode: 'Off' } } });

    await eventually(
      async () => {
        const left = (await children(cluster(), namespace(), 'named')).map(
          ({ kind, metadata }) => `${kind}/${metadata.name}`,
        );
        expect(left).not.toContain('Ingress/named-ingress');
        expect(left).not.toContain('Secret/named-tls');
      },
      { timeoutMs: noticeMs },
    );
    const store = await judged('named', 'ExposureReady', { reason: 'NotExposed' });
    expect(condition(store, 'TLSReady')).toMatchObject({ status: 'True', reason: 'Off' });
    expect(store['status']).toMatchObject({
      url: 'http://named.example.com',
      tls: { mode: 'Off' },
    });
  });

  it('has a self-signed certificate for its hosts, and another one when they change', async () => {
    const before = await certificateIn('shop-tls');
    expect(before.summary).toMatchObject({
      hosts: ['shop.example.com'],
      isSelfSigned: true,
      matchesKey: true,
    });
    const lifetimeMs =
      Date.parse(before.summary?.notAfter ?? '') - Date.parse(before.summary?.notBefore ?? '');
    expect(lifetimeMs).toBe(90 * day);
    await judged('shop', 'TLSReady', { status: 'True', reason: 'SelfSigned' });

    await merge('dcs/shop', { spec: { hosts: ['shop.example.com', 'www.example.com'] } });

    await eventually(
      async () => {
        const { pem, summary } = await certificateIn('shop-tls');
        expect(pem).not.toBe(before.pem);
        expect(summary?.hosts).toEqual(['shop.example.com', 'www.example.com']);
        expect((await get('dcs/shop'))['status'].tls.hosts).toEqual(summary?.hosts);
      },
      { timeoutMs: noticeMs },
    );
  });

  it('draws a certificate anew that somebody deleted or spoiled', async () => {
    const { pem } = await certificateIn('shop-tls');
    const spoiled = Buffer.from('nonsense').toString('base64');
    await merge('secret/shop-tls', { data: { 'tls.key': spoiled } });
    const repaired = await eventually(
      async () => {
        const now = await certificateIn('shop-tls');
        expect(now.summary?.matchesKey).toBe(true);
        return now;
      },
      { timeoutMs: noticeMs },
    );
    expect(repaired.pem).not.toBe(pem);

    await run('delete', 'secret/shop-tls');
    await eventually(
      async () => {
        const now = await certificateIn('shop-tls');
        expect(now.summary?.matchesKey).toBe(true);
        expect(now.pem).not.toBe(repaired.pem);
      },
      { timeoutMs: noticeMs },
    );
    await judged('shop', 'TLSReady', { status: 'True' });
  });

  it('never takes a Secret of somebody else', async () => {
    await run('create', 'secret', 'generic', 'taken-tls', '--from-literal=mine=1');
    await applyStore('taken');

    await judged('taken', 'Stalled', { status: 'True', reason: 'NameConflict' });
    expect((await get('secret/taken-tls'))['data']).toEqual({ mine: 'MQ==' });
    await run('delete', 'dcs/taken');
  });

  describe('with a certificate of the owner', () => {
    const authority = createAuthority('test-ca');
    const host = 'own.example.com';
    const now = Date.now();
    const issued = (hosts: readonly string[], fromMs: number, toMs: number): TlsFiles =>
      issueCertificate(authority, {
        subject: { commonName: 'own' },
        usage: 'server',
        hosts,
        validity: { notBefore: new Date(now + fromMs), notAfter: new Date(now + toMs) },
      });
    const good = issued([host], -day, 89 * day);
    const store = (files: TlsFiles): Promise<string> =>
      apply({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'own-cert', namespace: namespace() },
        type: 'kubernetes.io/tls',
        stringData: { 'tls.crt': files.certificate, 'tls.key': files.key },
      });
    it('is not Ready while the Secret is missing, which does not keep its pods from running', async () => {
      const tls = { mode: 'ExistingSecret', secretName: 'own-cert' };
      await applyStore('own', { tls });

      await judged('own', 'TLSReady', { status: 'False', reason: 'SecretMissing' });
      await eventually(async () => {
        const live = await get('dcs/own');
        expect(condition(live, 'WebReady')?.status).toBe('True');
        expect(condition(live, 'Ready')).toMatchObject({ status: 'False', reason: 'NotReachable' });
        const stalled = condition(live, 'Stalled');
        expect(stalled).toMatchObject({ status: 'True', reason: 'MissingReference' });
        expect(stalled?.message).toContain('kubectl create secret tls own-cert');
      });
    });

    it.each([
      ['a key of another', { ...issued([host], -day, day), key: good.key }, 'KeyMismatch'],
      ['another host', issued(['other.example.com'], -day, day), 'HostsNotCovered'],
      ['one that has expired', issued([host], -2 * day, -day), 'Expired'],
      ['one for later', issued([host], day, 2 * day), 'NotYetValid'],
      ['no certificate', { certificate: 'nonsense', key: good.key }, 'Unreadable'],
    ])('heals to the next fault by itself: %s', async (_what, files, reason) => {
      // The API server refuses a pair that does not match or parse when a Secret of this type is made, not when it is changed.
      await store(good);
      await merge('secret/own-cert', {
        data: {
          'tls.crt': Buffer.from(files.certificate).toString('base64'),
          'tls.key': Buffer.from(files.key).toString('base64'),
        },
      });

      const live = await judged('own', 'TLSReady', { status: 'False', reason });
      expect(condition(live, 'Stalled')?.reason).toMatch(/^Certificate/);
    });

    it('becomes Ready by itself when the certificate is good', async () => {
      await store(good);

      const live = await judged('own', 'Ready', { status: 'True' });
      expect(condition(live, 'TLSReady')).toMatchObject({ status: 'True', reason: 'Valid' });
      expect(live['status'].tls).toMatchObject({
        mode: 'ExistingSecret',
        secretName: 'own-cert',
        issuer: 'CN=test-ca',
        hosts: [host],
      });
      expect((await get('ingress/own-ingress'))['spec'].tls).toEqual([
        { hosts: [host], secretName: 'own-cert' },
      ]);
    });

    it('never writes that Secret, and leaves it when the store goes', async () => {
      const { metadata } = await get('secret/own-cert');
      await run('delete', 'dcs/own', '--wait');
      const after = (await get('secret/own-cert')).metadata;
      expect(after.resourceVersion).toBe(metadata.resourceVersion);
      expect(after.labels).toBeUndefined();
    });
  });
});
