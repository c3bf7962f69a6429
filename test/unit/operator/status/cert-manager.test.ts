// TLSReady of a store whose certificate cert-manager gets: whatever happens, the store sells.
import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import type {
  CertManagerObservation,
  LiveCertificate,
  LiveCondition,
  SeenCertificate,
} from '../../../../operator/status/observation.ts';
import { aCertificate, conditionOf, healthy, statusOf, verdictText } from './status-inputs.ts';

const day = 86_400_000;
const start = Date.parse('2026-01-01T00:00:00Z');
const selling = 'Ready=True AllComponentsReady';

const acme = { tls: { mode: 'CertManager', acme: { email: 'tls@example.com' } } } as const;
const named = {
  tls: { mode: 'CertManager', issuerRef: { name: 'ca', kind: 'ClusterIssuer' } },
} as const;

const condition = (
  type: string,
  status: string,
  message: string,
  reason = 'Told',
): LiveCondition => ({ type, status, reason, message });

const issued = (changes: object = {}): SeenCertificate => ({
  kind: 'read',
  certificate: aCertificate({ issuer: 'CN=E7, C=US', isSelfSigned: false, ...changes }),
});

const drawn: SeenCertificate = { kind: 'read', certificate: aCertificate() };

/** cert-manager that has a good issuer, a Certificate, and nothing issued. */
const working = (changes: Partial<CertManagerObservation> = {}): CertManagerObservation => ({
  state: 'served',
  issued: { kind: 'absent' },
  issuer: { kind: 'read', issuer: { status: { conditions: [condition('Ready', 'True', '')] } } },
  certificate: {
    metadata: { generation: 1 },
    status: {
      conditions: [condition('Issuing', 'True', 'Issuing certificate as Secret does not exist')],
    },
  },
  ...changes,
});

const judge = (
  certManager: CertManagerObservation,
  {
    spec = acme,
    certificate = certManager.issued.kind === 'read' ? certManager.issued : drawn,
    now = '2026-01-01T00:00:00Z',
  }: {
    readonly spec?: Partial<StoreSpecInput>;
    readonly certificate?: SeenCertificate;
    readonly now?: string;
  } = {},
) => {
  const status = statusOf({ spec, observations: healthy({ certManager, certificate }), now });
  const ready = conditionOf(status, 'TLSReady');
  return { status, text: `${ready?.status} ${ready?.reason}`, message: ready?.message ?? '' };
};

const notReady = (message: string): CertManagerObservation['issuer'] => ({
  kind: 'read',
  issuer: { status: { conditions: [condition('Ready', 'False', message)] } },
});

const upToDate = (observedGeneration: number): LiveCertificate => ({
  metadata: { generation: 1 },
  status: { conditions: [{ ...condition('Ready', 'True', 'up to date'), observedGeneration }] },
});

const failed = (attempts: number): LiveCertificate => ({
  metadata: { generation: 1 },
  status: {
    failedIssuanceAttempts: attempts,
    conditions: [condition('Issuing', 'False', 'The order was refused: CAA forbids.', 'Failed')],
  },
});

describe('TLSReady with cert-manager', () => {
  const table: readonly (readonly [
    string,
    CertManagerObservation,
    Parameters<typeof judge>[1],
    string,
    readonly string[],
  ])[] = [
    [
      'not installed',
      working({ state: 'absent', issuer: { kind: 'unread' } }),
      {},
      'False CertManagerNotInstalled',
      ['cert-manager.io/v1', 'install cert-manager', 'shop.example.com has a self-signed one'],
    ],
    [
      'taken away after it issued',
      working({ state: 'absent', issued: issued() }),
      {},
      'False CertManagerNotInstalled',
      ['the one that was issued goes on serving'],
    ],
    ['begun', working(), {}, 'False Issuing', ['Certificate dhaka-tls', 'Secret does not exist']],
    [
      'without its issuer',
      working({ issuer: { kind: 'absent' } }),
      { spec: named },
      'False IssuerNotReady',
      ['ClusterIssuer ca does not exist', 'create it'],
    ],
    [
      'before its own issuer is made',
      working({ issuer: { kind: 'absent' } }),
      {},
      'False IssuerNotReady',
      ['Issuer dhaka-letsencrypt-production does not exist in namespace shop', 'operator makes it'],
    ],
    [
      'with an issuer that nobody looks at',
      working({ issuer: { kind: 'read', issuer: {} } }),
      {},
      'False IssuerNotReady',
      ['see whether its controller runs'],
    ],
    [
      'with an issuer that cannot issue',
      working({ issuer: notReady('Failed to register ACME account: invalid contact.') }),
      {},
      'False IssuerNotReady',
      ['is not ready: Failed to register ACME account: invalid contact;'],
    ],
    ['with an issuer of others', working({ issuer: { kind: 'unread' } }), {}, 'False Issuing', []],
    [
      'refused',
      working({ certificate: failed(3) }),
      {},
      'False IssuanceFailed',
      ['3 times so far: The order was refused: CAA forbids;', 'tries again by itself'],
    ],
    [
      'good',
      working({ issued: issued() }),
      {},
      'True Issued',
      ['Secret dhaka-cert', 'valid until 2026-03-31', 'CN=E7'],
    ],
    [
      'good, and the renewal was refused',
      working({ issued: issued(), certificate: failed(1) }),
      {},
      'True Issued',
      ['CAA forbids'],
    ],
    [
      'not renewed in time',
      working({ issued: issued(), issuer: notReady('gone') }),
      { now: '2026-03-14T00:00:00Z' },
      'True ExpiringSoon',
      ['was to be renewed', 'gone'],
    ],
    [
      'expired',
      working({ issued: issued(), certificate: failed(9) }),
      { now: '2026-04-02T00:00:00Z', certificate: drawn },
      'False Expired',
      ['expired at 2026-03-31', '9 times so far', 'self-signed'],
    ],
    [
      'issued for other hosts, and done',
      working({
        issued: issued({ hosts: ['other.example.com'] }),
        certificate: upToDate(1),
      }),
      { certificate: drawn },
      'False HostsNotCovered',
      ['does not name shop.example.com'],
    ],
    [
      'issued for the hosts of before',
      working({ issued: issued({ hosts: ['other.example.com'] }), certificate: upToDate(0) }),
      { certificate: drawn },
      'False Issuing',
      ['shop.example.com has a self-signed one'],
    ],
    [
      'known not to be listed, good',
      working({ state: 'unlisted', issued: issued() }),
      {},
      'True Issued',
      [],
    ],
    [
      'known not to be listed',
      working({ state: 'unlisted' }),
      {},
      'Unknown NotJudgedYet',
      ['dhaka-cert'],
    ],
  ];

  it.each(table)('%s', (_title, observed, how, text, words) => {
    const judged = judge(observed, how);
    expect(judged.text).toBe(text);
    for (const word of words) expect(judged.message).toContain(word);
    expect(verdictText(judged.status)).toBe(selling);
  });

  it.each([6, 45, 90])('tells by shares of the life: a certificate of %i days', (days) => {
    const notBefore = '2026-01-01T00:00:00Z';
    const notAfter = new Date(start + days * day).toISOString();
    const at = (share: number): string => {
      const now = new Date(start + share * days * day).toISOString();
      const summary = issued({ notBefore, notAfter });
      return judge(working({ issued: summary }), { now, certificate: share < 1 ? summary : drawn })
        .text;
    };
    expect([0, 0.66, 0.79].map(at)).toEqual(['True Issued', 'True Issued', 'True Issued']);
    expect([0.81, 0.99].map(at)).toEqual(['True ExpiringSoon', 'True ExpiringSoon']);
    expect(at(1)).toBe('False Expired');
  });
});

describe('TLSReady with an issuer of the cluster that cannot be read', () => {
  it('says so while nothing is issued, and no more once it is', () => {
    const issuer = { kind: 'unwatched' } as const;
    const waiting = judge(working({ issuer }), { spec: named });
    expect(waiting.text).toBe('False Issuing');
    expect(waiting.message).toContain('whether ClusterIssuer ca exists is not checked');
    const good = judge(working({ issuer, issued: issued() }), { spec: named });
    expect(good.text).toBe('True Issued');
    expect(good.message).not.toContain('not checked');
  });
});

describe('status.tls with cert-manager', () => {
  const certificate = {
    metadata: { generation: 1 },
    status: { renewalTime: '2026-03-01T00:00:00Z', failedIssuanceAttempts: 1, conditions: [] },
  };

  it('tells what serves, and when it is renewed', () => {
    expect(judge(working({ issued: issued(), certificate })).status.tls).toEqual({
      mode: 'CertManager',
      secretName: 'dhaka-cert',
      issuer: 'CN=E7, C=US',
      notBefore: '2025-12-31T23:00:00Z',
      notAfter: '2026-03-31T23:00:00Z',
      renewalTime: '2026-03-01T00:00:00Z',
      failedIssuanceAttempts: 1,
      hosts: ['shop.example.com'],
    });
  });

  it('tells of the self-signed one as long as that serves', () => {
    expect(judge(working()).status.tls).toMatchObject({
      mode: 'CertManager',
      secretName: 'dhaka-tls',
      issuer: 'CN=dhaka, O=DhakaCart self-signed',
    });
  });

  it('names what Auto is without, as long as the cluster lacks it', () => {
    const status = statusOf({ spec: { tls: { acme: { email: 'tls@example.com' } } } });
    expect(conditionOf(status, 'TLSReady')).toMatchObject({ status: 'True', reason: 'SelfSigned' });
    expect(conditionOf(status, 'TLSReady')?.message).toContain('the cluster has no cert-manager');
    expect(status.tls?.mode).toBe('SelfSigned');
  });
});
