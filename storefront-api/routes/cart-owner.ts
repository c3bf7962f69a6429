// Whose cart a request means: the account's when somebody is signed in, else that of the signed cookie.
import type { CartOwner } from '../domain/cart.ts';
import { guestCartDays, guestCartId, guestCartValue } from '../domain/guest-cart.ts';
import type { Sign } from '../domain/page-cursor.ts';
import type { CartRepository } from '../repositories/cart-repository.ts';
import type { RequestInfo } from '../routing/route.ts';

/** Name of the guest's cookie. The prefix makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis 4.1.3.2). */
export const cartCookieName = '__Host-cart';

const secondsPerDay = 86_400;

/**
 * Strict: only the shop's own page asks for the cart, never a link from elsewhere; HttpOnly: no script needs it (OWASP
 * ASVS 5.0, 3.3).
 */
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** Set-Cookie that gives a browser its cart. */
export function cartCookie(cartId: string, sign: Sign): string {
  const maxAge = guestCartDays * secondsPerDay;
  return `${cartCookieName}=${guestCartValue(cartId, sign)}; ${attributes}; Max-Age=${maxAge}`;
}

/** Set-Cookie that takes it away. */
export const noCartCookie = `${cartCookieName}=; ${attributes}; Max-Age=0`;

/** The cart of a request; undefined for a guest who has none. */
export function cartOwner(
  { actor, cookie }: Pick<RequestInfo, 'actor' | 'cookie'>,
  sign: Sign,
): CartOwner | undefined {
  if (actor !== undefined) return { kind: 'account', userId: actor.userId };
  const cartId = guestCartId(cookie(cartCookieName), sign);
  return cartId === undefined ? undefined : { kind: 'guest', cartId };
}

/** Somebody has signed in. */
export interface SignIn {
  readonly userId: string;
  readonly now: Date;
  /** Value of a request cookie. */
  readonly cookie: (name: string) => string | undefined;
}

/** Called by every route that signs somebody in; returns response headers to add. */
export type OnSignedIn = (signIn: SignIn) => Promise<Readonly<Record<string, string>>>;

/**
 * Moves the guest's cart into the account's. A guest without a cart costs no statement.
 * @throws DatabaseUnavailable; the guest's cart and its cookie then stay as they are
 */
export function mergeGuestCart(
  carts: Pick<CartRepository, 'mergeGuestCart'>,
  sign: Sign,
): OnSignedIn {
  return async ({ userId, now, cookie }) => {
    const cartId = guestCartId(cookie(cartCookieName), sign);
    if (cartId === undefined) return {};
    await carts.mergeGuestCart({ cartId, userId, now });
    return { 'set-cookie': noCartCookie };
  };
}
