// Accounts for component tests: made in the database as registering makes them, signed in through the API.
import { randomBytes } from 'node:crypto';
import { PasswordHasher } from '../../storefront-api/accounts/password-hasher.ts';
import type { Role } from '../../storefront-api/domain/actor.ts';
import type { RunningApi } from '../../storefront-api/start-api.ts';
import { fetchFrom } from './storefront.ts';

/** A password that the policy takes. */
export const goodPassword = 'correct horse battery staple';

/** Somebody who has signed in. */
export interface SignedIn {
  readonly userId: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
  /** `__Host-refresh=...`, as a browser would send it. */
  readonly refreshCookie: string;
  readonly deviceCookie: string;
  /** `{ authorization: 'Bearer ...' }` */
  readonly headers: Readonly<Record<string, string>>;
}

const hasher = new PasswordHasher();
let hashed: Promise<string> | undefined;

/** An account that nobody has signed in to yet. */
export async function anAccount(
  { database }: Pick<RunningApi, 'database'>,
  role: Role = 'shopper',
): Promise<{ readonly userId: string; readonly email: string; readonly password: string }> {
  const email = `u${randomBytes(6).toString('hex')}@example.com`;
  hashed ??= hasher.hash(goodPassword);
  const text =
    'INSERT INTO users (email, password_hash, role, email_verified_at) VALUES ($1, $2, $3, now()) RETURNING id';
  const [row] = await database.run<{ id: string }>({ name: 'test-account', text }, [
    email,
    await hashed,
    role,
  ]);
  return { userId: row?.id ?? '', email, password: goodPassword };
}

/** Sends JSON. */
export function sendJson(
  api: RunningApi,
  [method, path]: readonly [method: string, path: string],
  { body, headers = {} }: { readonly body?: unknown; readonly headers?: Record<string, string> },
): Promise<Response> {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  return fetchFrom(api, path, {
    method,
    headers: { ...json, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

/** `name=value` of a cookie that an answer sets; empty when it does not. */
export function cookieOf(response: Pick<Response, 'headers'>, name: string): string {
  const cookie = response.headers.getSetCookie().find((text) => text.startsWith(`${name}=`));
  return cookie?.split(';')[0] ?? '';
}

/** Signs in through the API. */
export async function signIn(
  api: RunningApi,
  account: { readonly userId: string; readonly email: string; readonly password: string },
  headers: Record<string, string> = {},
): Promise<SignedIn> {
  const { email, password } = account;
  const response = await sendJson(api, ['POST', '/api/auth/login'], {
    body: { email, password },
    headers,
  });
  if (response.status !== 200) throw new Error(`login answered ${await response.text()}`);
  const { accessToken } = (await response.json()) as { accessToken: string };
  return {
    ...account,
    accessToken,
    refreshCookie: cookieOf(response, '__Host-refresh'),
    deviceCookie: cookieOf(response, '__Host-device'),
    headers: { authorization: `Bearer ${accessToken}` },
  };
}

/** A new shopper, signed in. */
export async function signedInShopper(api: RunningApi): Promise<SignedIn> {
  return signIn(api, await anAccount(api));
}

/** A new member of the staff, signed in. */
export async function signedInStaff(api: RunningApi): Promise<SignedIn> {
  return signIn(api, await anAccount(api, 'staff'));
}
