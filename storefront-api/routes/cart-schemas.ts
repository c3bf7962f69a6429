import { z } from 'zod';
import { maxCartLines, maxLineQuantity, maxTotalMinor } from '../domain/cart.ts';
import { maxAmountMinor } from '../domain/money.ts';

/** Amount of a price, poisha. */
export const priceMinor = z.int().min(0).max(maxAmountMinor);

/** Amount of a sum, poisha. */
export const sumMinor = z.int().min(0).max(maxTotalMinor);

/** Name of a variant; the table `variants` has the same rule. */
export const sku = z
  .string()
  .max(64)
  .regex(/^[A-Z0-9]+(-[A-Z0-9]+)*$/, 'must be capitals and digits joined by hyphens')
  .describe('Name of a variant.');

const quantity = z.int().min(1).max(maxLineQuantity).describe('Pieces.');

/** Path of one line. */
export const lineParams = z.strictObject({ sku });

/** A line to be added. */
export const newLine = z.strictObject({ sku, quantity });

/** A line's new quantity. */
export const lineQuantity = z.strictObject({ quantity });

/** Options of a variant, such as its size. */
export const options = z.record(z.string(), z.string());

/** The cart. */
export const cartBody = z.strictObject({
  lines: z
    .array(
      z.strictObject({
        sku: z.string(),
        slug: z.string(),
        title: z.string(),
        options,
        image: z.strictObject({
          url: z.string(),
          width: z.int().positive(),
          height: z.int().positive(),
          alt: z.string(),
        }),
        quantity: z.int().positive(),
        seenPriceMinor: priceMinor.describe('Price when the line was last changed.'),
        priceMinor: priceMinor.describe('Price now.'),
        totalMinor: sumMinor,
        priceChanged: z.boolean(),
        available: z.boolean().describe('Can this many be bought now?'),
        availableQuantity: z.int().min(0),
      }),
    )
    .max(maxCartLines),
  quantity: z.int().min(0),
  itemsMinor: sumMinor.describe('Sum of all lines at the prices of now, poisha.'),
  delivery: z
    .strictObject({ insideDhakaMinor: sumMinor, outsideDhakaMinor: sumMinor })
    .describe('What a checkout of now would add, by division.'),
  canCheckOut: z.boolean(),
});
