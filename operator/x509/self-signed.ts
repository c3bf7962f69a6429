import {
  type KeyPair,
  leafExtensions,
  newKeys,
  pemKey,
  signedCertificate,
  type Subject,
  type Validity,
} from './certificate.ts';

/** What a self-signed certificate is to say. */
export interface SelfSignedRequest {
  readonly subject: Subject;
  /** DNS names, all of them subject alternative names (RFC 9525: the common name counts for nothing). */
  readonly hosts: readonly string[];
  readonly validity: Validity;
}

/**
 * A new key pair for a server that certifies itself. It is no authority: whoever trusts it trusts these hosts alone. Its
 * issuer is its subject, by which `readCertificate` knows it again.
 */
export function selfSignedCertificate({ subject, hosts, validity }: SelfSignedRequest): KeyPair {
  const { privateKey, publicKey } = newKeys();
  const extensions = leafExtensions({ usage: 'server', hosts, issuerKey: publicKey });
  const content = { issuer: subject, subject, publicKey, validity, extensions };
  return { certificate: signedCertificate(content, privateKey), key: pemKey(privateKey) };
}
