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
  /** On one line, for example `CN=R11, O=Let's Encrypt, C=US`; empty when it has no name. */
  readonly issuer: string;
  /** Subject and issuer are the same. */
  readonly isSelfSigned: boolean;
  /** The private key beside it is its own. */
  readonly matchesKey: boolean;
  /** Of the certificates that follow it, if any do, one has issued it. */
  readonly isChained: boolean;
}

/** Longest issuer that is kept; it ends up in a status. */
const maxIssuerLength = 200;
/** Most names that are looked at, far above the 100 that public authorities sign: https://letsencrypt.org/docs/rate-limits/. */
const maxHosts = 1_000;

function timeText(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A chain of the public authorities has two or three. */
const maxChain = 10;

function certificatesOf(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.slice(0, maxChain).map((block) => new X509Certificate(block));
}

/**
 * Clients take the certificates of a chain in any order and leave out what they do not need (RFC 8446 section 4.4.2), so all
 * that is asked is the one without which nobody finds the way up.
 */
function isChained(certificate: X509Certificate, pem: string): boolean {
  try {
    const [, ...others] = certificatesOf(pem);
    return (
      others.length === 0 ||
      certificate.checkIssued(certificate) ||
      others.some((other) => certificate.checkIssued(other) && certificate.verify(other.publicKey))
    );
  } catch {
    return false;
  }
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

/** A name that is empty, as cert-manager's certificates have it, is undefined for Node, whatever its types say. */
function oneLine(name: string | undefined): string {
  return (name ?? '').split('\n').toReversed().join(', ').slice(0, maxIssuerLength);
}

function summary(certificatePem: string, keyPem: string): CertificateSummary {
  const certificate = new X509Certificate(certificatePem);
  const { validFromDate, validToDate, subject, issuer, subjectAltName } = certificate;
  return {
    notBefore: timeText(validFromDate),
    notAfter: timeText(validToDate),
    hosts: dnsNames(subjectAltName),
    issuer: oneLine(issuer),
    isSelfSigned: subject === issuer,
    matchesKey: matchesKey(certificate, keyPem),
    isChained: isChained(certificate, certificatePem),
  };
}

/**
 * Reads the first certificate of a PEM text, which is the server's own (RFC 8446 section 4.4.2), and compares it with a
 * private key and with what follows it. Pure.
 * @returns undefined when the text holds no certificate that can be read
 */
export function readCertificate(
  certificatePem: string,
  keyPem: string,
): CertificateSummary | undefined {
  try {
    return summary(certificatePem, keyPem);
  } catch {
    return undefined;
  }
}
