// Shoppers for tests: each has a cookie jar or an account, and asks the API as a page would.
import { randomUUID } from 'node:crypto';
import type { RunningApi } from '../../storefront-api/start-api.ts';
import { asAdministrator, fetchFrom } from './storefront.ts';

/** An answer of the API with its JSON; `body` is empty where there is none. */
export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Body;
}

/** What a request carries. */
export interface Content {
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Somebody who asks. */
export interface Shopper {
  ask<Body = Record<string, unknown>>(
    method: string,
    path: string,
    content?: Content,
  ): Promise<Answer<Body>>;
  /** Cookie header that is sent with the next request. */
  cookie: string;
}

/** A shopper: a guest, or whoever `authorization` says. */
export function aShopper(api: Pick<RunningApi, 'port'>, authorization?: string): Shopper {
  const shopper: Shopper = {
    cookie: '',
    async ask(method: string, path: string, { json, headers }: Content = {}) {
      const response = await fetchFrom(api, path, {
        method,
        headers: {
          ...(authorization !== undefined && { authorization }),
          ...(shopper.cookie !== '' && { cookie: shopper.cookie }),
          ...(json !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
      for (const line of response.headers.getSetCookie()) {
        shopper.cookie = line.includes('Max-Age=0') ? '' : (line.split(';')[0] ?? '');
      }
      const text = await response.text();
      const body = (text === '' ? {} : JSON.parse(text)) as never;
      return { status: response.status, headers: response.headers, text, body };
    },
  };
  return shopper;
}

/** A new account; returns its id. */
export async function anAccount(
  url: string,
  role: 'shopper' | 'staff' = 'shopper',
): Promise<string> {
  const id = randomUUID();
  await asAdministrator(
    url,
    `INSERT INTO users (id, email, password_hash, role) VALUES ('${id}', '${id}@example.com', '$argon2id$v=19$x', '${role}')`,
  );
  return id;
}

/** A checkout that is right. */
export const goodCheckout = {
  address: {
    name: 'Rahima Khatun',
    phone: '01712-345678',
    division: 'Dhaka',
    district: 'Gazipur',
    upazila: 'Kaliakair',
    street: 'House 7, Road 3',
  },
  payment: 'cod',
} as const;

/** Asks for a checkout under a key. */
export function checkOut<Body = Record<string, unknown>>(
  shopper: Shopper,
  key: string,
  json: unknown = goodCheckout,
): Promise<Answer<Body>> {
  return shopper.ask<Body>('POST', '/api/checkout', {
    json,
    headers: { 'idempotency-key': key },
  });
}
