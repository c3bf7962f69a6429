// How mails leave the shop: over SMTP (smtp-delivery.ts), in development into the log. A shop with neither keeps them in the
// outbox for two days and then removes them.
import type { Logger } from '../log.ts';
import type { Mail, OutboxRepository } from '../repositories/outbox-repository.ts';

/** Mails sent in one go. */
const mailBatch = 20;

/** Sends one mail in the language of its receiver. */
export interface MailDelivery {
  /** @throws Error when it was not taken; it is tried again later */
  deliver(mail: Mail): Promise<void>;
}

/**
 * For development: writes to the log that a mail would have been sent.
 * @param withToken also writes the token, so that a developer can go on without a mailbox. Whoever reads the log can then
 *   take over accounts, so mail-config.ts refuses this in production.
 */
export function loggingDelivery(log: Logger, withToken: boolean): MailDelivery {
  return {
    deliver(mail) {
      const { id, topic } = mail;
      const token = 'token' in mail ? mail.token : undefined;
      const secret = withToken && token !== undefined ? { developmentToken: token } : {};
      log.warn({ mail: id, topic, ...secret }, 'a mail would be sent now');
      return Promise.resolve();
    },
  };
}

/** Sends what is due. One mail that fails does not hold up the others. */
export async function sendDueMails(
  outbox: OutboxRepository,
  delivery: MailDelivery,
  now: Date,
): Promise<void> {
  for (const mail of await outbox.lease(mailBatch, now)) {
    try {
      await delivery.deliver(mail);
      await outbox.sent(mail.id, now);
    } catch (error) {
      await outbox.failed(mail.id, (error as Error).message);
    }
  }
}
