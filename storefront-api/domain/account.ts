// What the shop knows about whoever has an account.
import type { Role } from './actor.ts';
import type { Locale } from './locale.ts';

/** An account as its owner sees it. */
export interface Account {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  /** `+8801XXXXXXXXX`, or null. */
  readonly phone: string | null;
  readonly locale: Locale;
  readonly role: Role;
  readonly isEmailVerified: boolean;
}

/** Most addresses of one account. */
export const maxAddresses = 20;

/** Where to deliver to. */
export interface AddressFields {
  readonly name: string;
  readonly phone: string;
  readonly division: string;
  readonly district: string;
  readonly upazila: string;
  readonly street: string;
  readonly isDefault: boolean;
}

/** An address of an account. */
export interface Address extends AddressFields {
  readonly id: string;
}

/** A sign-in that still holds, as its owner sees it. */
export interface SessionSummary {
  readonly id: string;
  readonly device: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}
