// A guest's cart is known by its id in a signed cookie: nobody can ask for a cart that was not given to them.
import type { Sign } from './page-cursor.ts';

/** Days that a guest's browser keeps the cart, counted from its last change. */
export const guestCartDays = 30;

const cookiePattern = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([\w-]{22})$/;

/** The cookie's value for a cart. */
export function guestCartValue(cartId: string, sign: Sign): string {
  return `${cartId}.${sign(cartId)}`;
}

/** The cart of a cookie's value; undefined for one that we did not make. */
export function guestCartId(value: string | undefined, sign: Sign): string | undefined {
  const [, cartId, signature] = cookiePattern.exec(value ?? '') ?? [];
  if (cartId === undefined || signature === undefined) return undefined;
  // Compared under another signature, so that the time it takes tells nothing of the right one.
  return sign(signature) === sign(sign(cartId)) ? cartId : undefined;
}
