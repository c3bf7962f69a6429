// X.509 v3 certificates with P-256 keys (RFC 5280), as far as this project needs them: the operator makes self-signed
// serving certificates, the local cluster an authority with serving and client certificates. Time is passed in; keys and
// serial numbers are random.
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
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

const oid = {
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

/** From when and until when a certificate holds; whole seconds count. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What a certificate says; a signature makes it one. */
export interface CertificateContent {
  readonly issuer: Subject;
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly validity: Validity;
  /** In DER, from the functions below. */
  readonly extensions: readonly Buffer[];
}

/** A new P-256 key pair. */
export function newKeys(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** A private key as PKCS #8 PEM. Pure. */
export function pemKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A certificate as PEM, signed with ECDSA and SHA-256. */
export function signedCertificate(
  content: CertificateContent,
  signingKey: KeyObject | string,
): string {
  const { issuer, subject, publicKey, validity, extensions } = content;
  const algorithm = derSequence(derObjectIdentifier(oid.ecdsaWithSha256));
  const body = derSequence(
    derValue(0xa0, derInteger(Buffer.from([2]))), // version 3
    derInteger(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])), // positive, without leading zero
    algorithm,
    distinguishedName(issuer),
    derSequence(derUtcTime(validity.notBefore), derUtcTime(validity.notAfter)),
    distinguishedName(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    derValue(0xa3, derSequence(...extensions)),
  );
  const der = derSequence(body, algorithm, derBitString(sign('sha256', body, signingKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(subject: Subject): Buffer {
  const attribute = (type: string, value: string): Buffer =>
    derSet(derSequence(derObjectIdentifier(type), derUtf8String(value)));
  return derSequence(
    ...(subject.organizations ?? []).map((group) => attribute(oid.organization, group)),
    attribute(oid.commonName, subject.commonName),
  );
}

function extension(type: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [derTrue()] : [];
  return derSequence(derObjectIdentifier(type), ...flag, derOctetString(value));
}

function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function generalName(host: string): Buffer {
  if (isIPv4(host)) return derValue(0x87, Buffer.from(host.split('.').map(Number)));
  return derValue(0x82, Buffer.from(host, 'ascii'));
}

/** Extensions of an authority: it may sign certificates and revocation lists. Pure. */
export function authorityExtensions(publicKey: KeyObject): readonly Buffer[] {
  return [
    extension(oid.basicConstraints, derSequence(derTrue()), true),
    extension(oid.keyUsage, derBitString(Buffer.from([0b0000_0110]), 1), true),
    extension(oid.subjectKeyIdentifier, derOctetString(keyIdentifier(publicKey))),
  ];
}

/** What a certificate that is no authority is for. */
export interface LeafUse {
  readonly usage: 'client' | 'server';
  /** DNS names and IPv4 addresses that a server answers to. */
  readonly hosts: readonly string[];
  /** The key that signs. */
  readonly issuerKey: KeyObject;
}

/** Extensions of a client's or a server's certificate: its key makes digital signatures and nothing else. Pure. */
export function leafExtensions({ usage, hosts, issuerKey }: LeafUse): readonly Buffer[] {
  const purpose = usage === 'server' ? oid.serverAuth : oid.clientAuth;
  const names = derSequence(...hosts.map(generalName));
  return [
    extension(oid.keyUsage, derBitString(Buffer.from([0b1000_0000]), 7), true),
    extension(oid.extendedKeyUsage, derSequence(derObjectIdentifier(purpose))),
    extension(oid.authorityKeyIdentifier, derSequence(derValue(0x80, keyIdentifier(issuerKey)))),
    ...(hosts.length > 0 ? [extension(oid.subjectAlternativeName, names)] : []),
  ];
}
