// Mails over SMTP, to a server of another library's making that checks certificates, passwords and receivers.
import { afterEach, describe, expect, it } from 'vitest';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { createAuthority, issueCertificate } from '../../../../dev/cluster/certificate.ts';
import type { SmtpSettings } from '../../../../storefront-api/mail/mail-config.ts';
import {
  aConfig,
  asAdministrator,
  migratedDatabase,
  startedApi,
} from '../../../support/storefront.ts';
import { eventually } from '../../../support/eventually.ts';
import { goodPassword, sendJson } from '../../../support/shoppers.ts';

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly isSecure: boolean;
  readonly user: string | undefined;
  readonly source: string;
}

const authority = createAuthority('mail-ca');
const stranger = createAuthority('mail-ca');
const { certificate, key } = issueCertificate(authority, {
  subject: { commonName: 'mail' },
  usage: 'server',
  hosts: ['localhost'],
});
const login = { user: 'shop', password: 'only-for-this-test' };

let stop: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of stop.toReversed()) await end();
  stop = [];
});

/** A mail server on loopback that keeps what it takes. */
async function mailServer(options: SMTPServerOptions = {}) {
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
  stop.push(() => new Promise((resolve) => server.close(() => resolve())));
  const { port } = server.server.address() as { port: number };
  return { received, port };
}

const settings = (port: number, change: Partial<SmtpSettings> = {}): SmtpSettings => ({
  host: 'localhost',
  port,
  tls: 'starttls',
  ca: authority.certificate,
  from: 'Dhaka Shop <shop@example.com>',
  ...login,
  ...change,
});

/** An API that sends its mails there, in which somebody has just registered. */
async function registeredThrough(smtp: SmtpSettings, locale = 'en') {
  const url = await migratedDatabase();
  const { shop } = aConfig(url);
  const config = aConfig(url, {
    mail: { delivery: 'smtp', smtp },
    shop: { ...shop, hosts: ['shop.example.com', ...shop.hosts] },
  });
  const api = await startedApi(url, { config });
  stop.push(() => api.stop());
  const body = { email: 'rina@example.com', password: goodPassword, locale };
  expect((await sendJson(api, ['POST', '/api/auth/register'], { body })).status).toBe(202);
  return { api, url };
}

/** The words of a mail, decoded. */
function textOf({ source }: Received): string {
  const body = source.slice(source.indexOf('\r\n\r\n') + 4);
  if (/transfer-encoding: base64/i.test(source)) return Buffer.from(body, 'base64').toString();
  const bytes = body
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString();
}

/** What the outbox says of its one mail, once it was tried. */
async function triedMail(
  url: string,
): Promise<{ last_error: string | null; sent_at: Date | null }> {
  return eventually(async () => {
    const [row] = (await asAdministrator(
      url,
      'SELECT last_error, sent_at FROM outbox WHERE sent_at IS NOT NULL OR last_error IS NOT NULL',
    )) as { last_error: string | null; sent_at: Date | null }[];
    if (row === undefined) throw new Error('the mail was not tried yet');
    return row;
  });
}

describe('mails over SMTP', () => {
  it.each([
    ['en', /^Welcome to shop\.example\.com/],
    ['bn', /^shop\.example\.com-এ স্বাগতম/],
  ])('arrive in %s, over TLS, and their link works', async (locale, words) => {
    const { received, port } = await mailServer();
    const { api, url } = await registeredThrough(settings(port), locale);
    expect(await triedMail(url)).toMatchObject({ last_error: null });
    expect(received).toHaveLength(1);
    const [mail] = received as [Received];
    expect(mail).toMatchObject({
      from: 'shop@example.com',
      to: ['rina@example.com'],
      isSecure: true,
      user: login.user,
    });
    expect(mail.source).toMatch(/^Auto-Submitted: auto-generated\r$/im);
    expect(textOf(mail)).toMatch(words);
    const token = /^https:\/\/shop\.example\.com\/verify-email#token=(\S+)$/m.exec(
      textOf(mail),
    )?.[1];
    const body = { token };
    expect((await sendJson(api, ['POST', '/api/auth/verify'], { body })).status).toBe(204);
  });

  it.each<[string, Partial<SmtpSettings>, SMTPServerOptions, RegExp]>([
    ['a wrong password', { password: 'changed-meanwhile' }, {}, /wrong password|Invalid login/i],
    ['another authority', { ca: stranger.certificate }, {}, /certificate|signature/i],
    ['a certificate for another host', { host: '127.0.0.1' }, {}, /altnames|IP: 127\.0\.0\.1/i],
    ['no TLS at all', {}, { disabledCommands: ['STARTTLS'] }, /STARTTLS|TLS/i],
    [
      'a mailbox that is not there',
      {},
      { onRcptTo: (_, __, done) => done(new Error('no such mailbox')) },
      /no such mailbox/,
    ],
  ])('stay in the outbox with the reason: %s', async (_, change, options, reason) => {
    const { received, port } = await mailServer(options);
    const { url } = await registeredThrough(settings(port, change));
    const mail = await triedMail(url);
    expect(mail.sent_at).toBeNull();
    expect(mail.last_error).toMatch(reason);
    expect(mail.last_error).not.toContain(change.password ?? login.password);
    expect(received).toEqual([]);
  });

  it('wait for a server that is away', async () => {
    const { port } = await mailServer();
    for (const end of stop.splice(0)) await end();
    const { url } = await registeredThrough(settings(port));
    expect(await triedMail(url)).toMatchObject({
      sent_at: null,
      last_error: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});
