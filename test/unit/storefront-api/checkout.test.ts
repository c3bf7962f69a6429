import { describe, expect, it } from 'vitest';
import type { CheckoutOutcome, Order } from '../../../storefront-api/domain/order.ts';
import { HttpProblem } from '../../../storefront-api/errors.ts';
import { checkoutRepository } from '../../../storefront-api/repositories/checkout-repository.ts';
import type { Database } from '../../../storefront-api/repositories/database.ts';
import { checkoutRoute } from '../../../storefront-api/routes/checkout.ts';
import { guestCartValue } from '../../../storefront-api/domain/guest-cart.ts';
import type { RequestInfo } from '../../../storefront-api/routing/route.ts';
import { signer } from '../../../storefront-api/signing.ts';

const cartId = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
const sign = signer('a-secret-for-tests-that-is-long-enough', 'guest-cart');
const hash = Buffer.alloc(32, 1);
const address = {
  name: 'A',
  phone: '+8801712345678',
  division: 'Dhaka' as const,
  district: 'Dhaka',
  upazila: 'Ramna',
  street: '1',
};
const order = { id: cartId } as Order;

const aRow = (change: Readonly<Record<string, unknown>>) => ({
  lines: 1,
  total: 100,
  is_placed: false,
  response: null,
  prior_hash: null,
  is_overtaken: false,
  short: null,
  ...change,
});

/** The outcome of a checkout whose statement answers with these rows, one after the other; and how often it ran. */
async function outcomeOf(rows: readonly unknown[]): Promise<readonly [CheckoutOutcome, number]> {
  let runs = 0;
  const runRepeatable = () => {
    const row = rows[Math.min(runs, rows.length - 1)];
    runs += 1;
    return Promise.resolve([row]);
  };
  const database = { runRepeatable } as unknown as Database;
  const outcome = await checkoutRepository(database).place(
    { kind: 'guest', cartId },
    {
      orderId: cartId,
      key: 'a-key-of-good-length',
      requestHash: hash,
      guestHash: undefined,
      payment: 'cod',
      email: undefined,
      shipTo: address,
      expectedTotalMinor: undefined,
      locale: 'en',
      now: new Date(0),
    },
  );
  return [outcome, runs];
}

describe('the statement of a checkout', () => {
  const overtaken = aRow({ is_overtaken: true });
  const lostKey = aRow({ response: order });
  const placed = aRow({ is_placed: true, response: order });
  const prior = aRow({ prior_hash: hash, response: order });

  it.each<[string, readonly unknown[], CheckoutOutcome['kind'], number]>([
    ['placed', [placed], 'placed', 1],
    ['found under its key', [prior], 'placed', 1],
    [
      'found with another request',
      [aRow({ ...prior, prior_hash: Buffer.alloc(32, 2) })],
      'other-request',
      1,
    ],
    ['of an empty cart', [aRow({ lines: 0 })], 'empty', 1],
    ['of too few pieces', [aRow({ short: [] })], 'short', 1],
    ['of another total', [aRow({})], 'other-total', 1],
    ['overtaken, then placed', [overtaken, placed], 'placed', 2],
    ['that lost its key, then finds it', [lostKey, prior], 'placed', 2],
    ['overtaken again and again', [overtaken], 'busy', 3],
  ])('%s', async (_, rows, kind, runs) => {
    const [outcome, ran] = await outcomeOf(rows);
    expect([outcome.kind, ran]).toEqual([kind, runs]);
  });
});

it('S95 a cart that others keep changing is a conflict, to be tried again in a second', async () => {
  const route = checkoutRoute({
    checkouts: { place: () => Promise.resolve({ kind: 'busy' }) },
    signCart: sign,
    signOrder: sign,
    testPayments: false,
  });
  const input = {
    query: {},
    headers: { 'idempotency-key': 'a-key-of-good-length' },
    body: { address, payment: 'cod' },
  };
  const request = {
    now: new Date(0),
    actor: undefined,
    cookie: () => guestCartValue(cartId, sign),
  } as unknown as RequestInfo;
  const problem = await route.handler(input, request).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(HttpProblem);
  expect(problem).toMatchObject({
    status: 409,
    code: 'cart-busy',
    headers: { 'retry-after': '1' },
  });
});
