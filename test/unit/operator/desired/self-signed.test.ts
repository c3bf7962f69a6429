import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  certificateDue,
  certificateRequest,
  selfSignedSecret,
} from '../../../../operator/desired/self-signed.ts';
import type { ExposurePlan } from '../../../../operator/exposure/exposure-plan.ts';
import { nextMomentMs, renewalMs } from '../../../../operator/x509/lifetime.ts';
import { readCertificate } from '../../../../operator/x509/read-certificate.ts';
import { selfSignedCertificate } from '../../../../operator/x509/self-signed.ts';
import { aStore } from '../../../support/a-store.ts';

const byIngress: ExposurePlan = { mode: 'Ingress', className: 'traefik' };
const day = 86_400_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const store = aStore({ spec: { hosts: ['www.example.com', 'shop.example.com'] } });

/** What is read from a certificate that was drawn at a time. */
function drawn(nowMs: number) {
  const { certificate, key } = selfSignedCertificate(certificateRequest(store, nowMs));
  const summary = readCertificate(certificate, key);
  if (summary === undefined) throw new Error('no certificate was drawn');
  return summary;
}

describe('the certificate that the operator draws', () => {
  const certificate = drawn(start);

  it('is valid from an hour ago for 90 days, for the hosts', () => {
    expect(certificate).toMatchObject({
      notBefore: '2025-12-31T23:00:00Z',
      notAfter: '2026-03-31T23:00:00Z',
      hosts: ['shop.example.com', 'www.example.com'],
    });
  });

  it('is good when it was just drawn, whatever the order of the hosts', () => {
    const turned = aStore({ spec: { hosts: store.spec.hosts.toReversed() } });
    expect(certificateDue(certificate, store, start)).toBeUndefined();
    expect(certificateDue(certificate, turned, start)).toBeUndefined();
  });

  it.each([
    [59, undefined],
    [60, 'a third of its life is left'],
    [89, 'a third of its life is left'],
    [400, 'a third of its life is left'],
  ])('after %i days: %s', (days, expected) => {
    expect(certificateDue(certificate, store, start + days * day)).toBe(expected);
  });

  it.each([
    ['there is none', undefined],
    ['its key does not match', { ...certificate, matchesKey: false }],
    ['it is not self-signed', { ...certificate, isSelfSigned: false }],
    ['the hosts have changed', { ...certificate, hosts: ['shop.example.com'] }],
    ['the hosts have changed', { ...certificate, hosts: ['*.example.com'] }],
  ])('is drawn when %s', (reason, summary) => {
    expect(certificateDue(summary, store, start)).toBe(reason);
  });

  it('is renewed over a life of two years each 60 days, by a clock that goes on', () => {
    let current = certificate;
    const renewals: number[] = [];
    for (let now = start; now < start + 730 * day; now += day / 4) {
      if (certificateDue(current, store, now) === undefined) continue;
      current = drawn(now);
      renewals.push(Math.round((now - start) / day));
    }
    expect(renewals).toEqual([60, 120, 180, 240, 300, 360, 420, 480, 540, 600, 660, 720]);
  });

  it('belongs to its store whatever the deletion policy', () => {
    for (const policy of ['Retain', 'Delete'] as const) {
      const secret = selfSignedSecret(aStore({ spec: { deletion: { policy } } }), byIngress);
      expect(secret?.metadata.ownerReferences).toHaveLength(1);
    }
  });

  it.each([
    ['Auto', true],
    ['SelfSigned', true],
    ['Off', false],
  ] as const)('exists with mode %s: %s', (mode, expected) => {
    const secret = selfSignedSecret(aStore({ spec: { tls: { mode } } }), byIngress);
    expect(secret !== undefined).toBe(expected);
  });

  it.each([
    ['Route', undefined, false],
    ['Route', 'Ingress', true],
    ['ListenerSet', undefined, true],
    ['Gateway', undefined, true],
  ] as const)(
    'exists where it is used: attached by %s, keeping %s: %s',
    (attach, keeps, expected) => {
      const plan: ExposurePlan = {
        mode: 'Gateway',
        attach,
        gateway: { name: 'shared' },
        features: { redirect: true, headers: true, timeouts: true },
        ...(keeps && { keeps }),
      };
      expect(selfSignedSecret(aStore(), plan) !== undefined).toBe(expected);
    },
  );
});

describe('the moments of a certificate', () => {
  it('come one after the other, and none after the end', () => {
    const certificate = drawn(start);
    const moments: (number | undefined)[] = [];
    let now: number | undefined = start;
    while (now !== undefined) {
      now = nextMomentMs(certificate, now);
      moments.push(now);
    }
    const days = moments.map((moment) => moment && Math.round((moment - start) / day));
    expect(days).toEqual([60, 72, 90, undefined]);
  });

  it('follow the lifetime: whatever it is, renewal comes before its last third', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 800 }), (days) => {
        const notBefore = new Date(start).toISOString();
        const notAfter = new Date(start + days * day).toISOString();
        expect((renewalMs({ notBefore, notAfter }) - start) / (days * day)).toBeCloseTo(2 / 3);
      }),
    );
  });
});
