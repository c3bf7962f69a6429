import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type OrderState, orderStates } from '../../../storefront-api/domain/order-state.ts';
import type { Order } from '../../../storefront-api/domain/order.ts';
import { aShopper, anAccount, checkOut, type Shopper } from '../../support/shopper.ts';
import { counted } from '../../support/statement-count.ts';
import { withShop } from '../../support/with-shop.ts';

const shop = withShop();

const oil = 'MUSTARD-OIL-1L';

let staffId: string;
let staff: Shopper;
beforeAll(async () => {
  staffId = await anAccount(shop.url, 'staff');
  staff = aShopper(shop.api, `Bearer staff:${staffId}`);
  await shop.sql('UPDATE variants SET stock = 1000');
});

interface Placed {
  readonly order: Order;
  readonly orderToken: string;
}
interface Shown {
  readonly order: Order;
  readonly history: readonly Record<string, unknown>[];
}

async function anOrder(): Promise<Placed> {
  const guest = aShopper(shop.api);
  await guest.ask('POST', '/api/cart/lines', { json: { sku: oil, quantity: 2 } });
  return (await checkOut<Placed>(guest, randomUUID())).body;
}
const move = (id: string, to: string, note?: string) =>
  staff.ask<Shown>('POST', `/api/admin/orders/${id}/transition`, {
    json: { to, ...(note !== undefined && { note }) },
  });

describe('staff', () => {
  it('bring an order to its buyer, and each step is written down and told', async () => {
    const { order, orderToken } = await anOrder();
    await move(order.id, 'confirmed', 'called, will be at home');
    for (const to of ['packed', 'shipped']) expect((await move(order.id, to)).status).toBe(200);
    const [statements, { status, body }] = await counted(shop.api, () =>
      move(order.id, 'delivered'),
    );
    expect([statements, status]).toEqual([2, 200]);
    expect(body.order).toMatchObject({
      state: 'delivered',
      payment: { method: 'cod', state: 'paid' },
    });
    expect(body.history.map(({ state }) => state)).toEqual([
      'placed',
      'confirmed',
      'packed',
      'shipped',
      'delivered',
    ]);
    expect(body.history[1]).toMatchObject({ note: 'called, will be at home', actorId: staffId });
    const topics = await shop.sql(
      `SELECT topic FROM outbox WHERE payload->>'orderId' = '${order.id}' ORDER BY id`,
    );
    expect(topics.map((row) => (row as { topic: string }).topic)).toEqual([
      'order.placed',
      'order.confirmed',
      'order.packed',
      'order.shipped',
      'order.delivered',
    ]);
    const buyer = await aShopper(shop.api).ask<Shown>('GET', `/api/orders/${order.id}`, {
      headers: { 'x-order-token': orderToken },
    });
    expect(buyer.body.order.state).toBe('delivered');
    expect(buyer.text).not.toContain('called');
    expect(buyer.text).not.toContain(staffId);
  });

  it.each([
    ['placed', ['confirmed', 'cancelled']],
    ['confirmed', ['packed', 'cancelled']],
    ['packed', ['shipped']],
    ['shipped', ['delivered', 'returned']],
    ['delivered', ['returned']],
    ['cancelled', []],
    ['returned', []],
  ] satisfies [OrderState, OrderState[]][])(
    'S96 can skip no step: from %s only to %j',
    async (from, allowed) => {
      const { order } = await anOrder();
      for (const to of orderStates.filter((state) => state !== 'placed')) {
        await shop.sql(`UPDATE orders SET state = '${from}' WHERE id = '${order.id}'`);
        const { status } = await move(order.id, to);
        expect([to, status]).toEqual([to, (allowed as string[]).includes(to) ? 200 : 409]);
      }
      expect((await move(order.id, 'placed')).status).toBe(400);
    },
  );

  it('give pieces back by cancelling, not by a return', async () => {
    const stock = async () =>
      (await shop.sql(`SELECT stock FROM variants WHERE sku = '${oil}'`))[0];
    const before = await stock();
    const cancelled = await anOrder();
    await move(cancelled.order.id, 'cancelled');
    expect(await stock()).toEqual(before);
    const returned = await anOrder();
    const sold = await stock();
    for (const to of ['confirmed', 'packed', 'shipped', 'returned'])
      await move(returned.order.id, to);
    expect(await stock()).toEqual(sold);
  });

  it('and the buyer at once move an order once', async () => {
    const { order, orderToken } = await anOrder();
    const headers = { 'x-order-token': orderToken };
    const answers = await Promise.all([
      move(order.id, 'confirmed'),
      aShopper(shop.api).ask('POST', `/api/orders/${order.id}/cancel`, { headers }),
      move(order.id, 'cancelled'),
    ]);
    const cancellations = answers.slice(1).filter(({ status }) => status === 200);
    expect(cancellations).toHaveLength(1);
    expect(await shop.sql(`SELECT state FROM orders WHERE id = '${order.id}'`)).toEqual([
      { state: 'cancelled' },
    ]);
  });

  it('see the orders of everybody by state, in one statement a page', async () => {
    const { order } = await anOrder();
    await move(order.id, 'confirmed');
    const path = '/api/admin/orders?state=confirmed&limit=1';
    const [statements, { body }] = await counted(shop.api, () =>
      staff.ask<{ items: Order[]; nextCursor: string }>('GET', path),
    );
    expect(statements).toBe(1);
    expect(body.items.map(({ id }) => id)).toEqual([order.id]);
    const all = await staff.ask('GET', `/api/admin/orders?limit=1&cursor=${body.nextCursor}`);
    expect(all.status).toBe(400); // a cursor of another list
    expect((await staff.ask('GET', `/api/admin/orders/${randomUUID()}`)).status).toBe(404);
    expect((await move(randomUUID(), 'confirmed')).status).toBe(404);
  });
});
