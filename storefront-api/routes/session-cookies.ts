// Cookies of accounts. `__Host-` makes browsers insist on Secure, Path=/ and no Domain (RFC 6265bis section 4.1.3.2), so no
// sister site can set them; scripts cannot read them, and no request from another site carries them.

/** Holds the refresh token. */
export const refreshCookieName = '__Host-refresh';

/** Tells that this browser has signed in to an account before. */
export const deviceCookieName = '__Host-device';

/** A year: as long as browsers keep any cookie (RFC 6265bis section 5.5 caps at 400 days). */
export const deviceCookieSeconds = 31_536_000;

/** Text of a Set-Cookie header. Values are base64url and points. Pure. */
export function hostCookie(name: string, value: string, maxAgeSeconds: number): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Strict`;
}

/** Removes the refresh token from the browser. */
export const clearedRefreshCookie = hostCookie(refreshCookieName, '', 0);
