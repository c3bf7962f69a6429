// Which Secret serves which host, and whether cert-manager is asked for a certificate. Two writers never share a Secret:
// cert-manager writes `<store>-cert`, the operator draws `<store>-tls`, and a host is moved to the first as soon as that
// holds a certificate that is good for it. So https never waits for an authority, and a host that is new, or whose
// certificate has run out, costs the others nothing (docs/adr/0020).
import type { StoreSpec } from '../../crds/store/store.ts';
import { childName } from '../names.ts';
import { coversHost } from '../x509/host-coverage.ts';
import type { CertificateSummary } from '../x509/read-certificate.ts';
import { type ExposurePlan, hasPlatformTls } from './exposure-plan.ts';

/** How the cluster has cert-manager; `unlisted`: it serves the API, and its objects are not known (yet). */
export type CertManagerState = 'served' | 'unlisted' | 'absent';

/** A Secret with a certificate, and the hosts that are served with it. */
export interface ServingSecret {
  readonly secretName: string;
  readonly hosts: readonly string[];
}

/** Where the certificates of a store come from. */
export interface TlsPlan {
  readonly mode: 'CertManager' | 'SelfSigned' | 'ExistingSecret' | 'Platform' | 'Off';
  /** cert-manager is there, and is asked for a certificate. */
  readonly isRequested: boolean;
  /** Every host is in exactly one; the first of them serves the main host. Empty where the store has no certificate. */
  readonly secrets: readonly ServingSecret[];
}

/** What the plan follows from. */
export interface TlsFacts {
  readonly exposure: ExposurePlan;
  readonly certManager: CertManagerState;
  /** What cert-manager's Secret holds; undefined when there is none, or no certificate in it. */
  readonly issued: CertificateSummary | undefined;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

interface Planned {
  readonly metadata: { readonly name: string };
  readonly spec: Pick<StoreSpec, 'hosts' | 'tls'>;
}

/** Whether the store says who issues. Pure. */
export function namesIssuer({ issuerRef, acme }: StoreSpec['tls']): boolean {
  return issuerRef !== undefined || acme !== undefined;
}

/** Whether a certificate that cert-manager has issued can serve now. */
function isGood({ matchesKey, isChained, notBefore, notAfter }: CertificateSummary, nowMs: number) {
  return matchesKey && isChained && Date.parse(notBefore) <= nowMs && nowMs < Date.parse(notAfter);
}

function servingSecrets(
  { metadata, spec }: Planned,
  covered: readonly string[],
): readonly ServingSecret[] {
  const issued = { secretName: childName(metadata.name, 'cert'), hosts: covered };
  const bare = spec.hosts.filter((host) => !covered.includes(host));
  const drawn = { secretName: childName(metadata.name, 'tls'), hosts: bare };
  const [mainHost = ''] = spec.hosts;
  const inOrder = covered.includes(mainHost) ? [issued, drawn] : [drawn, issued];
  return inOrder.filter(({ hosts }) => hosts.length > 0);
}

/** Name of the Secret that serves a host; undefined where the store has none. Pure. */
export function secretNameOf({ secrets }: TlsPlan, host: string): string | undefined {
  return secrets.find(({ hosts }) => hosts.includes(host))?.secretName;
}

/** Decides where the certificates of a store come from. Pure. */
export function tlsPlan(store: Planned, facts: TlsFacts): TlsPlan {
  const { certManager, issued, nowMs, exposure } = facts;
  const { tls, hosts } = store.spec;
  const { mode } = tls;
  if (mode === 'Off') return { mode, isRequested: false, secrets: [] };
  // What stays until the way through the platform's listener works keeps its certificate.
  if (hasPlatformTls(exposure, store.spec) && exposure.keeps === undefined) {
    return { mode: 'Platform', isRequested: false, secrets: [] };
  }
  if (mode === 'ExistingSecret') {
    return { mode, isRequested: false, secrets: [{ secretName: tls.secretName, hosts }] };
  }
  // The other modes name no issuer: the schema sees to that.
  const covered =
    issued !== undefined && namesIssuer(tls) && isGood(issued, nowMs)
      ? hosts.filter((host) => coversHost(issued.hosts, host))
      : [];
  // What was issued goes on serving when cert-manager is taken away, and somebody must be told that nobody renews it.
  const isThere = certManager !== 'absent' || covered.length > 0;
  if (mode !== 'CertManager' && !(namesIssuer(tls) && isThere)) {
    return { mode: 'SelfSigned', isRequested: false, secrets: servingSecrets(store, []) };
  }
  return {
    mode: 'CertManager',
    isRequested: certManager === 'served',
    secrets: servingSecrets(store, covered),
  };
}
