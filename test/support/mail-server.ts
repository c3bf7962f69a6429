// A mail server of another library's making that checks certificates, passwords and receivers, and keeps what it takes.
import { afterEach } from 'vitest';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { createAuthority, issueCertificate } from '../../dev/cluster/certificate.ts';
import type { SmtpSettings } from '../../storefront-api/mail/mail-config.ts';

/** A mail as it came in. */
export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly isSecure: boolean;
  readonly user: string | undefined;
  readonly source: string;
}

const authority = createAuthority('mail-ca');
/** Signs no server of ours. */
export const strangeAuthority = createAuthority('mail-ca');
const { certificate, key } = issueCertificate(authority, {
  subject: { commonName: 'mail' },
  usage: 'server',
  hosts: ['localhost'],
});
/** Whom the server lets in. */
export const login = { user: 'shop', password: 'only-for-this-test' };

/** Servers of the current test; all are stopped after it. */
export class MailServers {
  readonly #servers: SMTPServer[] = [];

  constructor() {
    afterEach(() => this.stopAll());
  }

  /** A server on loopback. */
  async start(
    options: SMTPServerOptions = {},
  ): Promise<{ readonly received: readonly Received[]; readonly port: number }> {
    const received: Received[] = [];
    const server = new SMTPServer({
      cert: certificate,
      key,
      authMethods: ['PLAIN'],
      onAuth: ({ username, password }, _, done) =>
        username === login.user && password === login.password
          ? done(null, { user: username })
          : done(new Error('wrong password')),
      onData(stream, session, done) {
        let source = '';
        stream.setEncoding('utf8').on('data', (part: string) => (source += part));
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom === false ? '' : mailFrom.address;
          const to = rcptTo.map(({ address }) => address);
          received.push({ from, to, isSecure: session.secure, user: session.user, source });
          done();
        });
      },
      ...options,
    });
    server.on('error', () => undefined); // a client that does not trust us hangs up
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#servers.push(server);
    const { port } = server.server.address() as { port: number };
    return { received, port };
  }

  async stopAll(): Promise<void> {
    for (const server of this.#servers.splice(0))
      await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

/** How the API reaches the server. */
export const smtpSettings = (port: number, change: Partial<SmtpSettings> = {}): SmtpSettings => ({
  host: 'localhost',
  port,
  tls: 'starttls',
  ca: authority.certificate,
  from: 'Dhaka Shop <shop@example.com>',
  ...login,
  ...change,
});

/** The words of a mail, decoded. */
export function textOf({ source }: Received): string {
  const body = source.slice(source.indexOf('\r\n\r\n') + 4);
  if (/transfer-encoding: base64/i.test(source)) return Buffer.from(body, 'base64').toString();
  const bytes = body
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString();
}
