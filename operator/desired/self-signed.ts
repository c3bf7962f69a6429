// The certificate that the operator makes itself. It goes with its store: another one is drawn in a millisecond, and nobody
// has learnt to trust it for good.
import type { Store } from '../../crds/store/store.ts';
import { type ExposurePlan, hasPlatformTls } from '../exposure/exposure-plan.ts';
import type { CertificateSummary } from '../x509/read-certificate.ts';
import type { SelfSignedRequest } from '../x509/self-signed.ts';
import { renewalMs } from '../x509/lifetime.ts';
import { ownedMetadata } from './child-metadata.ts';
import type { Manifest } from './desired-object.ts';

/** 90 days, as certificates of the public authorities live today: a shop must not find out after years that renewal fails. */
const lifetimeMs = 90 * 86_400_000;

/** Forgives clocks that differ between the operator, the ingress controller and shoppers. */
const backdatedMs = 3_600_000;

/**
 * The Secret, without its data; undefined when the store has no self-signed certificate: it has another one, or its way leads
 * through a listener that is not its own. An Ingress that stays until that way works keeps its certificate. A store that
 * cert-manager serves has one at hand: for a host that is not on the certificate yet, and for the day on which that is not
 * renewed. Pure.
 */
export function selfSignedSecret(store: Store, exposure: ExposurePlan): Manifest | undefined {
  const { mode } = store.spec.tls;
  if (mode === 'ExistingSecret' || mode === 'Off') return undefined;
  if (hasPlatformTls(exposure, store.spec) && exposure.keeps === undefined) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: ownedMetadata(store, 'web', 'tls'),
    type: 'kubernetes.io/tls',
  };
}

/**
 * Why the certificate of a store must be drawn, or undefined while the one it has is good. Pure.
 * @param certificate what its Secret holds; undefined when there is none or it cannot be read
 */
export function certificateDue(
  certificate: CertificateSummary | undefined,
  store: Pick<Store, 'spec'>,
  nowMs: number,
): string | undefined {
  if (certificate === undefined) return 'there is none';
  if (!certificate.matchesKey) return 'its key does not match';
  if (!certificate.isSelfSigned) return 'it is not self-signed';
  const wanted = store.spec.hosts.toSorted();
  if (certificate.hosts.join() !== wanted.join()) return 'the hosts have changed';
  return nowMs >= renewalMs(certificate) ? 'a third of its life is left' : undefined;
}

/** What a new certificate of a store says. Pure. */
export function certificateRequest(store: Store, nowMs: number): SelfSignedRequest {
  const notBeforeMs = nowMs - backdatedMs;
  return {
    // The store's name: a host may be longer than the 64 characters of a common name (RFC 5280 appendix A.1).
    subject: { commonName: store.metadata.name, organizations: ['DhakaCart self-signed'] },
    hosts: store.spec.hosts,
    validity: { notBefore: new Date(notBeforeMs), notAfter: new Date(notBeforeMs + lifetimeMs) },
  };
}
