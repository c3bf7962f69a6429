// The words of the shop's mails. Plain text: there is nothing to load, to track or to run in it. Links carry their token after
// the `#`, which browsers send to nobody, so it ends up in no log and in no Referer (RFC 9110 section 10.1.3).
import { resetLifeMinutes, verificationLifeHours } from '../domain/link-life.ts';
import type { Locale } from '../domain/locale.ts';
import type { AccountMail, AccountMailTopic, Mail } from '../repositories/outbox-repository.ts';
import { orderMailText } from './order-mail-texts.ts';

/** What goes out. */
export interface MailText {
  readonly subject: string;
  readonly text: string;
}

interface Words {
  readonly subject: (shop: string) => string;
  /** @param link to the page where it goes on; some mails have none */
  readonly lines: (shop: string, link: string) => readonly string[];
}

const banglaNumbers = new Intl.NumberFormat('bn-BD');

/** A number in Bangla digits. */
const bangla = (value: number): string => banglaNumbers.format(value);

/** Pages of the shop where links of mails lead. */
const mailLinkPaths: Readonly<Partial<Record<AccountMailTopic, string>>> = {
  'mail.verify-email': '/verify-email',
  'mail.reset-password': '/reset-password',
  'mail.already-registered': '/login',
};

const words: Readonly<Record<AccountMailTopic, Readonly<Record<Locale, Words>>>> = {
  'mail.verify-email': {
    en: {
      subject: (shop) => `Confirm your address for ${shop}`,
      lines: (shop, link) => [
        `Welcome to ${shop}. Please confirm that this address is yours:`,
        link,
        `The link works once, within ${verificationLifeHours} hours. If you did not register, ignore this mail.`,
      ],
    },
    bn: {
      subject: (shop) => `${shop}: আপনার ইমেইল ঠিকানা নিশ্চিত করুন`,
      lines: (shop, link) => [
        `${shop}-এ স্বাগতম। এই ঠিকানাটি আপনার, তা নিশ্চিত করতে এখানে যান:`,
        link,
        `লিঙ্কটি একবার, ${bangla(verificationLifeHours)} ঘণ্টার মধ্যে কাজ করবে। আপনি নিবন্ধন না করে থাকলে এই ইমেইলটি উপেক্ষা করুন।`,
      ],
    },
  },
  'mail.already-registered': {
    en: {
      subject: (shop) => `You have an account at ${shop}`,
      lines: (shop, link) => [
        `Somebody, probably you, has tried to register at ${shop} with this address. You have an account there already:`,
        link,
        'If you do not remember the password, choose "Forgot password" there. If it was not you, nothing needs to be done.',
      ],
    },
    bn: {
      subject: (shop) => `${shop}-এ আপনার অ্যাকাউন্ট আছে`,
      lines: (shop, link) => [
        `কেউ, সম্ভবত আপনিই, এই ঠিকানা দিয়ে ${shop}-এ নিবন্ধন করতে চেয়েছেন। সেখানে আপনার অ্যাকাউন্ট আগে থেকেই আছে:`,
        link,
        'পাসওয়ার্ড মনে না থাকলে সেখানে "পাসওয়ার্ড ভুলে গেছি" বেছে নিন। আপনি না হলে কিছু করার দরকার নেই।',
      ],
    },
  },
  'mail.reset-password': {
    en: {
      subject: (shop) => `Choose a new password for ${shop}`,
      lines: (shop, link) => [
        `A new password was asked for at ${shop}. Choose it here:`,
        link,
        `The link works once, within ${resetLifeMinutes} minutes. If you did not ask, ignore this mail: your password stays as it is.`,
      ],
    },
    bn: {
      subject: (shop) => `${shop}: নতুন পাসওয়ার্ড দিন`,
      lines: (shop, link) => [
        `${shop}-এ আপনার জন্য নতুন পাসওয়ার্ড চাওয়া হয়েছে। এখানে দিন:`,
        link,
        `লিঙ্কটি একবার, ${bangla(resetLifeMinutes)} মিনিটের মধ্যে কাজ করবে। আপনি না চেয়ে থাকলে এই ইমেইলটি উপেক্ষা করুন: আপনার পাসওয়ার্ড আগের মতোই থাকবে।`,
      ],
    },
  },
  'mail.password-changed': {
    en: {
      subject: (shop) => `Your password for ${shop} was changed`,
      lines: (shop) => [
        `The password of your account at ${shop} was changed just now, and all other sessions have ended.`,
        'If it was not you, ask for a new password at once and tell the shop.',
      ],
    },
    bn: {
      subject: (shop) => `${shop}: আপনার পাসওয়ার্ড বদলানো হয়েছে`,
      lines: (shop) => [
        `এইমাত্র ${shop}-এ আপনার অ্যাকাউন্টের পাসওয়ার্ড বদলানো হয়েছে, অন্য সব সেশন শেষ হয়েছে।`,
        'আপনি না করে থাকলে এখনই নতুন পাসওয়ার্ড চান এবং দোকানকে জানান।',
      ],
    },
  },
};

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n\n')}\n`;
}

function accountMailText({ topic, locale, token }: AccountMail, shop: string): MailText {
  const { subject, lines } = words[topic][locale];
  const fragment = token === undefined ? '' : `#token=${encodeURIComponent(token)}`;
  const link = `https://${shop}${mailLinkPaths[topic] ?? '/'}${fragment}`;
  return { subject: subject(shop), text: textOf(lines(shop, link)) };
}

/**
 * Subject and text of a mail. Pure.
 * @param shop main host of the shop, which is also where links lead
 */
export function mailText(mail: Mail, shop: string): MailText {
  if (!('order' in mail)) return accountMailText(mail, shop);
  const { subject, lines } = orderMailText(mail.state, mail.order, mail.locale);
  return { subject: `${shop}: ${subject}`, text: textOf([...lines, shop]) };
}
