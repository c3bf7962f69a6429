// Where orders go.
import type { Division } from './districts.ts';

/** Longest texts of an address in characters; the table `addresses` has the same. */
export const addressLimits = { name: 100, place: 60, street: 300 } as const;

/** An address as an order keeps it. */
export interface Address {
  readonly name: string;
  /** In the form of domain/phone-number.ts. */
  readonly phone: string;
  readonly division: Division;
  readonly district: string;
  readonly upazila: string;
  readonly street: string;
}
