import { createHash, randomUUID } from 'node:crypto';
import type { z } from 'zod';
import type { CartOwner } from '../domain/cart.ts';
import { negotiatedLocale } from '../domain/locale.ts';
import type { CheckoutOutcome, CheckoutRequest, Order } from '../domain/order.ts';
import type { Sign } from '../domain/page-cursor.ts';
import { conflict, HttpProblem, invalidRequest } from '../errors.ts';
import type { CheckoutRepository } from '../repositories/checkout-repository.ts';
import { defineRoute, type RequestInfo, type Route } from '../routing/route.ts';
import { cartOwner } from './cart-owner.ts';
import { localeQuery } from './catalogue-schemas.ts';
import { checkoutBody, checkoutHeaders, receiptBody } from './order-schemas.ts';

/** What a checkout needs. */
export interface CheckoutDependencies {
  readonly checkouts: CheckoutRepository;
  readonly signCart: Sign;
  /** Makes the token of a guest's order from the order's id. */
  readonly signOrder: Sign;
  /** May orders be paid with the test provider? */
  readonly testPayments: boolean;
}

interface CheckoutInput {
  readonly query: z.output<typeof localeQuery>;
  readonly headers: z.output<typeof checkoutHeaders>;
  readonly body: z.output<typeof checkoutBody>;
}

/** SHA-256: what is kept of a token, and what a request is compared by. */
export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

const emptyCart = (): HttpProblem => conflict('cart-empty', 'there is nothing in the cart');

const busyRetryAfterSeconds = '1';

function demandPlaced(outcome: CheckoutOutcome): Order {
  switch (outcome.kind) {
    case 'placed':
      return outcome.order;
    case 'other-request':
      throw new HttpProblem(
        [422, 'idempotency-key-reused'],
        'this Idempotency-Key belongs to another checkout: take a new one',
      );
    case 'empty':
      throw emptyCart();
    case 'short':
      throw conflict('not-enough-stock', 'some lines cannot be bought as they are', {
        extensions: { lines: outcome.lines },
      });
    case 'other-total':
      throw conflict('total-changed', 'the total is another now: show it and ask again', {
        extensions: { totalMinor: outcome.totalMinor },
      });
    case 'busy':
      throw conflict('cart-busy', 'the cart is being changed, try again', {
        headers: { 'retry-after': busyRetryAfterSeconds },
      });
  }
}

function checkoutRequest(
  { query, headers, body }: CheckoutInput,
  { now }: RequestInfo,
  guestToken: (orderId: string) => string | undefined,
): CheckoutRequest {
  const orderId = randomUUID();
  const token = guestToken(orderId);
  return {
    orderId,
    key: headers['idempotency-key'],
    requestHash: sha256(JSON.stringify(body)),
    guestHash: token === undefined ? undefined : sha256(token),
    payment: body.payment,
    email: body.email,
    shipTo: body.address,
    expectedTotalMinor: body.expectedTotalMinor,
    locale: negotiatedLocale(query.locale, headers['accept-language']),
    now,
  };
}

function demandCart(request: RequestInfo, sign: Sign): CartOwner {
  const owner = cartOwner(request, sign);
  if (owner === undefined) throw emptyCart();
  return owner;
}

function demandMethod({ payment }: z.output<typeof checkoutBody>, testPayments: boolean): void {
  if (payment !== 'test' || testPayments) return;
  throw invalidRequest('the request is not valid', [
    { in: 'body', path: 'payment', message: 'is not offered by this shop' },
  ]);
}

/** `POST /api/checkout`. */
export function checkoutRoute(deps: CheckoutDependencies): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/checkout',
    summary: 'Order what is in the cart, exactly once for each Idempotency-Key',
    auth: 'optional',
    limitClass: 'checkout',
    query: localeQuery,
    headers: checkoutHeaders,
    body: checkoutBody,
    responses: {
      201: {
        description: 'The order; a repeated request gets the same answer.',
        body: receiptBody,
        headers: { location: 'Where the order is.' },
      },
    },
    async handler(input, request) {
      demandMethod(input.body, deps.testPayments);
      const owner = demandCart(request, deps.signCart);
      // Derived, not random: a repeated request can be told it again although only its hash is kept.
      const guestToken = (orderId: string): string | undefined =>
        owner.kind === 'guest' ? deps.signOrder(orderId) : undefined;
      const asked = checkoutRequest(input, request, guestToken);
      const order = demandPlaced(await deps.checkouts.place(owner, asked));
      const orderToken = guestToken(order.id);
      return {
        status: 201,
        headers: { location: `/api/orders/${order.id}` },
        body: { order, ...(orderToken !== undefined && { orderToken }) },
      };
    },
  });
}
