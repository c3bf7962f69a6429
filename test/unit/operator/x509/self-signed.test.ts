import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { coversHost } from '../../../../operator/x509/host-coverage.ts';
import { readCertificate } from '../../../../operator/x509/read-certificate.ts';
import { selfSignedCertificate } from '../../../../operator/x509/self-signed.ts';
import { createAuthority, issueCertificate } from '../../../../dev/cluster/certificate.ts';

const day = 86_400_000;
const hosts = ['shop.example.com', 'www.example.com'];
const validity = {
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date('2026-04-01T00:00:00Z'),
};
const subject = { commonName: 'dhaka', organizations: ['DhakaCart self-signed'] };

/** What a client that trusts `ca` makes of a server with this certificate. */
async function handshake(
  pair: { readonly certificate: string; readonly key: string },
  servername: string,
): Promise<string> {
  const server = createServer({ cert: pair.certificate, key: pair.key }, (socket) => socket.end());
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ host: '127.0.0.1', port, servername, ca: pair.certificate });
  try {
    await once(socket, 'secureConnect');
    return 'trusted';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'refused';
  } finally {
    socket.destroy();
    server.close();
  }
}

describe('a self-signed certificate', () => {
  it('says what it was asked to say', () => {
    const { certificate, key } = selfSignedCertificate({ subject, hosts, validity });
    expect(readCertificate(certificate, key)).toEqual({
      notBefore: '2026-01-01T00:00:00Z',
      notAfter: '2026-04-01T00:00:00Z',
      hosts,
      issuer: 'CN=dhaka, O=DhakaCart self-signed',
      isSelfSigned: true,
      matchesKey: true,
      isChained: true,
    });
  });

  it('is for servers, no authority, and signed with its own P-256 key', () => {
    const { certificate } = selfSignedCertificate({ subject, hosts, validity });
    const read = new X509Certificate(certificate);
    expect(read.ca).toBe(false);
    expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });

  it('is another one, with another key, each time', () => {
    const one = selfSignedCertificate({ subject, hosts, validity });
    const other = selfSignedCertificate({ subject, hosts, validity });
    expect(readCertificate(one.certificate, other.key)?.matchesKey).toBe(false);
    expect(new X509Certificate(one.certificate).serialNumber).not.toBe(
      new X509Certificate(other.certificate).serialNumber,
    );
  });

  it('lets a client in that trusts it, for its hosts alone', async () => {
    const now = Date.now();
    const current = { notBefore: new Date(now - day), notAfter: new Date(now + day) };
    const pair = selfSignedCertificate({ subject, hosts, validity: current });
    expect(await handshake(pair, 'www.example.com')).toBe('trusted');
    expect(await handshake(pair, 'other.example.com')).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
  });
});

const namelessCertificate = `-----BEGIN CERTIFICATE-----
MIIBQjCB6KADAgECAhRfZj+pBQStvUOs1TcunFyPfOsu8zAKBggqhkjOPQQDAjAA
MB4XDTI2MTEyOTE3MTY0MloXDTI3MDIyNzE3MTY0MlowADBZMBMGByqGSM49AgEG
CCqGSM49AwEHA0IABCDhQptna/1v6R/d6ZvZCM3C4fzaTRD4fTwljPg2OGEZWgmm
3kzADgfqksZ6zOEurOWPKmsUZoiflFV15T1Y02ejQDA+MA4GA1UdDwEB/wQEAwIF
oDAMBgNVHRMBAf8EAjAAMB4GA1UdEQEB/wQUMBKCEHNob3AuZXhhbXBsZS5jb20w
CgYIKoZIzj0EAwIDSQAwRgIhANyYr9c83kbS8wdmPWaGBLqZobuZ4V1rGVoXSgYR
2WBNAiEAiHhFZOCChpc/Pj1sjJGgYqftybzxkzDV7hcmgsxXx9o=
-----END CERTIFICATE-----
`;

describe('reading a certificate', () => {
  const authority = createAuthority('test-ca');

  it('tells who issued it, and the names on it in order', () => {
    const names = ['www.example.com', '*.example.com', '127.0.0.1', 'a.example.com'];
    const pair = issueCertificate(authority, {
      subject: { commonName: 'x' },
      usage: 'server',
      hosts: names,
    });
    expect(readCertificate(pair.certificate, pair.key)).toMatchObject({
      issuer: 'CN=test-ca',
      isSelfSigned: false,
      matchesKey: true,
      hosts: ['*.example.com', 'a.example.com', 'www.example.com'],
    });
  });

  it.each([
    ['121 names are all read', 121, 121],
    ['of more than any certificate has, 1000', 1_001, 1_000],
  ])('%s', (_title, count, kept) => {
    const names = Array.from({ length: count }, (_, index) => `${index}.example.com`);
    const { certificate, key } = selfSignedCertificate({ subject, hosts: names, validity });
    expect(readCertificate(certificate, key)?.hosts).toHaveLength(kept);
  });

  it('reads one without subject and issuer, as a self-signed issuer of cert-manager makes it', () => {
    expect(readCertificate(namelessCertificate, '')).toEqual({
      notBefore: '2026-11-29T17:16:42Z',
      notAfter: '2027-02-27T17:16:42Z',
      hosts: ['shop.example.com'],
      issuer: '',
      isSelfSigned: true,
      matchesKey: false,
      isChained: true,
    });
  });

  it('takes the first of a chain, which is the one of the server', () => {
    const pair = issueCertificate(authority, { subject: { commonName: 'leaf' }, usage: 'server' });
    const chain = `${pair.certificate}${authority.certificate}`;
    expect(readCertificate(chain, pair.key)).toMatchObject({ matchesKey: true, isChained: true });
  });

  it('misses the one that has issued it among others, and nothing when it stands alone', () => {
    const stranger = createAuthority('test-ca');
    const pair = issueCertificate(authority, { subject: { commonName: 'leaf' }, usage: 'server' });
    const chained = (...others: readonly string[]): boolean | undefined =>
      readCertificate([pair.certificate, ...others].join(''), pair.key)?.isChained;
    expect(chained()).toBe(true);
    expect(chained(stranger.certificate)).toBe(false);
    expect(chained(stranger.certificate, authority.certificate)).toBe(true);
    expect(chained('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['a text', 'certificate'],
    ['a key', selfSignedCertificate({ subject, hosts, validity }).key],
    ['a broken one', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
  ])('finds none in %s', (_what, text) => {
    expect(readCertificate(text, '')).toBeUndefined();
  });

  it.each(['', 'key', authority.certificate])(
    'takes what is no key for one that does not match',
    (key) => {
      expect(readCertificate(authority.certificate, key)?.matchesKey).toBe(false);
    },
  );
});

describe('a host', () => {
  it.each([
    ['shop.example.com', ['shop.example.com'], true],
    ['shop.example.com', ['*.example.com'], true],
    ['a.shop.example.com', ['*.example.com'], false],
    ['example.com', ['*.example.com'], false],
    ['shop.example.com', ['example.com', 'hop.example.com', '*.com'], false],
    ['shop.example.com', [], false],
  ])('%s is covered by %j: %s', (host, names, expected) => {
    expect(coversHost(names, host)).toBe(expected);
  });
});
