// What shoppers do in the tests of a running shop.
import { randomUUID } from 'node:crypto';
import type { RequestInit } from 'undici';
import type { Answer, Ask } from '../../dev/smoke-checks.ts';
import { goodCheckout } from './shopper.ts';
import type { Errand } from './steady-shopping.ts';

interface Product {
  readonly slug: string;
}

interface Variant {
  readonly sku: string;
  readonly stock: number;
}

/** An order, and what lets a guest see it. */
export interface PlacedOrder {
  readonly id: string;
  readonly token: string;
}

const listPath = '/api/products?in_stock=true&limit=12';

function posted(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

function answered({ status, json }: Answer, wanted: number): unknown {
  if (status !== wanted) throw new Error(`answered ${status}: ${JSON.stringify(json)}`);
  return json;
}

/** A product in stock, and one of its variants. */
async function something(ask: Ask): Promise<{ readonly slug: string; readonly sku: string }> {
  const { items } = answered(await ask(listPath), 200) as { readonly items: readonly Product[] };
  const slug = items[0]?.slug ?? '';
  const product = answered(await ask(`/api/products/${slug}`), 200);
  const { variants } = product as { readonly variants: readonly Variant[] };
  const sku = variants.find(({ stock }) => stock > 0)?.sku;
  if (sku === undefined) throw new Error(`no variant of ${slug} is in stock`);
  return { slug, sku };
}

/** The page, the catalogue, a product. They come from caches while the database is away. */
export async function readingErrands(ask: Ask): Promise<readonly Errand[]> {
  const { slug } = await something(ask);
  return [['/'], [listPath], [`/api/products/${slug}`]];
}

/** The same, and something into a cart, which has to be written. */
export async function ordinaryErrands(ask: Ask): Promise<readonly Errand[]> {
  const { sku } = await something(ask);
  const reading = await readingErrands(ask);
  return [...reading, ...reading, ['/api/cart/lines', posted({ sku, quantity: 1 })]];
}

/**
 * Orders something as a guest.
 * @throws Error with what the shop answered
 */
export async function placeOrder(ask: Ask): Promise<PlacedOrder> {
  const { sku } = await something(ask);
  const cart = await ask('/api/cart/lines', posted({ sku, quantity: 1 }));
  answered(cart, 200);
  const cookie = cart.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const headers = { cookie, 'idempotency-key': randomUUID() };
  const receipt = answered(await ask('/api/checkout', posted(goodCheckout, headers)), 201);
  const { order, orderToken } = receipt as { order: { id: string }; orderToken: string };
  return { id: order.id, token: orderToken };
}

/**
 * State of an order as the shop tells it.
 * @throws Error with what the shop answered
 */
export async function orderState(ask: Ask, { id, token }: PlacedOrder): Promise<string> {
  const answer = await ask(`/api/orders/${id}`, { headers: { 'x-order-token': token } });
  const { order } = answered(answer, 200) as { readonly order: { readonly state: string } };
  return order.state;
}
