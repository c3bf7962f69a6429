// A reconcile is asked for again when the judgement on a certificate changes by itself.
import { afterEach, describe, expect, it } from 'vitest';
import { secretResource } from '../../../../operator/controller/kinds.ts';
import { reconcileStore } from '../../../../operator/controller/reconcile-store.ts';
import type { KubeObject } from '../../../../operator/runtime/kube-object.ts';
import type { Store } from '../../../../crds/store/store.ts';
import { selfSignedCertificate } from '../../../../operator/x509/self-signed.ts';
import { childLabels } from '../../../support/a-child.ts';
import { page } from '../../../support/a-reflector.ts';
import { aReconcile, type OptionalPart, statusIn } from '../../../support/a-reconcile.ts';
import { aStore } from '../../../support/a-store.ts';

const start = Date.parse('2026-01-01T00:00:00Z');
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** A Secret with a certificate that is valid from the start of the clock on. */
function aCertificate(name: string, hosts: readonly string[], seconds: number): KubeObject {
  const { certificate, key } = selfSignedCertificate({
    subject: { commonName: 'dhaka', organizations: ['an authority'] },
    hosts,
    validity: { notBefore: new Date(start), notAfter: new Date(start + seconds * 1_000) },
  });
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-${name}`,
      resourceVersion: '1',
      labels: childLabels,
    },
    data: { 'tls.crt': base64(certificate), 'tls.key': base64(key) },
  };
}

async function aWatched(store: Store, served: NonNullable<OptionalPart['served']> = {}) {
  const made = aReconcile(store, { served });
  stops.push(() => made.watches.stop());
  await made.watch();
  const look = (): Promise<number | undefined> =>
    reconcileStore(store as unknown as KubeObject, made.tools);
  const reason = (): string | undefined =>
    statusIn(made.client.requests).conditions?.find(({ type }) => type === 'TLSReady')?.reason;
  return { ...made, look, reason };
}

describe('the certificate of an owner', () => {
  const tls = { mode: 'ExistingSecret' as const, secretName: 'bought' };
  const store = aStore({ spec: { tls, secrets: { jwt: { rotateEverySeconds: 0 } } } });
  /** As many seconds as authorities write who count both ends: four fifths of them are no whole number. */
  const seconds = 7_775_999;
  const bought = aCertificate('bought', store.spec.hosts, seconds);

  it('is judged anew at each of its moments, none of which is lost by rounding', async () => {
    const { exists, clock, look, reason } = await aWatched(store);
    exists(secretResource, bought);
    await clock.advance(122);
    const reasons: (string | undefined)[] = [];
    for (let delay = await look(); delay !== undefined; delay = await look()) {
      reasons.push(reason());
      await clock.advance(delay);
      if (clock.now() >= start + seconds * 1_000) break;
    }
    expect(reasons).toEqual(['Valid', 'Valid', 'ExpiringSoon']);
    await expect(look()).rejects.toThrow('expired');
  });

  it('is looked at once more when it turned while the status was written', async () => {
    const { exists, clock, client, look, reason } = await aWatched(store);
    exists(secretResource, bought);
    await clock.advance(0.8 * seconds * 1_000 - 5);
    const { answer } = client;
    client.answer = async (request, index) => {
      if (request.path.endsWith('/status')) await clock.advance(2_000);
      return answer(request, index);
    };

    expect(await look()).toBe(0);
    expect(reason()).toBe('Valid');
    await look();
    expect(reason()).toBe('ExpiringSoon');
  });
});

it('a certificate that cert-manager has issued for some of the hosts is looked after beside that of the main host', async () => {
  const hosts = ['shop.example.com', 'www.example.com'];
  const issuerRef = { name: 'platform', kind: 'ClusterIssuer' as const };
  const store = aStore({ spec: { hosts, tls: { mode: 'CertManager', issuerRef } } });
  const { watches, look } = await aWatched(store, {
    certificates: () => page(1, []),
    issuers: () => page(1, []),
    clusterissuers: () => page(1, []),
  });
  watches.cache(secretResource).observed(aCertificate('dhaka-cert', ['www.example.com'], 90_000));

  expect(await look()).toBe(60_000_000 - 1);
});
