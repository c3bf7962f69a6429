// How mails leave the shop: over SMTP (smtp-delivery.ts), in development into the log. A shop with neither keeps them in the
// outbox for two days and then removes them.
import type { Logger } from '../log.ts';
import type { Mail, OutboxRepository } from '../repositories/outbox-repository.ts';

/** Mails sent in one go. */
const mailBatch = 20;

/** Sends one mail in the language of its receiver. */
export interface MailDelivery {
  /**
   * Takes less than `mailLeaseMs`, else the mail is sent twice.
   * @throws Error when it was not taken; it is tried again later
   */
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

/** When mails are sent. */
export interface MailRound {
  readonly clock: () => Date;
  /** Ends the round after the mail that is on its way. */
  readonly signal: AbortSignal;
}

/**
 * Sends what is due, one after the other, each on a lease of its own: a slow server does not let the leases of others run out.
 * One mail that fails does not hold up the others.
 */
export async function sendDueMails(
  outbox: OutboxRepository,
  delivery: MailDelivery,
  { clock, signal }: MailRound,
): Promise<void> {
  for (let tried = 0; tried < mailBatch && !signal.aborted; tried += 1) {
    const mail = await outbox.lease(clock());
    if (mail === undefined) return;
    try {
      await delivery.deliver(mail);
      await outbox.sent(mail.id, clock());
    } catch (error) {
      await outbox.failed(mail.id, (error as Error).message);
    }
  }
}
