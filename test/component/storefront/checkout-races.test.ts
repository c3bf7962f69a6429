// S95: many who want the same pieces at the same moment.
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cartRepository } from '../../../storefront-api/repositories/cart-repository.ts';
import { cartCookieName, mergeGuestCart } from '../../../storefront-api/routes/cart-owner.ts';
import { signer } from '../../../storefront-api/signing.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type Receipt,
  allWaiting,
  hilsa,
  inCrowds,
  insist,
  noOrphans,
  oil,
  put,
  waiting,
  withScarceShop,
} from '../../support/scarce-shop.ts';
import { checkOut, anAccount, aShopper, type Answer } from '../../support/shopper.ts';
import { aConfig } from '../../support/storefront.ts';

const { shop, setStock, books, orphans, hold } = withScarceShop();

describe('S95 the last pieces', () => {
  it('go to nobody twice: 500 buyers, two lines of one SKU each, 50 pieces', async () => {
    await setStock(hilsa, 50);
    const buyers = Array.from({ length: 500 }, () => aShopper(shop.api));
    await inCrowds(buyers, async (buyer) => {
      expect((await put(buyer, hilsa, 1)).status).toBe(200);
      expect((await put(buyer, hilsa, 1)).status).toBe(200);
    });
    const answers: Answer<Receipt>[] = [];
    await inCrowds(buyers, async (buyer) => {
      answers.push(await insist(buyer, randomUUID()));
    });
    const count = (status: number): number =>
      answers.filter((answer) => answer.status === status).length;
    expect([count(201), count(409)]).toEqual([25, 475]);
    expect(await books(hilsa)).toEqual({ stock: 0, sold: 50, cancelled: 0 });
    expect(new Set(answers.flatMap(({ body }) => body.order?.number ?? [])).size).toBe(25);
    expect(await orphans()).toEqual(noOrphans);
  }, 120_000);

  it('are found in either order of the lines, without a deadlock that anybody notices', async () => {
    await setStock(hilsa, 1_000);
    await setStock(oil, 1_000);
    const buyers = Array.from({ length: 60 }, () => aShopper(shop.api));
    await inCrowds(buyers, async (buyer) => {
      const order = buyers.indexOf(buyer) % 2 === 0 ? [hilsa, oil] : [oil, hilsa];
      for (const sku of order) await put(buyer, sku, 1);
      expect((await insist(buyer, randomUUID())).status).toBe(201);
    });
    expect(await books(hilsa)).toEqual({ stock: 940, sold: 60, cancelled: 0 });
    expect(await books(oil)).toEqual({ stock: 940, sold: 60, cancelled: 0 });
  });
});

describe('S95 a checkout that began before the stock changed', () => {
  const began = async (before: number, after: number): Promise<Answer<Receipt>> => {
    const buyer = aShopper(shop.api);
    await setStock(oil, 9);
    await put(buyer, oil, 2);
    await setStock(oil, before);
    const release = await hold(oil, `UPDATE variants SET stock = ${after} WHERE sku = $1`);
    const answer = checkOut<Receipt>(buyer, randomUUID());
    await eventually(async () => expect(await shop.sql(waiting)).toHaveLength(1), {
      intervalMs: 10,
    });
    await release();
    return answer;
  };

  it('takes what came back meanwhile, although its snapshot has too little', async () => {
    expect((await began(0, 5)).status).toBe(201);
    expect(await books(oil)).toEqual({ stock: 3, sold: 2, cancelled: 0 });
  });

  it('does not take what went meanwhile, although its snapshot has enough', async () => {
    expect((await began(5, 1)).status).toBe(409);
    expect(await books(oil)).toEqual({ stock: 1, sold: 0, cancelled: 0 });
  });
});

describe('S95 buyers and those who change their mind', () => {
  it('leave the stock as the orders say, with everything at once', async () => {
    await setStock(hilsa, 30);
    await setStock(oil, 30);
    const buyers = Array.from({ length: 120 }, (_, at) => [at, aShopper(shop.api)] as const);
    await inCrowds(buyers, async ([at, buyer]) => {
      await put(buyer, at % 3 === 0 ? oil : hilsa, 1 + (at % 3));
      await put(buyer, at % 2 === 0 ? oil : hilsa, 1);
      const { status, body } = await insist(buyer, randomUUID());
      expect([201, 409]).toContain(status);
      if (status !== 201 || at % 2 === 0) return;
      const headers = { 'x-order-token': body.orderToken };
      const path = `/api/orders/${body.order.id}/cancel`;
      expect((await buyer.ask('POST', path, { headers })).status).toBe(200);
    });
    for (const sku of [hilsa, oil]) {
      const { stock, sold, cancelled } = await books(sku);
      expect([sku, stock + sold]).toEqual([sku, 30]);
      expect(cancelled).toBeGreaterThan(0);
    }
    expect(await orphans()).toEqual(noOrphans);
  });
});

describe('S95 a guest who signs in beside the checkout', () => {
  it('finds nothing in the cart that was bought', async () => {
    await setStock(oil, 10);
    const guest = aShopper(shop.api);
    await put(guest, oil, 2);
    const release = await hold(oil);
    const answer = checkOut<Receipt>(guest, randomUUID());
    await eventually(async () => expect(await shop.sql(waiting)).toHaveLength(1), {
      intervalMs: 10,
    });
    const userId = await anAccount(shop.url);
    const signIn = mergeGuestCart(
      cartRepository(shop.api.database),
      signer(aConfig(shop.url).sessionSecret, 'guest-cart'),
    )({ userId, now: new Date(), cookie: () => guest.cookie.replace(`${cartCookieName}=`, '') });
    await eventually(async () => expect(await shop.sql(allWaiting)).toHaveLength(2), {
      intervalMs: 10,
    });
    await release();
    expect([(await answer).status, await signIn]).toMatchObject([
      201,
      { 'set-cookie': expect.any(String) as string },
    ]);
    const { body } = await aShopper(shop.api, `Bearer shopper:${userId}`).ask('GET', '/api/cart');
    expect(body.lines).toEqual([]);
    expect(await books(oil)).toEqual({ stock: 8, sold: 2, cancelled: 0 });
  });
});

describe('S95 two checkouts of one cart that wait for the same piece', () => {
  it.each([
    ['under one key get one order and the same answer', true, [201, 201]],
    ['under two keys get one order, and the other finds the cart empty', false, [201, 409]],
  ])('%s', async (_, isSameKey, statuses) => {
    await setStock(oil, 10);
    const buyer = aShopper(shop.api);
    await put(buyer, oil, 2);
    const release = await hold(oil);
    const key = randomUUID();
    const answers = [key, isSameKey ? key : randomUUID()].map((one) =>
      checkOut<Receipt>(buyer, one),
    );
    await eventually(async () => expect(await shop.sql(waiting)).toHaveLength(2), {
      intervalMs: 10,
    });
    await release();
    const found = await Promise.all(answers);
    expect(found.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual(statuses);
    expect(await books(oil)).toEqual({ stock: 8, sold: 2, cancelled: 0 });
    if (isSameKey) expect(found[0]?.text).toBe(found[1]?.text);
  });
});
