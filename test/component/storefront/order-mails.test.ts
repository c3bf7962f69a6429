// What buyers are told of their orders by mail, through a mail server.
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Order } from '../../../storefront-api/domain/order.ts';
import type { OrderState } from '../../../storefront-api/domain/order-state.ts';
import { unlimited } from '../../../storefront-api/middleware/rate-limit.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { eventually } from '../../support/eventually.ts';
import { fakeAuthenticator } from '../../support/fake-authenticator.ts';
import { MailServers, type Received, smtpSettings, textOf } from '../../support/mail-server.ts';
import {
  aShopper,
  anAccount,
  checkOut,
  goodCheckout,
  type Shopper,
} from '../../support/shopper.ts';
import { aConfig, asAdministrator, seededDatabase, startedApi } from '../../support/storefront.ts';

interface Receipt {
  readonly order: Order;
  readonly orderToken: string;
}

const oil = 'MUSTARD-OIL-1L';
const servers = new MailServers();
let api: RunningApi | undefined;
afterEach(() => api?.stop());

async function mailingShop() {
  const { received, port } = await servers.start();
  const url = await seededDatabase();
  const config = aConfig(url, { mail: { delivery: 'smtp', smtp: smtpSettings(port) } });
  const running = await startedApi(url, {
    config,
    authenticator: fakeAuthenticator,
    limiter: unlimited,
  });
  api = running;
  const staff = aShopper(running, `Bearer staff:${await anAccount(url, 'staff')}`);
  return {
    api: running,
    url,
    received,
    move: async (id: string, to: OrderState) =>
      (await staff.ask('POST', `/api/admin/orders/${id}/transition`, { json: { to } })).status,
    /** Mails in the outbox, sent or not. */
    written: () =>
      asAdministrator(
        url,
        "SELECT topic, payload FROM outbox WHERE topic LIKE 'mail.%' ORDER BY id",
      ),
    /** Subjects and texts once so many have come, in the order in which they were written. */
    mails: (count: number): Promise<readonly { to: string; text: string; source: string }[]> =>
      eventually(() => {
        expect(received).toHaveLength(count);
        return received.toSorted(byId).map((mail) => ({
          to: mail.to.join(),
          text: textOf(mail),
          source: mail.source,
        }));
      }),
  };
}

const byId = (a: Received, b: Received): number => idOf(a) - idOf(b);
const idOf = ({ source }: Received): number =>
  Number(/^Message-ID: <outbox-(\d+)@/im.exec(source)?.[1]);

async function order(
  shopper: Shopper,
  change: Record<string, unknown> = {},
  key: string = randomUUID(),
) {
  await shopper.ask('POST', '/api/cart/lines', { json: { sku: oil, quantity: 2 } });
  return checkOut<Receipt>(shopper, key, { ...goodCheckout, ...change });
}

describe('a buyer with an address', () => {
  it('is told of each step, in the language of the order', async () => {
    const { api: shop, move, mails } = await mailingShop();
    const guest = aShopper(shop);
    await guest.ask('POST', '/api/cart/lines', { json: { sku: oil, quantity: 2 } });
    const { status, body } = await guest.ask<Receipt>('POST', '/api/checkout', {
      json: { ...goodCheckout, email: 'rahima@example.com' },
      headers: { 'idempotency-key': randomUUID(), 'accept-language': 'bn' },
    });
    expect(status).toBe(201);
    const { id, number } = body.order;
    const steps = ['confirmed', 'packed', 'shipped', 'delivered', 'returned'] as const;
    for (const to of steps) expect(await move(id, to)).toBe(200);
    const got = await mails(1 + steps.length);
    expect(new Set(got.map(({ to }) => to))).toEqual(new Set(['rahima@example.com']));
    const words = ['ধন্যবাদ', 'নিশ্চিত', 'প্যাক', 'পথে', 'পৌঁছে', 'ফেরত'];
    for (const [at, word] of words.entries()) {
      const { text, source } = got[at] ?? { text: '', source: '' };
      expect(text).toContain(word);
      expect(text).toContain(`অর্ডার ${number}, ৬৪০.০০৳`);
      expect(source).toMatch(/^Content-Language: bn\r$/im);
    }
    expect(got.map(({ text }) => /\((.+)\)/.exec(text)?.[1])).toEqual([
      ...Array.from({ length: 4 }, () => 'পৌঁছানোর সময় পরিশোধ করবেন'),
      'পরিশোধিত',
      'আপনার পরিশোধিত টাকা ফেরত পাবেন',
    ]);
  });

  it('who has an account gets them there, and nothing that somebody typed is in them', async () => {
    const { api: shop, url, mails } = await mailingShop();
    const userId = await anAccount(url);
    const account = aShopper(shop, `Bearer shopper:${userId}`);
    const address = { ...goodCheckout.address, name: 'https://evil.example', street: 'Click here' };
    const { body } = await order(account, { address, payment: 'test' });
    await account.ask('POST', `/api/orders/${body.order.id}/cancel`);
    const [placed, cancelled] = await mails(2);
    expect([placed?.to, cancelled?.to]).toEqual([`${userId}@example.com`, `${userId}@example.com`]);
    expect(placed?.source).toContain(`Subject: 127.0.0.1: We have your order ${body.order.number}`);
    expect(placed?.text).toMatch(/Order \d+, BDT\s640\.00 \(paid\)/);
    expect(cancelled?.text).toMatch(/was cancelled.*\(what you paid comes back to you\)/s);
    expect(`${placed?.text}${cancelled?.text}`).not.toMatch(/evil|Click/);
  });

  it('is told once, however often the checkout is repeated, and not of what did not happen', async () => {
    const { api: shop, move, mails, written } = await mailingShop();
    const [guest, key] = [aShopper(shop), randomUUID()];
    const email = { email: 'once@example.com' };
    const first = await order(guest, email, key);
    expect((await checkOut(guest, key, { ...goodCheckout, ...email })).text).toBe(first.text);
    expect((await checkOut(guest, randomUUID(), { ...goodCheckout, ...email })).status).toBe(409);
    expect(await move(first.body.order.id, 'delivered')).toBe(409);
    const headers = { 'x-order-token': first.body.orderToken };
    const path = `/api/orders/${first.body.order.id}/cancel`;
    await Promise.all([1, 2, 3].map(() => guest.ask('POST', path, { headers })));
    const texts = (await mails(2)).map(({ text }) => text);
    expect(texts[0]).toContain('to be paid on delivery');
    expect(texts[1]).toMatch(
      /was cancelled\. Nothing will be delivered\.\s+Order \d+, BDT\s640\.00\s+127/,
    );
    expect(await written()).toHaveLength(2);
  });
});

describe('a buyer without an address', () => {
  it('is told nothing, and the order goes its way', async () => {
    const { api: shop, move, written } = await mailingShop();
    const { status, body } = await order(aShopper(shop));
    expect([status, await move(body.order.id, 'confirmed')]).toEqual([201, 200]);
    expect(await written()).toEqual([]);
  });
});
