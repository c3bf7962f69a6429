// S95: everything that shoppers may do in any order, beside a model of what the shop should say.
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Receipt,
  emptied,
  hilsa,
  noOrphans,
  oil,
  put,
  withScarceShop,
} from '../../support/scarce-shop.ts';
import { checkOut, aShopper, type Shopper } from '../../support/shopper.ts';

const { shop, setStock, books, orphans } = withScarceShop();

describe('S95 whatever shoppers do in whatever order', () => {
  /** A shopper as the model knows one: pieces in the cart, the order that may still be cancelled. */
  interface Modelled {
    readonly shopper: Shopper;
    inCart: Map<string, number>;
    last:
      | { readonly id: string; readonly token: string; readonly lines: Map<string, number> }
      | undefined;
    key: string;
  }

  const skus = [hilsa, oil] as const;
  const step = fc.record({
    who: fc.nat({ max: 2 }),
    sku: fc.constantFrom(...skus),
    quantity: fc.integer({ min: 1, max: 4 }),
    what: fc.constantFrom('add', 'set', 'remove', 'checkout', 'checkout', 'replay', 'cancel'),
  });
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

  async function addPieces(
    { shopper, inCart }: Modelled,
    { sku, quantity }: Step,
    stock: Map<string, number>,
  ) {
    const sum = (inCart.get(sku) ?? 0) + quantity;
    const fits = sum <= (stock.get(sku) ?? 0);
    expect((await put(shopper, sku, quantity)).status).toBe(fits ? 200 : 409);
    if (fits) inCart.set(sku, sum);
  }

  async function setPieces(
    { shopper, inCart }: Modelled,
    { sku, quantity }: Step,
    stock: Map<string, number>,
  ) {
    const { status } = await shopper.ask('PATCH', `/api/cart/lines/${sku}`, { json: { quantity } });
    const fits = quantity <= (stock.get(sku) ?? 0);
    expect(status).toBe(!inCart.has(sku) ? 404 : fits ? 200 : 409);
    if (status === 200) inCart.set(sku, quantity);
  }

  async function order(one: Modelled, stock: Map<string, number>) {
    const { shopper, inCart } = one;
    const key = randomUUID();
    const isPossible =
      inCart.size > 0 && [...inCart].every(([sku, wanted]) => wanted <= (stock.get(sku) ?? 0));
    const { status, body } = await checkOut<Receipt>(shopper, key);
    expect(status).toBe(isPossible ? 201 : 409);
    if (!isPossible) return;
    for (const [sku, taken] of inCart) stock.set(sku, (stock.get(sku) ?? 0) - taken);
    one.last = { id: body.order.id, token: body.orderToken, lines: inCart };
    one.inCart = new Map();
    one.key = key;
  }

  async function cancel(one: Modelled, stock: Map<string, number>) {
    const { shopper, last } = one;
    if (last === undefined) return;
    const headers = { 'x-order-token': last.token };
    expect((await shopper.ask('POST', `/api/orders/${last.id}/cancel`, { headers })).status).toBe(
      200,
    );
    for (const [sku, back] of last.lines) stock.set(sku, (stock.get(sku) ?? 0) + back);
    one.last = undefined;
  }

  async function take(one: Modelled, next: Step, stock: Map<string, number>): Promise<void> {
    switch (next.what) {
      case 'add':
        return addPieces(one, next, stock);
      case 'set':
        return setPieces(one, next, stock);
      case 'remove':
        await one.shopper.ask('DELETE', `/api/cart/lines/${next.sku}`);
        one.inCart.delete(next.sku);
        return;
      case 'checkout':
        return order(one, stock);
      case 'replay':
        if (one.key !== '') expect((await checkOut(one.shopper, one.key)).status).toBe(201);
        return;
      case 'cancel':
        return cancel(one, stock);
    }
  }

  it('the shop and its model agree on carts, orders and stock', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        await emptied(shop);
        const initial = 12;
        for (const sku of skus) await setStock(sku, initial);
        const stock = new Map<string, number>(skus.map((sku) => [sku, initial]));
        const people = Array.from(
          { length: 3 },
          (): Modelled => ({
            shopper: aShopper(shop.api),
            inCart: new Map(),
            last: undefined,
            key: '',
          }),
        );
        for (const next of steps) await take(people[next.who] as Modelled, next, stock);
        for (const sku of skus) {
          const { stock: left, sold } = await books(sku);
          expect([sku, left, left + sold]).toEqual([sku, stock.get(sku), initial]);
        }
        for (const { shopper, inCart } of people) {
          const { body } = await shopper.ask<{ lines: { sku: string; quantity: number }[] }>(
            'GET',
            '/api/cart',
          );
          expect(new Map(body.lines.map(({ sku, quantity }) => [sku, quantity]))).toEqual(inCart);
        }
        expect(await orphans()).toEqual(noOrphans);
      }),
      { numRuns: 20, seed: 20_261_125 },
    );
  }, 120_000);
});
