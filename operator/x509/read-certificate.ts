// What the operator wants to know of a certificate, without the certificate: no key and no key's fingerprint leaves here.
import { createPrivateKey, X509Certificate } from 'node:crypto';

/** What a certificate says, as plain data. */
export interface CertificateSummary {
  /** RFC 3339, whole seconds, UTC. */
  readonly notBefore: string;
  /** The same. */
  readonly notAfter: string;
  /** DNS names that it names, sorted; `*.example.com` as it stands. */
  readonly hosts: readonly string[];
  /** On one line, for example `CN=R11, O=Let's Encrypt, C=US`. */
  readonly issuer: string;
  /** Subject and issuer are the same. */
  readonly isSelfSigned: boolean;
  /** The private key beside it is its own. */
  readonly matchesKey: boolean;
}

/** Longest issuer that is kept; it ends up in a status. */
const maxIssuerLength = 200;
/** More names than any store has hosts; a certificate of a content network may carry hundreds. */
const maxHosts = 100;

function timeText(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Node quotes a name that holds a comma or a quote; such a name is no DNS name, so it is left out. */
function dnsNames(subjectAltName: string | undefined): readonly string[] {
  const names = (subjectAltName ?? '').split(', ').flatMap((entry) => {
    const name = /^DNS:([-.*_A-Za-z0-9]+)$/.exec(entry)?.[1];
    return name === undefined ? [] : [name.toLowerCase()];
  });
  return [...new Set(names)].toSorted().slice(0, maxHosts);
}

function matchesKey(certificate: X509Certificate, pem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(pem));
  } catch {
    return false;
  }
}

/**
 * Reads the first certificate of a PEM text, which is the server's own (RFC 8446 section 4.4.2), and compares it with a
 * private key. Pure.
 * @returns undefined when the text holds no certificate
 */
export function readCertificate(
  certificatePem: string,
  keyPem: string,
): CertificateSummary | undefined {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(certificatePem);
  } catch {
    return undefined;
  }
  const { validFromDate, validToDate, subject, issuer, subjectAltName } = certificate;
  return {
    notBefore: timeText(validFromDate),
    notAfter: timeText(validToDate),
    hosts: dnsNames(subjectAltName),
    issuer: issuer.split('\n').toReversed().join(', ').slice(0, maxIssuerLength),
    isSelfSigned: subject === issuer,
    matchesKey: matchesKey(certificate, keyPem),
  };
}
