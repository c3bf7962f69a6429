// What a shop must answer, seen from outside. Each check says in a few words what it saw, or throws what is wrong.
import { randomUUID } from 'node:crypto';
import { connect } from 'node:tls';
import { Agent, fetch, type Headers, type RequestInit } from 'undici';
import { lookup } from './loopback-names.ts';

const patienceMs = 10_000;

/** The shop that is asked. */
export interface SmokeTarget {
  readonly base: URL;
  /** PEM of certificates to trust instead of those that Node trusts. */
  readonly ca?: string;
}

/** What the shop answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

/** Asks the shop. */
export type Ask = (path: string, init?: RequestInit) => Promise<Answer>;

/** A finding; throws when it is not as it should be. */
export type Check = (ask: Ask) => Promise<string>;

/** Certificates are renewed a month before their end; two weeks before, somebody must look. */
const certificateDaysLeft = 14;
const dayMs = 86_400_000;

function expectStatus({ status }: Answer, wanted: number): void {
  if (status !== wanted) throw new Error(`answered ${status} instead of ${wanted}`);
}

async function list(ask: Ask): Promise<{ readonly items: readonly { readonly slug: string }[] }> {
  const answer = await ask('/api/products?limit=2');
  expectStatus(answer, 200);
  return answer.json as Awaited<ReturnType<typeof list>>;
}

function expectHeader({ headers }: Answer, name: string, wanted: RegExp): void {
  const value = headers.get(name) ?? '';
  if (!wanted.test(value)) throw new Error(`${name} is "${value}"`);
}

/** Checks that change nothing. */
export const readingChecks: Readonly<Record<string, Check>> = {
  health: async (ask) => {
    for (const path of ['/health', '/ready']) expectStatus(await ask(path), 200);
    return 'alive and ready';
  },
  'product list': async (ask) => {
    const { items } = await list(ask);
    if (items.length === 0) throw new Error('there are no products: seed the database');
    return `${items.length} products`;
  },
  product: async (ask) => {
    const slug = (await list(ask)).items[0]?.slug ?? '';
    const answer = await ask(`/api/products/${slug}?locale=bn`);
    expectStatus(answer, 200);
    expectHeader(answer, 'content-language', /^bn$/);
    return `${slug} in Bangla`;
  },
  'missing product': async (ask) => {
    const answer = await ask('/api/products/no-such-thing');
    expectStatus(answer, 404);
    expectHeader(answer, 'content-type', /^application\/problem\+json/);
    return '404 as a problem document';
  },
  'wrong question': async (ask) => {
    expectStatus(await ask('/api/products?limit=0'), 400);
    return '400';
  },
  headers: async (ask) => {
    const answer = await ask('/api/products?limit=2');
    expectHeader(answer, 'x-content-type-options', /^nosniff$/);
    expectHeader(answer, 'content-security-policy', /default-src 'none'/);
    expectHeader(answer, 'strict-transport-security', /max-age=\d{8}/);
    expectHeader(answer, 'etag', /^"/);
    for (const name of ['server', 'x-powered-by']) {
      if (answer.headers.has(name)) throw new Error(`${name} tells what runs here`);
    }
    return 'as they should be';
  },
  'sign-in refusal': async (ask) => {
    const answer = await ask('/api/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: 'nobody@example.com', password: 'not a password of anybody' }),
    });
    if (answer.status !== 401 && answer.status !== 429) expectStatus(answer, 401);
    return String(answer.status);
  },
};

interface Receipt {
  readonly order: { readonly id: string; readonly number: number; readonly state: string };
  readonly orderToken: string;
}

function json(method: string, body: unknown, headers: Record<string, string>): RequestInit {
  return {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

async function cheapestSku(ask: Ask): Promise<string> {
  const list = await ask('/api/products?in_stock=true&sort=price-asc&limit=1');
  const [first] = (list.json as { items: readonly { slug: string }[] }).items;
  if (first === undefined) throw new Error('nothing is in stock');
  const product = await ask(`/api/products/${first.slug}`);
  const { variants } = product.json as { variants: readonly { sku: string; stock: number }[] };
  const sku = variants.find(({ stock }) => stock > 0)?.sku;
  if (sku === undefined) throw new Error(`no variant of ${first.slug} is in stock`);
  return sku;
}

/**
 * Buys one piece of the cheapest product as a guest, twice under one key, and cancels the order: what is left is one
 * cancelled order.
 */
export const purchase: Check = async (ask) => {
  const sku = await cheapestSku(ask);
  const filled = await ask('/api/cart/lines', json('POST', { sku, quantity: 1 }, {}));
  expectStatus(filled, 200);
  const cookie = filled.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ');
  const address = {
    name: 'Smoke test, please ignore',
    phone: '+8801700000000',
    division: 'Dhaka',
    district: 'Dhaka',
    upazila: 'Smoke test',
    street: 'Smoke test, please ignore',
  };
  const key = { cookie, 'idempotency-key': randomUUID() };
  const order = (): Promise<Answer> =>
    ask('/api/checkout', json('POST', { address, payment: 'cod' }, key));
  const placed = await order();
  expectStatus(placed, 201);
  const receipt = placed.json as Receipt;
  const again = (await order()).json as Receipt;
  if (again.order?.id !== receipt.order.id) throw new Error('one key made two orders');
  const headers = { 'x-order-token': receipt.orderToken };
  const path = `/api/orders/${receipt.order.id}`;
  expectStatus(await ask(path, { headers }), 200);
  const cancelled = await ask(`${path}/cancel`, { method: 'POST', headers });
  expectStatus(cancelled, 200);
  return `order ${receipt.order.number} of ${sku}, placed once and cancelled`;
};

/** Version and certificate of the connection; says so when there is none. */
export function tlsOf({ base, ca }: SmokeTarget): Check {
  return async () => {
    if (base.protocol !== 'https:') return 'not used: http';
    const { hostname: host, port } = base;
    const trust = ca === undefined ? {} : { ca };
    const socket = connect({
      host,
      port: Number(port || 443),
      servername: host,
      lookup,
      ...trust,
    });
    socket.setTimeout(patienceMs, () => socket.destroy(new Error('no answer')));
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('secureConnect', resolve).once('error', reject);
      });
      const daysLeft = Math.floor(
        (Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / dayMs,
      );
      const protocol = socket.getProtocol() ?? 'unknown';
      if (protocol !== 'TLSv1.2' && protocol !== 'TLSv1.3')
        throw new Error(`${protocol} is too old`);
      if (daysLeft < certificateDaysLeft)
        throw new Error(`the certificate ends in ${daysLeft} days: renew it`);
      return `${protocol}, certificate trusted and good for ${daysLeft} days`;
    } finally {
      socket.destroy();
    }
  };
}

/** Asks a shop at an address. */
export function asker({ base, ca }: SmokeTarget): Ask {
  const dispatcher = new Agent({ connect: { lookup, ...(ca !== undefined && { ca }) } });
  return async (path, init = {}) => {
    const signal = AbortSignal.timeout(patienceMs);
    const redirect = 'manual';
    const response = await fetch(new URL(path, base), { ...init, signal, redirect, dispatcher });
    const text = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      json: isJson ? JSON.parse(text) : undefined,
    };
  };
}

/** fetch says only "fetch failed"; why is in the cause. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}

/** What to check besides reading. */
export interface SmokeOptions {
  readonly mayBuy: boolean;
  /** Gets a line for each check. */
  readonly onLine: (line: string) => void;
}

/** Makes every check, one after the other; returns how many failed. */
export async function smoke(target: SmokeTarget, options: SmokeOptions): Promise<number> {
  const ask = asker(target);
  const checks: readonly (readonly [string, Check])[] = [
    ...Object.entries(readingChecks),
    ['TLS', tlsOf(target)],
    ...(options.mayBuy ? [['checkout', purchase] as const] : []),
  ];
  let failed = 0;
  for (const [name, check] of checks) {
    try {
      options.onLine(`ok    ${name}: ${await check(ask)}`);
    } catch (error) {
      failed += 1;
      options.onLine(`FAIL  ${name}: ${reason(error)}`);
    }
  }
  return failed;
}
