// What delivery costs: a flat fee by division, nothing from a certain worth on. The three amounts are this shop's own
// choice, not a courier's tariff.
import type { Division } from './districts.ts';

/** A fee in poisha, and the worth of the items from which it is waived. */
export interface DeliveryRule {
  readonly feeMinor: number;
  readonly freeFromMinor: number;
}

const freeFromMinor = 500_000;

/** Within Dhaka division: 60 taka, free from 5,000 taka. */
export const insideDhaka: DeliveryRule = { feeMinor: 6_000, freeFromMinor };

/** Everywhere else: 120 taka, free from 5,000 taka. */
export const outsideDhaka: DeliveryRule = { feeMinor: 12_000, freeFromMinor };

/** The rule of a division. Pure. */
export function deliveryRule(division: Division): DeliveryRule {
  return division === 'Dhaka' ? insideDhaka : outsideDhaka;
}

/** Delivery of items worth this much, in poisha. Pure; the checkout's statement applies the same rule. */
export function deliveryMinor(rule: DeliveryRule, itemsMinor: number): number {
  return itemsMinor >= rule.freeFromMinor ? 0 : rule.feeMinor;
}
