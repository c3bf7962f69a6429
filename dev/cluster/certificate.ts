// The certificates of a local cluster: an authority, serving certificates with names and addresses, and client
// certificates, in which Kubernetes reads the common name as the user and each organization as a group
// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates).

import { createPublicKey } from 'node:crypto';
import {
  authorityExtensions,
  type KeyPair,
  leafExtensions,
  newKeys,
  pemKey,
  signedCertificate,
  type Subject,
  type Validity,
} from '../../operator/x509/certificate.ts';

const BACKDATED_MS = 60 * 60_000; // forgives clocks that differ between a machine and its containers
const VALID_MS = 365 * 24 * 3_600_000;

/** An authority: its key pair and the subject that goes into what it issues. */
export interface Authority extends KeyPair {
  readonly subject: Subject;
}

/** What to issue: for a server the DNS names and IPv4 addresses it answers to. */
export interface LeafRequest {
  readonly subject: Subject;
  readonly usage: 'client' | 'server';
  readonly hosts?: readonly string[];
  /** Default: from an hour ago for a year. */
  readonly validity?: Validity;
}

function oneYear(): Validity {
  const now = Date.now();
  return { notBefore: new Date(now - BACKDATED_MS), notAfter: new Date(now + VALID_MS) };
}

/** A new self-signed authority, valid for a year. */
export function createAuthority(commonName: string): Authority {
  const { privateKey, publicKey } = newKeys();
  const subject: Subject = { commonName };
  const extensions = authorityExtensions(publicKey);
  const content = { issuer: subject, subject, publicKey, validity: oneYear(), extensions };
  return { subject, certificate: signedCertificate(content, privateKey), key: pemKey(privateKey) };
}

/** A new key pair certified by `authority`. */
export function issueCertificate(authority: Authority, request: LeafRequest): KeyPair {
  const { privateKey, publicKey } = newKeys();
  const { subject, usage, hosts = [], validity = oneYear() } = request;
  const issuerKey = createPublicKey(authority.key);
  const extensions = leafExtensions({ usage, hosts, issuerKey });
  const content = { issuer: authority.subject, subject, publicKey, validity, extensions };
  return { certificate: signedCertificate(content, authority.key), key: pemKey(privateKey) };
}

/** A P-256 key pair as PEM, for signing service account tokens. */
export function createSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = newKeys();
  const exported = publicKey.export({ type: 'spki', format: 'pem' });
  return { privateKey: pemKey(privateKey), publicKey: exported.toString() };
}
