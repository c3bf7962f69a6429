// Plays the controllers of cert-manager: it writes the Secrets and the states that they would. The real ones are in
// cert-manager.ts.
import { createAuthority, issueCertificate } from '../../dev/cluster/certificate.ts';
import type { NamespacedKubectl } from './kubectl-in.ts';

const day = 86_400_000;

/** As cert-manager writes times: RFC 3339 in whole seconds. */
const timeText = (moment: Date): string => moment.toISOString().replace(/\.\d+Z$/, 'Z');

const condition = (type: string, status: string, reason: string, message: string): object => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

/** What cert-manager does in one namespace. */
export class PlayedCertManager {
  readonly #kubectl: NamespacedKubectl;
  readonly #authority = createAuthority('test-ca');

  constructor(kubectl: NamespacedKubectl) {
    this.#kubectl = kubectl;
  }

  async #tell(object: string, status: object): Promise<void> {
    await this.#kubectl.merge(object, { status }, '--subresource=status');
  }

  /** Tells that an issuer, as `issuer/shared`, can issue. */
  issuerIsReady(issuer: string): Promise<void> {
    const ready = condition('Ready', 'True', 'ACMEAccountRegistered', 'done');
    return this.#tell(issuer, { conditions: [ready] });
  }

  /** Issues what a Certificate asks for: for these hosts, as of yesterday, for 90 days. */
  async issue(certificate: string, hosts: readonly string[]): Promise<void> {
    const { metadata, spec } = await this.#kubectl.get(`certificate/${certificate}`);
    const { generation } = metadata as unknown as { generation: number };
    const now = Date.now();
    const validity = { notBefore: new Date(now - day), notAfter: new Date(now + 89 * day) };
    const request = { subject: { commonName: certificate }, usage: 'server' } as const;
    const pair = issueCertificate(this.#authority, { ...request, hosts, validity });
    await this.#kubectl.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: spec.secretName,
        namespace: metadata.namespace,
        labels: spec.secretTemplate.labels,
        annotations: { 'cert-manager.io/certificate-name': metadata.name },
      },
      type: 'kubernetes.io/tls',
      stringData: { 'tls.crt': pair.certificate, 'tls.key': pair.key },
    });
    const ready = condition('Ready', 'True', 'Ready', 'Certificate is up to date');
    await this.#tell(`certificate/${certificate}`, {
      conditions: [{ ...ready, observedGeneration: generation }],
      notAfter: timeText(validity.notAfter),
      renewalTime: timeText(new Date(now + 59 * day)),
    });
  }

  /** Tells that so many attempts have failed, and why the last one has. */
  fail(certificate: string, attempts: number, message: string): Promise<void> {
    return this.#tell(`certificate/${certificate}`, {
      failedIssuanceAttempts: attempts,
      conditions: [condition('Issuing', 'False', 'Failed', message)],
    });
  }

  /** Begins anew: nothing is told of the attempts that failed. */
  retry(certificate: string): Promise<void> {
    const status = { failedIssuanceAttempts: null, conditions: [] };
    return this.#tell(`certificate/${certificate}`, status);
  }
}
