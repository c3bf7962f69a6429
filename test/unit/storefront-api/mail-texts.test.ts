import { describe, expect, it } from 'vitest';
import { mailText } from '../../../storefront-api/mail/mail-texts.ts';
import type { Mail, MailTopic } from '../../../storefront-api/repositories/outbox-repository.ts';

const shop = 'shop.example.com';
const aMail = (topic: MailTopic, locale: 'en' | 'bn', token?: string): Mail => ({
  id: 7,
  topic,
  to: 'a@example.com',
  locale,
  token,
});

describe('the text of a mail', () => {
  it.each<[MailTopic, string | undefined, string | undefined]>([
    ['mail.verify-email', 'T-1', 'https://shop.example.com/verify-email#token=T-1'],
    ['mail.reset-password', 'T-1', 'https://shop.example.com/reset-password#token=T-1'],
    ['mail.already-registered', undefined, 'https://shop.example.com/login'],
    ['mail.password-changed', undefined, undefined],
  ])('of %s has the link on a line of its own, in both languages', (topic, token, link) => {
    for (const locale of ['en', 'bn'] as const) {
      const { subject, text } = mailText(aMail(topic, locale, token), shop);
      const links = text.split('\n').filter((line) => line.includes('://'));
      expect(links).toEqual(link === undefined ? [] : [link]);
      expect(`${subject}${text}`).toContain(shop);
      expect(/[\u0980-\u09FF]/.test(subject)).toBe(locale === 'bn');
      expect(/[\u0980-\u09FF]/.test(text)).toBe(locale === 'bn');
    }
  });

  it('keeps a token in one piece, whatever it holds', () => {
    const { text } = mailText(aMail('mail.reset-password', 'en', 'a b\r\nc&d'), shop);
    expect(text).toContain('#token=a%20b%0D%0Ac%26d\n');
  });
});
