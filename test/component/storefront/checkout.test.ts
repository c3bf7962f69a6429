import { createHash, randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Order } from '../../../storefront-api/domain/order.ts';
import {
  aShopper,
  anAccount,
  checkOut,
  goodCheckout,
  type Shopper,
} from '../../support/shopper.ts';
import { counted } from '../../support/statement-count.ts';
import { aConfig, startedApi } from '../../support/storefront.ts';
import { withShop } from '../../support/with-shop.ts';

const shop = withShop();

interface Receipt {
  readonly order: Order;
  readonly orderToken?: string;
}

const hilsa = 'HILSA-PADMA-1KG';
const oil = 'MUSTARD-OIL-1L';
const prices = { [hilsa]: 150_000, [oil]: 30_000 };
const dhakaFee = 6_000;

let guest: Shopper;
beforeEach(async () => {
  guest = aShopper(shop.api);
  await shop.sql('UPDATE variants SET stock = 10');
  for (const [sku, price] of Object.entries(prices)) {
    await shop.sql(`UPDATE variants SET price_minor = ${price} WHERE sku = '${sku}'`);
  }
});

const stockOf = async (sku: string): Promise<number> => {
  const [row] = await shop.sql(`SELECT stock FROM variants WHERE sku = '${sku}'`);
  return (row as { stock: number }).stock;
};
const rowCounts = async (): Promise<unknown> => {
  const tables = ['orders', 'order_lines', 'order_history', 'idempotency_keys', 'outbox'];
  const counts = tables.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`);
  return (
    await shop.sql(`SELECT ${counts.join(', ')}, (SELECT sum(stock)::int FROM variants) AS stock`)
  )[0];
};

async function fill(shopper: Shopper, lines: Readonly<Record<string, number>>): Promise<void> {
  for (const [sku, quantity] of Object.entries(lines)) {
    const { status } = await shopper.ask('POST', '/api/cart/lines', { json: { sku, quantity } });
    expect(status).toBe(200);
  }
}

describe('a checkout', () => {
  it('makes an order of the cart in one statement', async () => {
    await fill(guest, { [hilsa]: 2, [oil]: 1 });
    const [statements, answer] = await counted(shop.api, () =>
      checkOut<Receipt>(guest, randomUUID()),
    );
    expect([statements, answer.status]).toEqual([1, 201]);
    const { order, orderToken } = answer.body;
    expect(order).toMatchObject({
      state: 'placed',
      currency: 'BDT',
      quantity: 3,
      itemsMinor: 330_000,
      deliveryMinor: dhakaFee,
      totalMinor: 336_000,
      payment: { method: 'cod', state: 'due' },
      shipTo: { ...goodCheckout.address, phone: '+8801712345678' },
      lines: [
        { sku: hilsa, priceMinor: 150_000, quantity: 2, totalMinor: 300_000 },
        { sku: oil, priceMinor: 30_000, quantity: 1, totalMinor: 30_000 },
      ],
    });
    expect(answer.headers.get('location')).toBe(`/api/orders/${order.id}`);
    expect([await stockOf(hilsa), await stockOf(oil)]).toEqual([8, 9]);
    expect((await guest.ask('GET', '/api/cart')).body).toMatchObject({ lines: [] });
    const id = `order_id = '${order.id}'`;
    expect(
      await shop.sql(
        `SELECT line, sku, title_bn <> '' AS bn FROM order_lines WHERE ${id} ORDER BY 1`,
      ),
    ).toEqual([
      { line: 1, sku: hilsa, bn: true },
      { line: 2, sku: oil, bn: true },
    ]);
    expect(await shop.sql(`SELECT from_state, to_state FROM order_history WHERE ${id}`)).toEqual([
      { from_state: null, to_state: 'placed' },
    ]);
    expect(
      await shop.sql(`SELECT topic, payload FROM outbox WHERE payload->>'orderId' = '${order.id}'`),
    ).toEqual([
      {
        topic: 'order.placed',
        payload: { orderId: order.id, number: order.number, totalMinor: 336_000, locale: 'en' },
      },
    ]);
    const hash = createHash('sha256').update(String(orderToken)).digest('hex');
    expect(
      await shop.sql(
        `SELECT encode(guest_hash, 'hex') AS hash FROM orders WHERE id = '${order.id}'`,
      ),
    ).toEqual([{ hash }]);
  });

  it('keeps the guest’s token nowhere', async () => {
    await fill(guest, { [oil]: 1 });
    const { orderToken } = (await checkOut<Receipt>(guest, randomUUID())).body;
    for (const table of ['orders', 'idempotency_keys', 'outbox', 'order_history']) {
      expect(
        await shop.sql(`SELECT 1 FROM ${table} t WHERE t::text LIKE '%${orderToken}%'`),
      ).toEqual([]);
    }
  });

  it('of an account belongs to it and has no token', async () => {
    const userId = await anAccount(shop.url);
    const account = aShopper(shop.api, `Bearer shopper:${userId}`);
    await fill(account, { [oil]: 1 });
    const { body, status } = await checkOut<Receipt>(account, randomUUID());
    expect([status, body.orderToken]).toEqual([201, undefined]);
    expect(
      await shop.sql(`SELECT user_id, guest_hash FROM orders WHERE id = '${body.order.id}'`),
    ).toEqual([{ user_id: userId, guest_hash: null }]);
  });

  it.each([
    ['Dhaka', 1, 30_000 + dhakaFee],
    ['Sylhet', 1, 30_000 + 12_000],
    ['Sylhet', 4, 120_000 + 12_000],
    ['Rangpur', 10, 500_000],
  ])('to %s of %i pieces costs %i in all', async (division, quantity, totalMinor) => {
    if (totalMinor === 500_000)
      await shop.sql(`UPDATE variants SET price_minor = 50000 WHERE sku = '${oil}'`);
    await fill(guest, { [oil]: quantity });
    const json = {
      ...goodCheckout,
      address: { ...goodCheckout.address, division, district: division },
    };
    expect((await checkOut<Receipt>(guest, randomUUID(), json)).body.order.totalMinor).toBe(
      totalMinor,
    );
  });

  it('answers in the language of the request', async () => {
    await fill(guest, { [hilsa]: 1 });
    const { body } = await guest.ask<Receipt>('POST', '/api/checkout', {
      json: goodCheckout,
      headers: { 'idempotency-key': randomUUID(), 'accept-language': 'bn-BD,bn;q=0.9' },
    });
    expect(body.order.lines[0]?.title).toMatch(/[\u0980-\u09FF]/);
  });

  it('with the test method is paid at once, where it is offered', async () => {
    await fill(guest, { [oil]: 1 });
    const json = { ...goodCheckout, payment: 'test' };
    expect((await checkOut<Receipt>(guest, randomUUID(), json)).body.order.payment).toEqual({
      method: 'test',
      state: 'paid',
    });
    const strict = await startedApi(shop.url, {
      config: aConfig(shop.url, { testPayments: false }),
    });
    const answer = await checkOut(aShopper(strict), randomUUID(), json);
    expect([answer.status, answer.body['errors']]).toEqual([
      400,
      [{ in: 'body', path: 'payment', message: 'is not offered by this shop' }],
    ]);
    await strict.stop();
  });
});

describe('S95 a repeated checkout', () => {
  it('gets the same bytes, in one statement, whatever has happened since', async () => {
    await fill(guest, { [hilsa]: 1 });
    const key = randomUUID();
    const first = await checkOut<Receipt>(guest, key);
    const headers = { 'x-order-token': first.body.orderToken ?? '' };
    await guest.ask('POST', `/api/orders/${first.body.order.id}/cancel`, { headers });
    await fill(guest, { [oil]: 1 });
    await shop.sql('UPDATE variants SET price_minor = 1');
    const before = await rowCounts();
    const [statements, second] = await counted(shop.api, () => checkOut<Receipt>(guest, key));
    expect([statements, second.status, second.text]).toEqual([1, 201, first.text]);
    expect(await rowCounts()).toEqual(before);
  });

  it('with another body is 422, and so is one with quotes around the key', async () => {
    await fill(guest, { [hilsa]: 1 });
    const key = randomUUID();
    await checkOut(guest, key);
    const json = { ...goodCheckout, address: { ...goodCheckout.address, street: 'Elsewhere 1' } };
    expect((await checkOut(guest, key, json)).status).toBe(422);
    expect((await checkOut(guest, `"${key}"`, json)).status).toBe(422);
    expect((await checkOut(guest, `"${key}"`)).status).toBe(201);
  });

  it('by somebody else under the same key is another checkout', async () => {
    const key = randomUUID();
    const other = aShopper(shop.api);
    await fill(guest, { [oil]: 1 });
    await fill(other, { [oil]: 1 });
    const numbers = [await checkOut<Receipt>(guest, key), await checkOut<Receipt>(other, key)];
    expect(new Set(numbers.map(({ body }) => body.order.id)).size).toBe(2);
  });

  it('twelve times at once makes one order and twelve equal answers', async () => {
    await fill(guest, { [hilsa]: 1, [oil]: 2 });
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 12 }, () => checkOut(guest, key)));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 201));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect([await stockOf(hilsa), await stockOf(oil)]).toEqual([9, 8]);
  });

  it('of one cart under many keys at once makes one order', async () => {
    await fill(guest, { [hilsa]: 1 });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => checkOut(guest, randomUUID())),
    );
    const placed = answers.filter(({ status }) => status === 201);
    const others = answers.filter(({ status }) => status !== 201);
    expect(placed).toHaveLength(1);
    for (const { status } of others) expect(status).toBe(409);
    expect(await stockOf(hilsa)).toBe(9);
  });
});

describe('a checkout that is refused writes nothing', () => {
  const refused = async (status: number, code: string, json?: unknown) => {
    const before = await rowCounts();
    const answer = await checkOut(guest, randomUUID(), json);
    expect([answer.status, answer.body['type']]).toEqual([status, `urn:dhakacart:problem:${code}`]);
    expect(await rowCounts()).toEqual(before);
    return answer.body;
  };

  it('without a cart, and with an empty one', async () => {
    await refused(409, 'cart-empty');
    await fill(guest, { [oil]: 1 });
    await guest.ask('DELETE', `/api/cart/lines/${oil}`);
    await refused(409, 'cart-empty');
  });

  it('S95 when there is not enough of some lines, and names them', async () => {
    await fill(guest, { [hilsa]: 3, [oil]: 4 });
    await shop.sql(`UPDATE variants SET stock = 2 WHERE sku = '${hilsa}'`);
    const body = await refused(409, 'not-enough-stock');
    expect(body['lines']).toEqual([{ sku: hilsa, quantity: 3, available: 2 }]);
    expect((await guest.ask('GET', '/api/cart')).body).toMatchObject({ quantity: 7 });
  });

  it('when a product is not sold any more', async () => {
    await fill(guest, { [oil]: 1 });
    await shop.sql("UPDATE products SET status = 'archived' WHERE slug = 'mustard-oil-1l'");
    const body = await refused(409, 'not-enough-stock');
    expect(body['lines']).toEqual([{ sku: oil, quantity: 1, available: 0 }]);
    await shop.sql("UPDATE products SET status = 'active' WHERE slug = 'mustard-oil-1l'");
  });

  it('S96 when the price has changed since the shopper saw it, and tells the new total', async () => {
    await fill(guest, { [oil]: 2 });
    const json = { ...goodCheckout, expectedTotalMinor: 60_000 + dhakaFee };
    await shop.sql(`UPDATE variants SET price_minor = 31000 WHERE sku = '${oil}'`);
    const { totalMinor } = await refused(409, 'total-changed', json);
    expect(totalMinor).toBe(62_000 + dhakaFee);
    const right = { ...goodCheckout, expectedTotalMinor: totalMinor };
    expect((await checkOut(guest, randomUUID(), right)).status).toBe(201);
  });

  it.each([
    ['S96 currency', { currency: 'USD' }],
    ['S96 price_minor', { price_minor: 1 }],
    ['S96 totalMinor', { totalMinor: 1 }],
    ['S96 deliveryMinor', { deliveryMinor: 0 }],
    ['S96 lines', { lines: [{ sku: hilsa, quantity: 1, priceMinor: 1 }] }],
    ['S96 state', { state: 'delivered' }],
    ['S96 coupon', { coupon: 'FREE' }],
    ['S51 role', { role: 'staff' }],
    ['S51 id', { id: randomUUID() }],
    ['S51 stock', { stock: 1 }],
    ['S51 user_id', { user_id: randomUUID() }],
    ['S51 created_at', { created_at: '2020-01-01' }],
    ['S66 constructor', { constructor: { prototype: { x: 1 } } }],
  ])('%s in the body', async (_, extra) => {
    await fill(guest, { [oil]: 1 });
    const body = await refused(400, 'invalid-request', { ...goodCheckout, ...extra });
    expect(body['errors']).toEqual([
      { in: 'body', path: Object.keys(extra)[0], message: 'is not known' },
    ]);
  });

  it.each([
    ['S96 expectedTotalMinor', { expectedTotalMinor: -1 }, 'expectedTotalMinor'],
    ['S62 expectedTotalMinor', { expectedTotalMinor: 1.5 }, 'expectedTotalMinor'],
    ['payment', { payment: 'card' }, 'payment'],
    ['email', { email: 'not one' }, 'email'],
    ['phone', { address: { ...goodCheckout.address, phone: '0212345678' } }, 'address.phone'],
    ['S60 NUL', { address: { ...goodCheckout.address, street: 'a\u0000' } }, 'address.street'],
    ['blank name', { address: { ...goodCheckout.address, name: '  ' } }, 'address.name'],
    ['division', { address: { ...goodCheckout.address, division: 'Delhi' } }, 'address.division'],
    ['district', { address: { ...goodCheckout.address, district: 'Sylhet' } }, 'address.district'],
    ['S49 user_id', { address: { ...goodCheckout.address, user_id: 'x' } }, 'address.user_id'],
  ])('a wrong %s', async (_, change, path) => {
    await fill(guest, { [oil]: 1 });
    const body = await refused(400, 'invalid-request', { ...goodCheckout, ...change });
    expect(body['errors']).toEqual([expect.objectContaining({ in: 'body', path })]);
  });

  it.each([undefined, 'short', 'a'.repeat(300), 'has spaces in it', 'ключ-ключ-ключ'.slice(0, 4)])(
    'the Idempotency-Key %s',
    async (key) => {
      await fill(guest, { [oil]: 1 });
      const before = await rowCounts();
      const headers =
        key === undefined ? {} : { 'idempotency-key': encodeURI(key).replaceAll('%20', ' ') };
      const answer = await guest.ask('POST', '/api/checkout', { json: goodCheckout, headers });
      expect([answer.status, answer.body['errors']]).toEqual([
        400,
        [expect.objectContaining({ in: 'headers', path: 'idempotency-key' })],
      ]);
      expect(await rowCounts()).toEqual(before);
    },
  );

  it('S65 a name twice in the body', async () => {
    await fill(guest, { [oil]: 1 });
    const text = JSON.stringify(goodCheckout).replace('{', '{"payment":"cod",');
    const response = await fetch(`http://127.0.0.1:${shop.api.port}/api/checkout`, {
      method: 'POST',
      body: text,
      headers: {
        'content-type': 'application/json',
        cookie: guest.cookie,
        'idempotency-key': randomUUID(),
      },
    });
    expect(response.status).toBe(400);
  });
});
