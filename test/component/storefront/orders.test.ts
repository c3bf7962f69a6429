import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Order } from '../../../storefront-api/domain/order.ts';
import {
  aShopper,
  anAccount,
  checkOut,
  goodCheckout,
  type Shopper,
} from '../../support/shopper.ts';
import { counted } from '../../support/statement-count.ts';
import { withShop } from '../../support/with-shop.ts';

const shop = withShop();

const oil = 'MUSTARD-OIL-1L';

beforeAll(async () => {
  await shop.sql('UPDATE variants SET stock = 1000');
});

const stock = () => shop.sql(`SELECT stock FROM variants WHERE sku = '${oil}'`);

interface Placed {
  readonly order: Order;
  readonly orderToken?: string;
}

async function anOrder(shopper: Shopper, quantity = 1): Promise<Placed> {
  await shopper.ask('POST', '/api/cart/lines', { json: { sku: oil, quantity } });
  const { body, status } = await checkOut<Placed>(shopper, randomUUID());
  expect(status).toBe(201);
  return body;
}

const anAccountShopper = async (): Promise<Shopper> =>
  aShopper(shop.api, `Bearer shopper:${await anAccount(shop.url)}`);
const cancel = (shopper: Shopper, id: string, token?: string) =>
  shopper.ask<Placed & { history: unknown[] }>('POST', `/api/orders/${id}/cancel`, {
    headers: token === undefined ? {} : { 'x-order-token': token },
  });

describe('own orders', () => {
  it('come page by page, newest first, in one statement a page', async () => {
    const account = await anAccountShopper();
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await anOrder(account)).order.id);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const [statements, { body }] = await counted(shop.api, () =>
        account.ask<{ items: { id: string }[]; nextCursor: string | null }>(
          'GET',
          `/api/orders?limit=2${query}`,
        ),
      );
      expect(statements).toBe(1);
      expect(body.items.length).toBeLessThanOrEqual(2);
      seen.push(...body.items.map(({ id }) => id));
      cursor = body.nextCursor;
    }
    expect(seen).toEqual(ids);
  });

  it('S49 of two accounts never meet, by cursor neither', async () => {
    const [one, two] = [await anAccountShopper(), await anAccountShopper()];
    for (let n = 0; n < 3; n += 1) await anOrder(one);
    const { body } = await one.ask('GET', '/api/orders?limit=1');
    const stolen = `/api/orders?limit=1&cursor=${String(body['nextCursor'])}`;
    expect((await two.ask('GET', stolen)).status).toBe(400);
    expect((await two.ask('GET', '/api/orders')).body).toEqual({ items: [], nextCursor: null });
    expect((await aShopper(shop.api).ask('GET', '/api/orders')).status).toBe(401);
  });

  it('S19 take no token in the address', async () => {
    const { order, orderToken } = await anOrder(aShopper(shop.api));
    const answer = await aShopper(shop.api).ask(
      'GET',
      `/api/orders/${order.id}?token=${orderToken}`,
    );
    expect(answer.status).toBe(400);
  });
});

describe('one order', () => {
  it('is shown to its account, and to whoever holds the token of a guest’s', async () => {
    const account = await anAccountShopper();
    const { order } = await anOrder(account);
    const own = await account.ask<Placed & { history: unknown[] }>(
      'GET',
      `/api/orders/${order.id}`,
    );
    expect(own.body.order).toEqual(order);
    expect(own.body.history).toEqual([{ state: 'placed', at: order.placedAt }]);
    const guests = await anOrder(aShopper(shop.api));
    const headers = { 'x-order-token': guests.orderToken ?? '' };
    const path = `/api/orders/${guests.order.id}`;
    expect((await aShopper(shop.api).ask<Placed>('GET', path, { headers })).body.order).toEqual(
      guests.order,
    );
  });

  it('S49 is 404 to everybody else, like one that does not exist', async () => {
    const owner = await anAccountShopper();
    const { order } = await anOrder(owner);
    const guests = await anOrder(aShopper(shop.api));
    const stranger = await anAccountShopper();
    const strange = { 'x-order-token': guests.orderToken ?? '' };
    const answers = [
      await stranger.ask('GET', `/api/orders/${order.id}`),
      await stranger.ask('GET', `/api/orders/${randomUUID()}`),
      await aShopper(shop.api).ask('GET', `/api/orders/${order.id}`),
      await aShopper(shop.api).ask('GET', `/api/orders/${order.id}`, { headers: strange }),
      await stranger.ask('GET', `/api/orders/${guests.order.id}`),
      await aShopper(shop.api).ask('GET', `/api/orders/${guests.order.id}`, {
        headers: { 'x-order-token': 'A'.repeat(22) },
      }),
      await cancel(stranger, order.id),
      await cancel(aShopper(shop.api), order.id, guests.orderToken),
      await cancel(aShopper(shop.api), guests.order.id),
    ];
    for (const { status, body } of answers) {
      expect([status, body['detail' as keyof typeof body]]).toEqual([
        404,
        'there is no such order',
      ]);
    }
    expect(await shop.sql(`SELECT state FROM orders WHERE id = '${order.id}'`)).toEqual([
      { state: 'placed' },
    ]);
  });
});

describe('cancelling', () => {
  it('gives the pieces back, tells it, in one statement and one that reads', async () => {
    const account = await anAccountShopper();
    const [before] = await stock();
    const { order } = await anOrder(account, 3);
    const [statements, { status, body }] = await counted(shop.api, () => cancel(account, order.id));
    expect([statements, status, body.order.state]).toEqual([2, 200, 'cancelled']);
    expect(body.history).toMatchObject([{ state: 'placed' }, { state: 'cancelled' }]);
    expect((await stock())[0]).toEqual(before);
    expect(
      await shop.sql(
        `SELECT topic FROM outbox WHERE payload->>'orderId' = '${order.id}' ORDER BY id`,
      ),
    ).toEqual([{ topic: 'order.placed' }, { topic: 'order.cancelled' }]);
  });

  it('ten times at once gives the pieces back once', async () => {
    const account = await anAccountShopper();
    const [before] = await stock();
    const { order } = await anOrder(account, 2);
    const answers = await Promise.all(Array.from({ length: 10 }, () => cancel(account, order.id)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(9);
    expect((await stock())[0]).toEqual(before);
  });

  it.each(['packed', 'shipped', 'delivered', 'cancelled', 'returned'])(
    'S96 comes too late when the order is %s',
    async (state) => {
      const account = await anAccountShopper();
      const { order } = await anOrder(account);
      await shop.sql(`UPDATE orders SET state = '${state}' WHERE id = '${order.id}'`);
      const [before] = await stock();
      const { status, body } = await cancel(account, order.id);
      expect([status, body['type' as keyof typeof body]]).toEqual([
        409,
        'urn:dhakacart:problem:order-state',
      ]);
      expect((await stock())[0]).toEqual(before);
    },
  );

  it('gives paid money back', async () => {
    const guest = aShopper(shop.api);
    await guest.ask('POST', '/api/cart/lines', { json: { sku: oil, quantity: 1 } });
    const paid = await checkOut<Placed>(guest, randomUUID(), { ...goodCheckout, payment: 'test' });
    const { body } = await cancel(guest, paid.body.order.id, paid.body.orderToken);
    expect(body.order.payment).toEqual({ method: 'test', state: 'refunded' });
  });
});
