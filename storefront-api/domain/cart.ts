// What a cart holds and what it costs. Prices and stock are read anew each time: a cart promises nothing.
import { insideDhaka, deliveryMinor, outsideDhaka } from './delivery.ts';
import type { Picture } from './catalogue.ts';
import { lineTotal, maxAmountMinor } from './money.ts';

/** Most lines of a cart; the trigger `cart_lines_added` holds the same number. */
export const maxCartLines = 50;

/** Most pieces of one line: beyond it somebody talks to the shop first. */
export const maxLineQuantity = 100;

/** Largest total of a cart in poisha: far below 2^53, so every sum is exact. */
export const maxTotalMinor = maxCartLines * maxLineQuantity * maxAmountMinor;

/** Whose cart: an account's, or that of a guest who holds its signed id. */
export type CartOwner =
  | { readonly kind: 'account'; readonly userId: string }
  | { readonly kind: 'guest'; readonly cartId: string };

/** A line as it is stored, with what is true of its variant now. */
export interface StoredCartLine {
  readonly sku: string;
  readonly slug: string;
  readonly title: string;
  readonly options: Readonly<Record<string, string>>;
  readonly image: Picture;
  readonly quantity: number;
  /** Price when the shopper last changed the line. */
  readonly seenPriceMinor: number;
  readonly priceMinor: number;
  /** Pieces that can be bought; 0 when the product is not sold any more. */
  readonly stock: number;
}

/** A line as the shopper sees it. */
export interface CartLine extends Omit<StoredCartLine, 'stock'> {
  readonly totalMinor: number;
  readonly priceChanged: boolean;
  /** Can this many be bought now? */
  readonly available: boolean;
  readonly availableQuantity: number;
}

/** A cart. */
export interface Cart {
  readonly lines: readonly CartLine[];
  readonly quantity: number;
  /** Sum of all lines at the prices of now. */
  readonly itemsMinor: number;
  /** Delivery that a checkout of now would add. */
  readonly delivery: { readonly insideDhakaMinor: number; readonly outsideDhakaMinor: number };
  /** There are lines, and each can be bought. */
  readonly canCheckOut: boolean;
}

function pricedLine({ stock, ...line }: StoredCartLine): CartLine {
  return {
    ...line,
    totalMinor: lineTotal(line.priceMinor, line.quantity),
    priceChanged: line.priceMinor !== line.seenPriceMinor,
    available: stock >= line.quantity,
    availableQuantity: Math.min(stock, maxLineQuantity),
  };
}

/** The cart of these lines. Pure. */
export function pricedCart(stored: readonly StoredCartLine[]): Cart {
  const lines = stored.map(pricedLine);
  const itemsMinor = lines.reduce((sum, { totalMinor }) => sum + totalMinor, 0);
  return {
    lines,
    quantity: lines.reduce((sum, { quantity }) => sum + quantity, 0),
    itemsMinor,
    delivery: {
      insideDhakaMinor: deliveryMinor(insideDhaka, itemsMinor),
      outsideDhakaMinor: deliveryMinor(outsideDhaka, itemsMinor),
    },
    canCheckOut: lines.length > 0 && lines.every(({ available }) => available),
  };
}
