// Mails over SMTP (RFC 5321), with STARTTLS (RFC 3207) or TLS from the start (RFC 8314). What was not taken stays in the
// outbox and is sent again later.
import { createTransport } from 'nodemailer';
import type { MailDelivery } from './mail-delivery.ts';
import type { SmtpSettings } from './mail-config.ts';
import { mailText } from './mail-texts.ts';

/** Waits for the mail server; it is asked again later, so none is long. */
const smtpTimeoutsMs = { connectionTimeout: 5_000, greetingTimeout: 5_000, socketTimeout: 10_000 };

/**
 * For a mail as a whole: the waits above begin anew with each answer. Its lease (`mailLeaseMs`) also has room for two statements
 * that take as long as statements may.
 */
export const mailPatienceMs = 20_000;

/**
 * Sends through a mail server, on a connection for each mail: a shop sends few, and an idle one would be cut anyway.
 * @param shop main host of the shop
 * @param patienceMs longest time for one mail
 */
export function smtpDelivery(
  settings: SmtpSettings,
  shop: string,
  patienceMs: number = mailPatienceMs,
): MailDelivery {
  const { host, port, tls, ca, user, password, from } = settings;
  const transport = createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'off',
    ...(ca !== undefined && { tls: { ca } }),
    ...(user !== undefined && { auth: { user, pass: password } }),
    ...smtpTimeoutsMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async deliver(mail) {
      const { subject, text } = mailText(mail, shop);
      await transport.sendMail({
        from,
        signal: AbortSignal.timeout(patienceMs),
        to: { name: '', address: mail.to },
        subject,
        text,
        // The same mail sent twice can be told by its id; auto-replies stay away (RFC 3834).
        messageId: `<outbox-${mail.id}@${shop}>`,
        headers: { 'content-language': mail.locale, 'auto-submitted': 'auto-generated' },
      });
    },
  };
}
