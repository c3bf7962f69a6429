// ExposureReady and TLSReady, and what they mean for the store.
import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import { controllers } from '../../../../operator/exposure/edge-adapters.ts';
import type { ExposurePlan } from '../../../../operator/exposure/exposure-plan.ts';
import type { SeenCertificate } from '../../../../operator/status/observation.ts';
import type { CertificateSummary } from '../../../../operator/x509/read-certificate.ts';
import {
  aCertificate,
  aDeployment,
  anIngress,
  conditionOf,
  healthy,
  statusOf,
  verdictText,
} from './status-inputs.ts';

const own = { tls: { mode: 'ExistingSecret', secretName: 'shop-tls' } } as const;
const read = (changes: Partial<CertificateSummary> = {}): SeenCertificate => ({
  kind: 'read',
  certificate: aCertificate({ issuer: 'CN=R11', isSelfSigned: false, ...changes }),
});

/** `True Valid`, and what the store as a whole makes of it. */
const tls = (spec: Partial<StoreSpecInput>, certificate: SeenCertificate, now?: string) => {
  const status = statusOf({ spec, observations: healthy({ certificate }), ...(now && { now }) });
  const condition = conditionOf(status, 'TLSReady');
  return { text: `${condition?.status} ${condition?.reason}`, condition, status };
};

describe('TLSReady with a certificate of the owner', () => {
  const ready = 'Ready=True AllComponentsReady';
  const stalled = (reason: string): string => `Ready=False NotReachable, Stalled=True ${reason}`;
  const table: readonly (readonly [string, SeenCertificate, string, string, string])[] = [
    ['good', read(), '2026-01-01T00:00:00Z', 'True Valid', ready],
    ['a wildcard', read({ hosts: ['*.example.com'] }), '2026-01-01T00:00:00Z', 'True Valid', ready],
    ['a day before its last fifth', read(), '2026-03-12T00:00:00Z', 'True Valid', ready],
    ['in its last fifth', read(), '2026-03-13T23:00:00Z', 'True ExpiringSoon', ready],
    ['one second before its end', read(), '2026-03-31T22:59:59Z', 'True ExpiringSoon', ready],
    ['at its end', read(), '2026-03-31T23:00:00Z', 'False Expired', stalled('CertificateExpired')],
    [
      'before its time',
      read(),
      '2025-12-31T22:59:59Z',
      'False NotYetValid',
      stalled('CertificateNotYetValid'),
    ],
    [
      'of another host',
      read({ hosts: ['example.com'] }),
      '2026-01-01T00:00:00Z',
      'False HostsNotCovered',
      stalled('CertificateHostsNotCovered'),
    ],
    [
      'with the key of another',
      read({ matchesKey: false }),
      '2026-01-01T00:00:00Z',
      'False KeyMismatch',
      stalled('CertificateKeyMismatch'),
    ],
    [
      'unreadable',
      { kind: 'unreadable' },
      '2026-01-01T00:00:00Z',
      'False Unreadable',
      stalled('CertificateUnreadable'),
    ],
    [
      'missing',
      { kind: 'absent' },
      '2026-01-01T00:00:00Z',
      'False SecretMissing',
      stalled('MissingReference'),
    ],
    ['unread', { kind: 'unread' }, '2026-01-01T00:00:00Z', 'Unknown NotJudgedYet', ready],
  ];

  it.each(table)('%s', (_title, certificate, now, text, verdict) => {
    const judged = tls(own, certificate, now);
    expect([judged.text, verdictText(judged.status)]).toEqual([text, verdict]);
  });

  it.each([
    [read({ hosts: ['a.example.com'] }), ['Secret shop-tls', 'shop.example.com', 'a.example.com']],
    [{ kind: 'absent' } as const, ['kubectl create secret tls shop-tls -n shop']],
  ])('names the Secret, the hosts and the remedy: %j', (certificate, words) => {
    for (const word of words) expect(tls(own, certificate).condition?.message).toContain(word);
  });

  it('stays as it was judged when the Secret could not be read, until the spec is another one', () => {
    const previous = tls(own, { kind: 'absent' }).status;
    const observations = healthy({ certificate: { kind: 'unread' } });
    const again = statusOf({ spec: own, previous, observations });
    expect(again).toEqual(previous);
    const edited = statusOf({ spec: own, previous, observations, generation: 2 });
    expect(conditionOf(edited, 'TLSReady')?.status).toBe('Unknown');
  });

  it('tells what the certificate says', () => {
    expect(tls(own, read()).status.tls).toEqual({
      mode: 'ExistingSecret',
      secretName: 'shop-tls',
      issuer: 'CN=R11',
      notBefore: '2025-12-31T23:00:00Z',
      notAfter: '2026-03-31T23:00:00Z',
      hosts: ['shop.example.com'],
    });
  });
});

describe('TLSReady with a certificate of many names', () => {
  const others = Array.from({ length: 120 }, (_, index) => `a${index}.example.com`);

  it('judges all of them, and tells the first hundred', () => {
    const { text, status } = tls(own, read({ hosts: [...others, 'shop.example.com'] }));
    expect(text).toBe('True Valid');
    expect(status.tls?.hosts).toEqual(others.slice(0, 100));
  });

  it('lists a handful where none is the right one', () => {
    const { text, condition } = tls(own, read({ hosts: others }));
    expect(text).toBe('False HostsNotCovered');
    expect(condition?.message).toBe(
      'the certificate in Secret shop-tls does not name shop.example.com, only a0.example.com, a1.example.com, ' +
        'a2.example.com, a3.example.com, a4.example.com and 115 more; get one for every host',
    );
  });
});

describe('TLSReady with a certificate of the operator', () => {
  it.each([
    [{ kind: 'read', certificate: aCertificate() } as const, 'True SelfSigned'],
    [{ kind: 'absent' } as const, 'False SecretMissing'],
    [{ kind: 'read', certificate: aCertificate({ hosts: [] }) } as const, 'False HostsNotCovered'],
  ])('%j: %s, and the store is Ready', (certificate, text) => {
    const judged = tls({}, certificate);
    expect(judged.text).toBe(text);
    expect(verdictText(judged.status)).toBe('Ready=True AllComponentsReady');
  });

  it('is plain http when TLS is off, which is for TLS that ends in front of it', () => {
    const { text, status } = tls({ tls: { mode: 'Off' } }, { kind: 'unread' });
    expect(text).toBe('True Off');
    expect(status.conditions?.find(({ type }) => type === 'TLSReady')?.message).toMatch(
      /shoppers can buy only where TLS ends in front of it/,
    );
    expect(status).toMatchObject({
      url: 'http://shop.example.com',
      tls: { mode: 'Off' },
      exposure: { urls: ['http://shop.example.com'], edgePolicy: { httpsRedirect: 'Off' } },
    });
  });
});

describe('ExposureReady', () => {
  const { traefik, nginx, alb } = controllers;
  const plan = (controller: string): ExposurePlan => ({
    mode: 'Ingress',
    className: 'edge',
    controller,
  });
  const noClass: ExposurePlan = { mode: 'None', problem: 'NoController' };
  const missing: ExposurePlan = { mode: 'Ingress', className: 'edge', problem: 'ClassNotFound' };
  const judge = (exposure: ExposurePlan, mode: 'Auto' | 'Ingress' | 'None', ingress?: object) => {
    const { ingress: _ingress, ...rest } = healthy();
    const observations = { ...rest, exposure, ...(ingress && { ingress: ingress as never }) };
    const status = statusOf({ spec: { exposure: { mode } }, observations });
    const condition = conditionOf(status, 'ExposureReady');
    return {
      status,
      message: condition?.message,
      text: `${condition?.status} ${condition?.reason}`,
    };
  };
  const withoutAddress = { metadata: { name: 'dhaka-ingress' } };
  const ready = 'Ready=True AllComponentsReady';

  it.each([
    ['served', plan(traefik), 'Auto', anIngress(), 'True Ready', ready],
    ['without an address', plan(traefik), 'Ingress', withoutAddress, 'False AddressPending', ready],
    ['not made yet', plan(traefik), 'Ingress', undefined, 'False IngressMissing', ready],
    ['not exposed', { mode: 'None' }, 'None', undefined, 'True NotExposed', ready],
    ['without a class', noClass, 'Auto', undefined, 'False NoController', ready],
    ['without its class', missing, 'Auto', anIngress(), 'False ClassNotFound', ready],
    [
      'without a class, which was asked for',
      noClass,
      'Ingress',
      undefined,
      'False NoController',
      'Ready=False NotReachable, Stalled=True NoController',
    ],
    [
      'without its class, which was asked for',
      missing,
      'Ingress',
      anIngress(),
      'False ClassNotFound',
      'Ready=False NotReachable, Stalled=True ClassNotFound',
    ],
  ] as const)('%s', (_title, exposure, mode, ingress, text, verdict) => {
    const judged = judge(exposure, mode, ingress);
    expect([judged.text, verdictText(judged.status)]).toEqual([text, verdict]);
  });

  describe('of a class that cannot be checked', () => {
    const unchecked: ExposurePlan = { mode: 'Ingress', className: 'edge', isUnchecked: true };
    const byDefault: ExposurePlan = { mode: 'Ingress', isUnchecked: true };
    const given = { ...anIngress({ ip: '203.0.113.7' }), spec: { ingressClassName: 'main' } };
    const why = 'the operator watches single namespaces';

    it.each([
      ['named and served', unchecked, anIngress(), 'True Ready', ['of class edge', 'not checked']],
      [
        'named, without an address',
        unchecked,
        withoutAddress,
        'False AddressPending',
        ['of class edge', 'see that the controller of the class runs', 'not checked'],
      ],
      ['given by the cluster', byDefault, given, 'True Ready', ['of class main', 'not checked']],
      [
        'given by nobody',
        byDefault,
        withoutAddress,
        'False AddressPending',
        ['spec.exposure.ingress.className', 'a default IngressClass'],
      ],
    ] as const)('%s', (_title, exposure, ingress, text, words) => {
      const judged = judge(exposure, 'Ingress', ingress);
      expect([judged.text, verdictText(judged.status)]).toEqual([text, ready]);
      for (const word of [...words, why]) expect(judged.message).toContain(word);
    });

    it('tells the class that the cluster gave, and sees to the policy in the shop', () => {
      expect(judge(byDefault, 'Auto', given).status.exposure).toMatchObject({
        className: 'main',
        edgePolicy: { httpsRedirect: 'App', hsts: 'App', maxBodySize: 'App' },
      });
    });
  });

  describe('of a host that an older store has', () => {
    const taken = { host: 'shop.example.com', by: 'market/khulna' };
    const judged = (mode: 'Auto' | 'Ingress', exposure: ExposurePlan = plan(traefik)) =>
      statusOf({ spec: { exposure: { mode } }, observations: healthy({ exposure, taken }) });

    it.each([
      ['Auto', ready],
      ['Ingress', 'Ready=False NotReachable, Stalled=True HostTaken'],
    ] as const)('is false, and tells the store and the remedy: %s', (mode, verdict) => {
      const status = judged(mode);
      expect(conditionOf(status, 'ExposureReady')).toMatchObject({
        status: 'False',
        reason: 'HostTaken',
        message:
          'host shop.example.com is exposed by the older store market/khulna, too, and an ingress controller serves one of the two: ' +
          'take it out of spec.hosts of one of them, or set spec.exposure.mode of one to None',
      });
      expect(verdictText(status)).toBe(verdict);
    });

    it('says nothing of it while nothing leads to the store', () => {
      const status = judged('Auto', noClass);
      expect(conditionOf(status, 'ExposureReady')?.reason).toBe('NoController');
    });
  });

  it.each([
    [nginx, 'retired in 2026-03'],
    [alb, 'AWS Certificate Manager'],
  ])('tells what the owner should know of %s', (controller, words) => {
    expect(judge(plan(controller), 'Auto', anIngress()).message).toContain(words);
  });

  it('tells the class, the addresses and who sees to the policy', () => {
    const ingress = anIngress({ ip: '203.0.113.7' }, { hostname: 'lb.example.net' });
    expect(judge(plan(nginx), 'Auto', ingress).status.exposure).toEqual({
      mode: 'Ingress',
      className: 'edge',
      controller: nginx,
      urls: ['https://shop.example.com'],
      addresses: ['203.0.113.7', 'lb.example.net'],
      edgePolicy: {
        httpsRedirect: 'Edge',
        hsts: 'App',
        maxBodySize: 'Edge',
        requestTimeout: 'Edge',
      },
    });
  });
});

describe('a store that shoppers cannot reach', () => {
  it('tells first what is wrong with its pods, and that it needs a person', () => {
    const deployments = { api: aDeployment('api'), web: aDeployment('web', { ready: 1 }) };
    const observations = healthy({ deployments, certificate: { kind: 'absent' } });
    expect(verdictText(statusOf({ spec: own, observations }))).toBe(
      'Ready=False ComponentsNotReady, Stalled=True MissingReference',
    );
  });

  it('tells every trouble', () => {
    const exposure: ExposurePlan = { mode: 'None', problem: 'NoController' };
    const observations = healthy({ exposure, certificate: { kind: 'absent' } });
    const status = statusOf({ spec: { ...own, exposure: { mode: 'Ingress' } }, observations });
    const message = conditionOf(status, 'Ready')?.message;
    expect(message).toContain('no IngressClass');
    expect(message).toContain('Secret shop-tls does not exist');
  });

  it('keeps what was said of the way in while the spec is not valid', () => {
    const previous = statusOf();
    const { exposure: _plan, ...rest } = healthy({ certificate: { kind: 'unread' } });
    const outcome = { kind: 'invalid', problems: [{ path: 'hosts', message: 'x' }] } as const;
    const status = statusOf({ previous, outcome, observations: rest, generation: 2 });
    for (const type of ['ExposureReady', 'TLSReady'] as const)
      expect(conditionOf(status, type)?.status).toBe('True');
    expect(status).toMatchObject({ exposure: previous.exposure, tls: previous.tls });
  });
});
