// What buyers read about their order, step by step. Nothing of it was typed by anybody: a mail can go to an address that a guest
// has made up, and must not carry a stranger's words there.
import type { Locale } from '../domain/locale.ts';
import type { OrderNews } from '../domain/order.ts';
import type { OrderState, PaymentState } from '../domain/order-state.ts';

/** A state in words; the subject is about order `n`. */
interface StateWords {
  readonly subject: (n: number) => string;
  readonly line: string;
}

const states: Readonly<Record<Locale, Readonly<Record<OrderState, StateWords>>>> = {
  en: {
    placed: {
      subject: (n) => `We have your order ${n}`,
      line: 'Thank you for your order. We will tell you when it is on its way.',
    },
    confirmed: {
      subject: (n) => `Your order ${n} is confirmed`,
      line: 'Your order is confirmed and will be packed soon.',
    },
    packed: {
      subject: (n) => `Your order ${n} is packed`,
      line: 'Your order is packed and waits for the courier.',
    },
    shipped: {
      subject: (n) => `Your order ${n} is on its way`,
      line: 'Your order is on its way to you.',
    },
    delivered: {
      subject: (n) => `Your order ${n} was delivered`,
      line: 'Your order was delivered. If something is not right, please tell the shop.',
    },
    cancelled: {
      subject: (n) => `Your order ${n} was cancelled`,
      line: 'Your order was cancelled. Nothing will be delivered.',
    },
    returned: {
      subject: (n) => `Your order ${n} came back`,
      line: 'Your order has come back to the shop.',
    },
  },
  bn: {
    placed: {
      subject: (n) => `আপনার অর্ডার ${n} পেয়েছি`,
      line: 'অর্ডার করার জন্য ধন্যবাদ। পাঠানো হলে আপনাকে জানাব।',
    },
    confirmed: {
      subject: (n) => `আপনার অর্ডার ${n} নিশ্চিত হয়েছে`,
      line: 'আপনার অর্ডার নিশ্চিত হয়েছে, শীঘ্রই প্যাক করা হবে।',
    },
    packed: {
      subject: (n) => `আপনার অর্ডার ${n} প্যাক করা হয়েছে`,
      line: 'আপনার অর্ডার প্যাক করা হয়েছে, কুরিয়ারের অপেক্ষায় আছে।',
    },
    shipped: {
      subject: (n) => `আপনার অর্ডার ${n} পাঠানো হয়েছে`,
      line: 'আপনার অর্ডার আপনার ঠিকানার পথে আছে।',
    },
    delivered: {
      subject: (n) => `আপনার অর্ডার ${n} পৌঁছে দেওয়া হয়েছে`,
      line: 'আপনার অর্ডার পৌঁছে দেওয়া হয়েছে। কোনো সমস্যা থাকলে দোকানকে জানান।',
    },
    cancelled: {
      subject: (n) => `আপনার অর্ডার ${n} বাতিল হয়েছে`,
      line: 'আপনার অর্ডার বাতিল হয়েছে। কিছুই পাঠানো হবে না।',
    },
    returned: {
      subject: (n) => `আপনার অর্ডার ${n} ফেরত এসেছে`,
      line: 'আপনার অর্ডার দোকানে ফেরত এসেছে।',
    },
  },
};

const payments: Readonly<Record<Locale, Readonly<Record<PaymentState, string>>>> = {
  en: {
    due: 'to be paid on delivery',
    paid: 'paid',
    refunded: 'what you paid comes back to you',
    failed: 'the payment failed',
  },
  bn: {
    due: 'পৌঁছানোর সময় পরিশোধ করবেন',
    paid: 'পরিশোধিত',
    refunded: 'আপনার পরিশোধিত টাকা ফেরত পাবেন',
    failed: 'পরিশোধ ব্যর্থ হয়েছে',
  },
};

const sumLine: Readonly<Record<Locale, (n: number, total: string) => string>> = {
  en: (n, total) => `Order ${n}, ${total}`,
  bn: (n, total) => `অর্ডার ${n}, ${total}`,
};

const taka: Readonly<Record<Locale, Intl.NumberFormat>> = {
  en: new Intl.NumberFormat('en-BD', { style: 'currency', currency: 'BDT' }),
  bn: new Intl.NumberFormat('bn-BD', { style: 'currency', currency: 'BDT' }),
};

/** Nothing is to be paid any more for an order that has ended without its goods. */
const endsWithoutGoods: readonly OrderState[] = ['cancelled', 'returned'];

/** Subject and paragraphs of a mail about an order that has come into a state. Pure. */
export function orderMailText(
  state: OrderState,
  { number, totalMinor, payment }: OrderNews,
  locale: Locale,
): { readonly subject: string; readonly lines: readonly string[] } {
  const { subject, line } = states[locale][state];
  const sum = sumLine[locale](number, taka[locale].format(totalMinor / 100));
  const isOver = payment === 'due' && endsWithoutGoods.includes(state);
  return {
    subject: subject(number),
    lines: [line, isOver ? sum : `${sum} (${payments[locale][payment]})`],
  };
}
