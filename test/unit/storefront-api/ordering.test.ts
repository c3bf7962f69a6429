import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divisions } from '../../../storefront-api/domain/districts.ts';
import {
  maxCartLines,
  maxLineQuantity,
  maxTotalMinor,
  pricedCart,
  type StoredCartLine,
} from '../../../storefront-api/domain/cart.ts';
import { deliveryMinor, deliveryRule } from '../../../storefront-api/domain/delivery.ts';
import { guestCartId, guestCartValue } from '../../../storefront-api/domain/guest-cart.ts';
import { maxAmountMinor } from '../../../storefront-api/domain/money.ts';
import {
  orderMove,
  type OrderState,
  orderStates,
  orderTransitions,
} from '../../../storefront-api/domain/order-state.ts';
import { phoneNumber } from '../../../storefront-api/domain/phone-number.ts';
import { signer } from '../../../storefront-api/signing.ts';

describe('a telephone number', () => {
  it.each([
    '01712345678',
    '01712-345678',
    '+8801712345678',
    '+880 1712-345678',
    '+880 (17) 12.34.56.78',
    '8801712345678',
    '008801712345678',
    '০১৭১২৩৪৫৬৭৮',
    '+৮৮০ ১৭১২ ৩৪৫৬৭৮',
    ' 01712345678 ',
  ])('%s is stored as +8801712345678', (text) => {
    expect(phoneNumber(text)).toBe('+8801712345678');
  });

  it.each([
    '',
    '1712345678',
    '0171234567',
    '017123456789',
    '01212345678',
    '0212345678',
    '+911712345678',
    '+88001712345678',
    '++8801712345678',
    '01712345678x',
    `${' '.repeat(40)}01712345678`,
    '٠١٧١٢٣٤٥٦٧٨',
  ])('%s is none', (text) => {
    expect(phoneNumber(text)).toBeUndefined();
  });

  it('has one form only, and that form stays', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const number = phoneNumber(text);
        if (number !== undefined) expect(number).toMatch(/^\+8801[3-9]\d{8}$/);
        expect(number === undefined || phoneNumber(number) === number).toBe(true);
      }),
    );
  });
});

describe('the cookie of a cart', () => {
  const sign = signer('a-secret-for-tests-that-is-long-enough', 'guest-cart');

  it('leads to its cart, and after any change to none', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.nat({ max: 58 }),
        fc.constantFrom('0', 'a', '-', '.', '%'),
        (id, at, letter) => {
          const value = guestCartValue(id, sign);
          expect(guestCartId(value, sign)).toBe(id);
          const changed = value.slice(0, at) + letter + value.slice(at + 1);
          expect(guestCartId(changed, sign)).toBe(changed === value ? id : undefined);
        },
      ),
    );
  });

  it('of another purpose or secret leads nowhere', () => {
    const id = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
    const others = [
      signer('a-secret-for-tests-that-is-long-enough', 'cursor'),
      signer('another-secret-for-tests-that-is-long', 'guest-cart'),
    ];
    for (const other of others)
      expect(guestCartId(guestCartValue(id, other), sign)).toBeUndefined();
    expect(guestCartId(undefined, sign)).toBeUndefined();
  });
});

const aLine = (change: Partial<StoredCartLine> = {}): StoredCartLine => ({
  sku: 'A',
  slug: 'a',
  title: 'A',
  options: {},
  image: { url: '/a', width: 1, height: 1, alt: '' },
  quantity: 1,
  seenPriceMinor: 100,
  priceMinor: 100,
  stock: 5,
  ...change,
});

describe('a cart', () => {
  it('adds up exactly, up to its bounds', () => {
    const line = aLine({ priceMinor: maxAmountMinor, quantity: maxLineQuantity, stock: 1_000 });
    const { itemsMinor } = pricedCart(Array.from({ length: maxCartLines }, () => line));
    expect(itemsMinor).toBe(maxTotalMinor);
    expect(Number.isSafeInteger(itemsMinor)).toBe(true);
  });

  it.each([
    [{ quantity: 5 }, { available: true, availableQuantity: 5 }],
    [{ quantity: 6 }, { available: false, availableQuantity: 5 }],
    [{ stock: 0 }, { available: false, availableQuantity: 0 }],
    [{ stock: 5_000 }, { available: true, availableQuantity: maxLineQuantity }],
    [{ priceMinor: 90 }, { priceChanged: true, totalMinor: 90 }],
    [{}, { priceChanged: false, totalMinor: 100 }],
  ])('shows a line with %j as %j', (change, shown) => {
    expect(pricedCart([aLine(change)]).lines).toMatchObject([shown]);
  });

  it('can be ordered when it has lines and all of them can be bought', () => {
    expect(pricedCart([]).canCheckOut).toBe(false);
    expect(pricedCart([aLine()]).canCheckOut).toBe(true);
    expect(pricedCart([aLine(), aLine({ stock: 0 })]).canCheckOut).toBe(false);
  });
});

describe('delivery', () => {
  it.each(divisions)('to %s costs its flat fee, and nothing from 5,000 taka on', (division) => {
    const rule = deliveryRule(division);
    expect(rule.feeMinor).toBe(division === 'Dhaka' ? 6_000 : 12_000);
    expect(deliveryMinor(rule, 0)).toBe(rule.feeMinor);
    expect(deliveryMinor(rule, 499_999)).toBe(rule.feeMinor);
    expect(deliveryMinor(rule, 500_000)).toBe(0);
  });
});

describe('the life of an order', () => {
  const allowed = new Set([
    'placed>confirmed',
    'placed>cancelled',
    'confirmed>packed',
    'confirmed>cancelled',
    'packed>shipped',
    'shipped>delivered',
    'shipped>returned',
    'delivered>returned',
  ]);
  const pairs = orderStates.flatMap((from) => orderStates.map((to) => [from, to] as const));

  it.each(pairs)('from %s to %s is as the table says', (from, to) => {
    expect(orderMove(to).from.includes(from)).toBe(allowed.has(`${from}>${to}`));
  });

  it('reaches every state from the first, and always ends', () => {
    const reached = new Set<OrderState>(['placed']);
    for (const state of reached) for (const next of orderTransitions[state]) reached.add(next);
    expect([...reached].toSorted()).toEqual([...orderStates].toSorted());
    const walk = (state: OrderState, path: readonly OrderState[]): void => {
      expect(path).not.toContain(state);
      for (const next of orderTransitions[state]) walk(next, [...path, state]);
    };
    walk('placed', []);
  });

  it('gives pieces back only when it is cancelled, and money when it was paid', () => {
    expect(orderStates.filter((state) => orderMove(state).restocks)).toEqual(['cancelled']);
    expect(orderMove('delivered')).toMatchObject({ due: 'paid', paid: 'paid' });
    expect(orderMove('cancelled')).toMatchObject({ due: 'due', paid: 'refunded' });
    expect(orderMove('returned')).toMatchObject({ due: 'due', paid: 'refunded' });
  });
});
