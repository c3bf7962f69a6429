import type { Address } from './address.ts';
import type { Locale } from './locale.ts';
import type { currency } from './money.ts';
import type { OrderState, PaymentState } from './order-state.ts';

/** How an order can be paid: cash at the door, or the test provider that always says yes. */
export const paymentMethods = ['cod', 'test'] as const;

/** One of them. */
export type PaymentMethod = (typeof paymentMethods)[number];

/** A line as it was sold. Amounts are poisha. */
export interface OrderLine {
  readonly sku: string;
  readonly title: string;
  readonly options: Readonly<Record<string, string>>;
  readonly priceMinor: number;
  readonly quantity: number;
  readonly totalMinor: number;
}

/** An order in a list. */
export interface OrderSummary {
  readonly id: string;
  /** What the shopper reads out on the phone. */
  readonly number: number;
  readonly state: OrderState;
  /** RFC 3339. */
  readonly placedAt: string;
  readonly currency: typeof currency;
  readonly totalMinor: number;
  /** Pieces. */
  readonly quantity: number;
}

/** An order with everything that its buyer may see. */
export interface Order extends OrderSummary {
  readonly payment: { readonly method: PaymentMethod; readonly state: PaymentState };
  readonly itemsMinor: number;
  readonly deliveryMinor: number;
  readonly shipTo: Address;
  readonly lines: readonly OrderLine[];
}

/** What a mail tells of an order besides its state. */
export interface OrderNews {
  readonly number: number;
  readonly totalMinor: number;
  readonly payment: PaymentState;
}

/** One step of an order's life. */
export interface OrderStep {
  readonly state: OrderState;
  /** RFC 3339. */
  readonly at: string;
  /** Shown to staff only. */
  readonly note?: string;
  readonly actorId?: string | null;
}

/** Who asks for an order: an account, or whoever holds the token that its guest was given. */
export type OrderReader =
  | { readonly kind: 'account'; readonly userId: string }
  /** SHA-256 of the token. */
  | { readonly kind: 'guest'; readonly tokenHash: Buffer }
  | { readonly kind: 'staff'; readonly userId: string };

/** A page of a list, newest first. */
export interface OrderQuery {
  /** Only this account's; undefined: everybody's. */
  readonly userId: string | undefined;
  readonly state: OrderState | undefined;
  /** Number of the last order of the page before. */
  readonly before: number | undefined;
  readonly limit: number;
}

/** What a checkout is made of. The prices are the database's. */
export interface CheckoutRequest {
  readonly orderId: string;
  readonly key: string;
  /** SHA-256 of what was asked for. */
  readonly requestHash: Buffer;
  readonly guestHash: Buffer | undefined;
  readonly payment: PaymentMethod;
  readonly email: string | undefined;
  readonly shipTo: Address;
  /** What the shopper was shown, delivery included. */
  readonly expectedTotalMinor: number | undefined;
  readonly locale: Locale;
  readonly now: Date;
}

/** A line that cannot be bought, and how many could. */
export interface ShortLine {
  readonly sku: string;
  readonly quantity: number;
  readonly available: number;
}

/** How a checkout ends. */
export type CheckoutOutcome =
  | { readonly kind: 'placed'; readonly order: Order }
  /** The key was used for another request. */
  | { readonly kind: 'other-request' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'short'; readonly lines: readonly ShortLine[] }
  | { readonly kind: 'other-total'; readonly totalMinor: number }
  /** Others kept changing the same cart. */
  | { readonly kind: 'busy' };
