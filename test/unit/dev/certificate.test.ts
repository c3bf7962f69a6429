import { X509Certificate, createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../../dev/cluster/certificate.ts';

describe('certificates', () => {
  const authority = createAuthority('test-ca');

  it('are signed by their authority and belong to their key', () => {
    const request = { subject: { commonName: 'a' }, usage: 'client' } as const;
    const { certificate, key } = issueCertificate(authority, request);
    const leaf = new X509Certificate(certificate);
    const issuer = new X509Certificate(authority.certificate);
    expect(issuer.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.checkIssued(issuer)).toBe(true);
    expect(leaf.verify(issuer.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  it('carry the user as common name and each group as an organization', () => {
    const subject = { commonName: 'ayesha', organizations: ['owners', 'রাঁধুনি'] };
    const { certificate } = issueCertificate(authority, { subject, usage: 'client' });
    // Not by toLegacyObject(): called before node:tls is loaded, it leaves that module without createSecureContext.
    const names = new X509Certificate(certificate).subject.split('\n').toSorted();
    expect(names).toEqual(['CN=ayesha', 'O=owners', 'O=রাঁধুনি']);
  });

  it('of servers hold for their names and addresses alone', () => {
    const request = { subject: { commonName: 's' }, hosts: ['localhost', '127.0.0.1'] };
    const { certificate } = issueCertificate(authority, { ...request, usage: 'server' });
    const leaf = new X509Certificate(certificate);
    expect(leaf.checkHost('localhost')).toBe('localhost');
    expect(leaf.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(leaf.checkHost('example.org')).toBeUndefined();
  });

  it('are valid from an hour ago for a year, for clocks differ', () => {
    const { validFromDate, validToDate } = new X509Certificate(authority.certificate);
    expect(validFromDate.getTime()).toBeLessThan(Date.now() - 3_000_000);
    expect(validToDate.getTime()).toBeGreaterThan(Date.now() + 364 * 86_400_000);
  });
});
