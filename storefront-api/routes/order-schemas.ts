import { z } from 'zod';
import { type Division, divisions } from '../domain/districts.ts';
import { maxCartLines, maxLineQuantity } from '../domain/cart.ts';
import { currency } from '../domain/money.ts';
import { paymentMethods } from '../domain/order.ts';
import { orderStates } from '../domain/order-state.ts';
import { maxCursorLength } from '../domain/page-cursor.ts';
import { integerText } from '../routing/query-fields.ts';
import { addressInput } from './address-schemas.ts';
import { options, priceMinor, sumMinor } from './cart-schemas.ts';
import { localeQuery, pageLimits } from './catalogue-schemas.ts';

/** A checkout. Prices are the shop's; what the shopper was shown may be given to be compared. */
export const checkoutBody = z.strictObject({
  address: addressInput,
  payment: z.enum(paymentMethods).describe('`cod`: cash on delivery.'),
  email: z.email().max(254).optional(),
  expectedTotalMinor: sumMinor
    .optional()
    .describe(
      'Total that the shopper was shown, delivery included, poisha; another total is a 409.',
    ),
});

const idempotencyKey = z
  .string()
  .regex(/^"?[\w.:-]{8,200}"?$/, 'must be 8 to 200 letters, digits and . : - _, a UUID for example')
  .transform((text) => text.replaceAll('"', ''))
  .meta({ wire: { type: 'string', minLength: 8, maxLength: 202 } });

const acceptLanguage = z.string().max(1_024).optional();

/** Request headers of a checkout; draft-ietf-httpapi-idempotency-key-header-07. */
export const checkoutHeaders = z.strictObject({
  'idempotency-key': idempotencyKey.describe(
    'A new one for each order, the same for each attempt at it; quotes are optional.',
  ),
  'accept-language': acceptLanguage,
});

/** Request headers of whoever asks for one order. Never in an address, where logs and referrers would keep it. */
export const orderHeaders = z.strictObject({
  'x-order-token': z
    .string()
    .max(64)
    .optional()
    .describe('`orderToken` of a guest’s checkout; not needed when signed in.'),
  'accept-language': acceptLanguage,
});

/** Path of one order. */
export const orderParams = z.strictObject({ id: z.uuid() });

/** Query of an order list. */
export const ordersQuery = z.strictObject({
  cursor: z
    .string()
    .min(1)
    .max(maxCursorLength)
    .describe('`nextCursor` of the page before.')
    .optional(),
  limit: integerText([1, pageLimits.max], 'Orders on a page.').default(pageLimits.default),
});

/** Query of one order. */
export const orderQuery = localeQuery;

const summary = {
  id: z.uuid(),
  number: z.int().positive().describe('What the shopper reads out on the phone.'),
  state: z.enum(orderStates),
  placedAt: z.iso.datetime(),
  currency: z.literal(currency),
  totalMinor: sumMinor,
  quantity: z.int().positive(),
};

const orderFields = {
  ...summary,
  payment: z.strictObject({
    method: z.enum(paymentMethods),
    state: z.enum(['due', 'paid', 'refunded', 'failed']),
  }),
  itemsMinor: sumMinor,
  deliveryMinor: sumMinor,
  shipTo: z.strictObject({
    name: z.string(),
    phone: z.string(),
    division: z.enum(divisions as [Division, ...Division[]]),
    district: z.string(),
    upazila: z.string(),
    street: z.string(),
  }),
  lines: z
    .array(
      z.strictObject({
        sku: z.string(),
        title: z.string(),
        options,
        priceMinor,
        quantity: z.int().min(1).max(maxLineQuantity),
        totalMinor: sumMinor,
      }),
    )
    .max(maxCartLines),
};

/** A page of orders. */
export const orderPage = z.strictObject({
  items: z.array(z.strictObject(summary)).max(pageLimits.max),
  nextCursor: z.string().nullable().describe('Null on the last page.'),
});

/** One order with its steps. */
export const orderBody = z.strictObject({
  order: z.strictObject(orderFields),
  history: z.array(z.strictObject({ state: z.enum(orderStates), at: z.iso.datetime() })),
});

/** The answer to a checkout. */
export const receiptBody = z.strictObject({
  order: z.strictObject(orderFields),
  orderToken: z
    .string()
    .optional()
    .describe(
      'Lets a guest see and cancel the order (`x-order-token`). Told here and nowhere else.',
    ),
});
