// X.509 v3 certificates with P-256 keys (RFC 5280), as far as a cluster needs them: an authority,
// serving certificates with names and addresses, and client certificates, in which Kubernetes reads
// the common name as the user and each organization as a group
// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates).

import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIPv4 } from 'node:net';
import {
  derBitString,
  derInteger,
  derObjectIdentifier,
  derOctetString,
  derSequence,
  derSet,
  derTrue,
  derUtcTime,
  derUtf8String,
  derValue,
} from './der.ts';

const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

const BACKDATED_MS = 60 * 60_000; // forgives clocks that differ between a machine and its containers
const VALID_MS = 365 * 24 * 3_600_000;

/** Who a certificate speaks for. */
export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[];
}

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** An authority: its key pair and the subject that goes into what it issues. */
export interface Authority extends KeyPair {
  readonly subject: Subject;
}

/** What to issue: for a server the DNS names and IPv4 addresses it answers to. */
export interface LeafRequest {
  readonly subject: Subject;
  readonly usage: 'client' | 'server';
  readonly hosts?: readonly string[];
}

/** A new self-signed authority, valid for a year. */
export function createAuthority(commonName: string): Authority {
  const { privateKey, publicKey } = newKeys();
  const subject: Subject = { commonName };
  const certificate = signedCertificate(
    {
      issuer: subject,
      subject,
      publicKey,
      extensions: [
        extension(OID.basicConstraints, derSequence(derTrue()), true),
        extension(OID.keyUsage, derBitString(Buffer.from([0b0000_0110]), 1), true), // sign certs, CRLs
        extension(OID.subjectKeyIdentifier, derOctetString(keyIdentifier(publicKey))),
      ],
    },
    privateKey,
  );
  return { subject, certificate, key: pemKey(privateKey) };
}

/** A new key pair certified by `authority`, valid for a year. */
export function issueCertificate(authority: Authority, request: LeafRequest): KeyPair {
  const { privateKey, publicKey } = newKeys();
  const authorityKey = keyIdentifier(createPublicKey(authority.key));
  const usage = request.usage === 'server' ? OID.serverAuth : OID.clientAuth;
  const extensions = [
    extension(OID.keyUsage, derBitString(Buffer.from([0b1000_0000]), 7), true), // digital signature
    extension(OID.extendedKeyUsage, derSequence(derObjectIdentifier(usage))),
    extension(OID.authorityKeyIdentifier, derSequence(derValue(0x80, authorityKey))),
  ];
  const hosts = request.hosts ?? [];
  if (hosts.length > 0) {
    extensions.push(extension(OID.subjectAlternativeName, derSequence(...hosts.map(generalName))));
  }
  const certificate = signedCertificate(
    { issuer: authority.subject, subject: request.subject, publicKey, extensions },
    authority.key,
  );
  return { certificate, key: pemKey(privateKey) };
}

/** A P-256 key pair as PEM, for signing service account tokens. */
export function createSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = newKeys();
  const exported = publicKey.export({ type: 'spki', format: 'pem' });
  return { privateKey: pemKey(privateKey), publicKey: exported.toString() };
}

interface ToBeSigned {
  readonly issuer: Subject;
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function signedCertificate(content: ToBeSigned, signingKey: KeyObject | string): string {
  const algorithm = derSequence(derObjectIdentifier(OID.ecdsaWithSha256));
  const now = Date.now();
  const body = derSequence(
    derValue(0xa0, derInteger(Buffer.from([2]))), // version 3
    derInteger(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])), // positive, without leading zero
    algorithm,
    distinguishedName(content.issuer),
    derSequence(derUtcTime(new Date(now - BACKDATED_MS)), derUtcTime(new Date(now + VALID_MS))),
    distinguishedName(content.subject),
    content.publicKey.export({ type: 'spki', format: 'der' }),
    derValue(0xa3, derSequence(...content.extensions)),
  );
  const der = derSequence(body, algorithm, derBitString(sign('sha256', body, signingKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(subject: Subject): Buffer {
  const attribute = (oid: string, value: string): Buffer =>
    derSet(derSequence(derObjectIdentifier(oid), derUtf8String(value)));
  return derSequence(
    ...(subject.organizations ?? []).map((group) => attribute(OID.organization, group)),
    attribute(OID.commonName, subject.commonName),
  );
}

function generalName(host: string): Buffer {
  if (isIPv4(host)) return derValue(0x87, Buffer.from(host.split('.').map(Number)));
  return derValue(0x82, Buffer.from(host, 'ascii'));
}

function extension(oid: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [derTrue()] : [];
  return derSequence(derObjectIdentifier(oid), ...flag, derOctetString(value));
}

function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function newKeys(): { privateKey: KeyObject; publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
