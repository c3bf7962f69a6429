// Mails over SMTP, to a server of another library's making that checks certificates, passwords and receivers.
import { afterEach, describe, expect, it } from 'vitest';
import type { SMTPServerOptions } from 'smtp-server';
import type { SmtpSettings } from '../../../../storefront-api/mail/mail-config.ts';
import { mailPatienceMs, smtpDelivery } from '../../../../storefront-api/mail/smtp-delivery.ts';
import { databaseLimits } from '../../../../storefront-api/repositories/database.ts';
import { mailLeaseMs } from '../../../../storefront-api/repositories/outbox-repository.ts';
import { eventually } from '../../../support/eventually.ts';
import {
  login,
  MailServers,
  type Received,
  smtpSettings,
  strangeAuthority,
  textOf,
} from '../../../support/mail-server.ts';
import { goodPassword, sendJson } from '../../../support/shoppers.ts';
import {
  aConfig,
  asAdministrator,
  migratedDatabase,
  startedApi,
} from '../../../support/storefront.ts';

const servers = new MailServers();

let stop: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of stop.toReversed()) await end();
  stop = [];
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
    const { received, port } = await servers.start();
    const { api, url } = await registeredThrough(smtpSettings(port), locale);
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
    ['another authority', { ca: strangeAuthority.certificate }, {}, /certificate|signature/i],
    ['a certificate for another host', { host: '127.0.0.1' }, {}, /altnames|IP: 127\.0\.0\.1/i],
    ['no TLS at all', {}, { disabledCommands: ['STARTTLS'] }, /STARTTLS|TLS/i],
    [
      'a mailbox that is not there',
      {},
      { onRcptTo: (_, __, done) => done(new Error('no such mailbox')) },
      /no such mailbox/,
    ],
  ])('stay in the outbox with the reason: %s', async (_, change, options, reason) => {
    const { received, port } = await servers.start(options);
    const { url } = await registeredThrough(smtpSettings(port, change));
    const mail = await triedMail(url);
    expect(mail.sent_at).toBeNull();
    expect(mail.last_error).toMatch(reason);
    expect(mail.last_error).not.toContain(change.password ?? login.password);
    expect(received).toEqual([]);
  });

  it('are given up before their lease runs out, when a server never comes to the point', async () => {
    expect(mailPatienceMs + 2 * databaseLimits.queryMs).toBeLessThanOrEqual(mailLeaseMs);
    const { received, port } = await servers.start({ onRcptTo: () => undefined });
    const mail = { id: 1, topic: 'mail.password-changed', to: 'rina@example.com' } as const;
    const delivery = smtpDelivery(smtpSettings(port), 'shop.example.com', 500);
    await expect(
      delivery.deliver({ ...mail, locale: 'en', token: undefined }),
    ).rejects.toMatchObject({ name: 'AbortError' });
    expect(received).toEqual([]);
  });

  it('wait for a server that is away', async () => {
    const { port } = await servers.start();
    await servers.stopAll();
    const { url } = await registeredThrough(smtpSettings(port));
    expect(await triedMail(url)).toMatchObject({
      sent_at: null,
      last_error: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});
