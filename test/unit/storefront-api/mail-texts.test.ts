import { describe, expect, it } from 'vitest';
import { resetLifeMs, verificationLifeMs } from '../../../storefront-api/accounts/registration.ts';
import { locales } from '../../../storefront-api/domain/locale.ts';
import { orderStates } from '../../../storefront-api/domain/order-state.ts';
import { mailText } from '../../../storefront-api/mail/mail-texts.ts';
import type {
  AccountMail,
  AccountMailTopic,
} from '../../../storefront-api/repositories/outbox-repository.ts';

const shop = 'shop.example.com';
const aMail = (topic: AccountMailTopic, locale: 'en' | 'bn', token?: string): AccountMail => ({
  id: 7,
  topic,
  to: 'a@example.com',
  locale,
  token,
});

describe('the text of a mail', () => {
  it.each<[AccountMailTopic, string | undefined, string | undefined]>([
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

  it.each<[AccountMailTopic, number, string, string]>([
    ['mail.verify-email', verificationLifeMs / 3_600_000, 'hours', 'ঘণ্টার'],
    ['mail.reset-password', resetLifeMs / 60_000, 'minutes', 'মিনিটের'],
  ])('of %s says how long its link works, as long as it does', (topic, life, en, bn) => {
    const banglaDigits = String(life).replaceAll(
      /\d/g,
      (digit) => '০১২৩৪৫৬৭৮৯'[Number(digit)] ?? '',
    );
    expect(mailText(aMail(topic, 'en', 'T-1'), shop).text).toContain(` within ${life} ${en}.`);
    expect(mailText(aMail(topic, 'bn', 'T-1'), shop).text).toContain(` ${banglaDigits} ${bn} মধ্যে`);
  });

  it.each(orderStates)(
    'of an order that is %s names it and the sum, in both languages',
    (state) => {
      const subjects = locales.map((locale) => {
        const order = { number: 100_001, totalMinor: 66_050, payment: 'due' } as const;
        const mail = { id: 7, to: 'a@example.com', topic: `mail.order-${state}` as const };
        const { subject, text } = mailText({ ...mail, state, locale, order }, shop);
        expect(subject).toContain('100001');
        expect(subject.startsWith(`${shop}: `)).toBe(true);
        expect(text).toMatch(locale === 'bn' ? /100001, ৬৬০\.৫০৳/ : /100001, BDT\s660\.50/);
        expect(text.includes('(')).toBe(state !== 'cancelled' && state !== 'returned');
        expect(text).not.toContain('://');
        return subject;
      });
      expect(new Set(subjects).size).toBe(locales.length);
    },
  );

  it('keeps a token in one piece, whatever it holds', () => {
    const { text } = mailText(aMail('mail.reset-password', 'en', 'a b\r\nc&d'), shop);
    expect(text).toContain('#token=a%20b%0D%0Ac%26d\n');
  });
});
