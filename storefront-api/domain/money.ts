// Money is a whole number of minor units (poisha, 1/100 taka) everywhere: fractions of binary floats never add up.

/** The one currency of version 1, ISO 4217. */
export const currency = 'BDT';

/** Largest amount in poisha: 10 million taka. Far below 2^53, so sums of a hundred lines of a thousand pieces stay exact. */
export const maxAmountMinor = 1_000_000_000;

/** Is it an amount of money that the shop accepts? */
export function isAmount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= maxAmountMinor;
}

/** Price of a line; throws RangeError when it is not exact any more. */
export function lineTotal(priceMinor: number, quantity: number): number {
  const total = priceMinor * quantity;
  if (!Number.isSafeInteger(total)) throw new RangeError('line total is not exact');
  return total;
}
