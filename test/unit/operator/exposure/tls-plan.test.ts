import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import type { ExposurePlan } from '../../../../operator/exposure/exposure-plan.ts';
import { type TlsFacts, type TlsPlan, tlsPlan } from '../../../../operator/exposure/tls-plan.ts';
import type { CertificateSummary } from '../../../../operator/x509/read-certificate.ts';
import { aStore } from '../../../support/a-store.ts';
import { aCertificate } from '../status/status-inputs.ts';

const issuerRef = { name: 'ca' };
const acme = { email: 'tls@example.com' };
const good = aCertificate({ isSelfSigned: false });
const nowMs = Date.parse('2026-01-01T00:00:00Z');

type Tls = NonNullable<StoreSpecInput['tls']>;

const planned = (
  tls: Tls,
  facts: Partial<TlsFacts> = {},
  hosts: readonly string[] = ['shop.example.com'],
): TlsPlan =>
  tlsPlan(aStore({ name: 'dhaka', spec: { hosts: [...hosts], tls } }), {
    exposure: { mode: 'None' },
    certManager: 'served',
    issued: undefined,
    nowMs,
    ...facts,
  });

/** `CertManager requested dhaka-cert`, as one text. */
const text = ({ mode, isRequested, secrets }: TlsPlan): string =>
  [mode, ...(isRequested ? ['requested'] : []), ...secrets.map((each) => each.secretName)].join(
    ' ',
  );

describe('where the certificate comes from', () => {
  it.each<readonly [string, Tls, Partial<TlsFacts>, string]>([
    ['plain http', { mode: 'Off' }, {}, 'Off'],
    ['of the owner', { mode: 'ExistingSecret', secretName: 'own' }, {}, 'ExistingSecret own'],
    ['drawn', { mode: 'SelfSigned' }, { issued: good }, 'SelfSigned dhaka-tls'],
    ['Auto without an issuer', {}, { issued: good }, 'SelfSigned dhaka-tls'],
    ['Auto with an issuer', { issuerRef }, {}, 'CertManager requested dhaka-tls'],
    ['Auto with an account', { acme }, {}, 'CertManager requested dhaka-tls'],
    ['Auto, issued', { acme }, { issued: good }, 'CertManager requested dhaka-cert'],
    ['Auto, not installed', { acme }, { certManager: 'absent' }, 'SelfSigned dhaka-tls'],
    ['Auto, not known', { acme }, { certManager: 'unlisted' }, 'CertManager dhaka-tls'],
    [
      'Auto, taken away after it issued',
      { acme },
      { certManager: 'absent', issued: good },
      'CertManager dhaka-cert',
    ],
    [
      'asked for, not installed',
      { mode: 'CertManager', acme },
      { certManager: 'absent' },
      'CertManager dhaka-tls',
    ],
    [
      'asked for, not known, issued',
      { mode: 'CertManager', issuerRef },
      { certManager: 'unlisted', issued: good },
      'CertManager dhaka-cert',
    ],
  ])('%s', (_title, tls, facts, expected) => {
    expect(text(planned(tls, facts))).toBe(expected);
  });

  it.each<readonly [string, Partial<CertificateSummary>, string]>([
    ['of another host', { hosts: ['other.example.com'] }, 'dhaka-tls'],
    ['with the key of another', { matchesKey: false }, 'dhaka-tls'],
    ['of a broken chain', { isChained: false }, 'dhaka-tls'],
    ['at its end', { notAfter: '2026-01-01T00:00:00Z' }, 'dhaka-tls'],
    ['a second before its end', { notAfter: '2026-01-01T00:00:01Z' }, 'dhaka-cert'],
    ['before its time', { notBefore: '2026-01-01T00:00:01Z' }, 'dhaka-tls'],
    ['for a wildcard', { hosts: ['*.example.com'] }, 'dhaka-cert'],
  ])('serves one that was issued only if it is good: %s', (_title, changes, expected) => {
    const plan = planned({ acme }, { issued: aCertificate(changes) });
    expect(plan.secrets.map(({ secretName }) => secretName)).toEqual([expected]);
  });

  it.each([
    ['Route', undefined, 'Platform'],
    ['Route', 'Ingress', 'CertManager requested dhaka-tls'],
    ['ListenerSet', undefined, 'CertManager requested dhaka-tls'],
  ] as const)(
    'is none of the store where the listener is not, attached by %s and keeping %s: %s',
    (attach, keeps, expected) => {
      const exposure: ExposurePlan = {
        mode: 'Gateway',
        attach,
        gateway: { name: 'shared' },
        features: { redirect: true, headers: true, timeouts: true },
        ...(keeps && { keeps }),
      };
      expect(text(planned({ acme }, { exposure }))).toBe(expected);
    },
  );

  it('moves host by host, the Secret of the main one first', () => {
    const hosts = ['new.example.com', 'shop.example.com', 'newer.example.com'];
    expect(planned({ acme }, { issued: good }, hosts).secrets).toEqual([
      { secretName: 'dhaka-tls', hosts: ['new.example.com', 'newer.example.com'] },
      { secretName: 'dhaka-cert', hosts: ['shop.example.com'] },
    ]);
  });

  it('leaves no host without https and none with two certificates, whatever is there', () => {
    const host = fc.constantFrom('a', 'b', 'c', 'd', 'e').map((name) => `${name}.example.com`);
    const hosts = fc.uniqueArray(host, { minLength: 1 });
    const state = fc.constantFrom<TlsFacts['certManager']>('served', 'unlisted', 'absent');
    const certificate = fc.option(
      fc.record({ hosts: fc.uniqueArray(host), matchesKey: fc.boolean() }).map(aCertificate),
      { nil: undefined },
    );
    const tls = fc.constantFrom<Tls>(
      {},
      { acme },
      { mode: 'CertManager', issuerRef },
      { mode: 'SelfSigned' },
      { mode: 'ExistingSecret', secretName: 'own' },
    );
    fc.assert(
      fc.property(tls, state, certificate, hosts, (chosen, certManager, issued, names) => {
        const { secrets } = planned(chosen, { certManager, issued }, names);
        const served = secrets.flatMap((secret) => secret.hosts);
        expect(served.toSorted()).toEqual(names.toSorted());
        expect(secrets[0]?.hosts).toContain(names[0]);
      }),
    );
  });
});
