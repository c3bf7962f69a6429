import { beforeEach, describe, expect, it } from 'vitest';
import { maxCartLines, maxLineQuantity } from '../../../storefront-api/domain/cart.ts';
import { cartRepository } from '../../../storefront-api/repositories/cart-repository.ts';
import { mergeGuestCart } from '../../../storefront-api/routes/cart-owner.ts';
import { signer } from '../../../storefront-api/signing.ts';
import { aShopper, anAccount, type Shopper } from '../../support/shopper.ts';
import { anAccount as anApiAccount } from '../../support/shoppers.ts';
import { counted } from '../../support/statement-count.ts';
import { aConfig, startedApi } from '../../support/storefront.ts';
import { withShop } from '../../support/with-shop.ts';

const shop = withShop();

interface CartBody {
  readonly lines: readonly Record<string, unknown>[];
  readonly itemsMinor: number;
  readonly canCheckOut: boolean;
  readonly delivery: unknown;
}

const hilsa = 'HILSA-PADMA-1KG';
const oil = 'MUSTARD-OIL-1L';

let guest: Shopper;
beforeEach(async () => {
  guest = aShopper(shop.api);
  await shop.sql('UPDATE variants SET stock = 500');
});

const add = (shopper: Shopper, sku: string, quantity: number) =>
  shopper.ask<CartBody>('POST', '/api/cart/lines', { json: { sku, quantity } });
const cartOf = async (shopper: Shopper) => (await shopper.ask<CartBody>('GET', '/api/cart')).body;

async function priceOf(sku: string): Promise<number> {
  const [row] = await shop.sql(`SELECT price_minor FROM variants WHERE sku = '${sku}'`);
  return Number((row as { price_minor: string }).price_minor);
}

describe('a cart', () => {
  it('of a guest begins empty, without a cookie and without a statement', async () => {
    const [statements, answer] = await counted(shop.api, () =>
      guest.ask<CartBody>('GET', '/api/cart'),
    );
    expect(answer.body).toMatchObject({ lines: [], itemsMinor: 0, canCheckOut: false });
    expect([guest.cookie, statements]).toEqual(['', 0]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('is kept by a cookie that only this host gets, over TLS, unseen by scripts and other sites', async () => {
    const { headers } = await add(guest, hilsa, 1);
    expect(headers.get('set-cookie')).toMatch(
      /^__Host-cart=[0-9a-f-]{36}\.[\w-]{22}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=2592000$/,
    );
  });

  it('adds, sets and removes pieces in two statements each, and is read in one', async () => {
    const price = await priceOf(hilsa);
    const counts: number[] = [];
    const asked = async (method: string, path: string, json?: unknown): Promise<CartBody> => {
      const ask = () => guest.ask<CartBody>(method, path, { json });
      const [statements, { body, status }] = await counted(shop.api, ask);
      counts.push(statements);
      expect(status).toBe(200);
      return body;
    };
    await asked('POST', '/api/cart/lines', { sku: hilsa, quantity: 1 });
    const added = await asked('POST', '/api/cart/lines', { sku: hilsa, quantity: 2 });
    expect(added).toMatchObject({
      lines: [
        { sku: hilsa, quantity: 3, priceMinor: price, totalMinor: 3 * price, available: true },
      ],
      itemsMinor: 3 * price,
      canCheckOut: true,
    });
    const path = `/api/cart/lines/${hilsa}`;
    expect((await asked('PATCH', path, { quantity: 2 })).lines).toMatchObject([{ quantity: 2 }]);
    expect((await asked('GET', '/api/cart')).lines).toHaveLength(1);
    expect((await asked('DELETE', path)).lines).toEqual([]);
    expect((await asked('DELETE', path)).lines).toEqual([]);
    expect(counts).toEqual([2, 2, 2, 1, 2, 2]);
  });

  it('speaks Bangla when asked to', async () => {
    await add(guest, hilsa, 1);
    const { body, headers } = await guest.ask<CartBody>('GET', '/api/cart', {
      headers: { 'accept-language': 'bn-BD' },
    });
    expect(headers.get('content-language')).toBe('bn');
    expect(body.lines[0]?.['title']).toMatch(/[\u0980-\u09FF]/);
  });

  it('S96 shows the price of now, and that it changed', async () => {
    const price = await priceOf(oil);
    await add(guest, oil, 2);
    await shop.sql(`UPDATE variants SET price_minor = ${price + 500} WHERE sku = '${oil}'`);
    const changed = { priceChanged: true, seenPriceMinor: price, priceMinor: price + 500 };
    expect(await cartOf(guest)).toMatchObject({ lines: [changed], itemsMinor: 2 * (price + 500) });
    // Whoever changes the line has seen the new price.
    await guest.ask('PATCH', `/api/cart/lines/${oil}`, { json: { quantity: 1 } });
    expect(await cartOf(guest)).toMatchObject({ lines: [{ priceChanged: false }] });
  });

  it('tells what cannot be bought any more', async () => {
    await add(guest, oil, 5);
    await shop.sql(`UPDATE variants SET stock = 3 WHERE sku = '${oil}'`);
    expect(await cartOf(guest)).toMatchObject({
      lines: [{ available: false, availableQuantity: 3, quantity: 5 }],
      canCheckOut: false,
    });
    const more = await guest.ask('PATCH', `/api/cart/lines/${oil}`, { json: { quantity: 4 } });
    expect([more.status, more.body['available']]).toEqual([409, 3]);
    await guest.ask('PATCH', `/api/cart/lines/${oil}`, { json: { quantity: 3 } });
    expect(await cartOf(guest)).toMatchObject({ canCheckOut: true });
    await shop.sql("UPDATE products SET status = 'archived' WHERE slug = 'mustard-oil-1l'");
    expect(await cartOf(guest)).toMatchObject({
      lines: [{ available: false, availableQuantity: 0 }],
    });
    expect((await add(aShopper(shop.api), oil, 1)).status).toBe(404);
    await shop.sql("UPDATE products SET status = 'active' WHERE slug = 'mustard-oil-1l'");
  });

  it.each([0, -1, 1.5, maxLineQuantity + 1, 1_000_000, 2 ** 53, '1', null, true])(
    'S63 refuses the quantity %j, naming the field',
    async (quantity) => {
      const answer = await guest.ask('POST', '/api/cart/lines', { json: { sku: hilsa, quantity } });
      expect([answer.status, answer.body['errors']]).toEqual([
        400,
        expect.arrayContaining([expect.objectContaining({ in: 'body', path: 'quantity' })]),
      ]);
    },
  );

  it('S63 refuses a sum beyond the bound of a line', async () => {
    await add(guest, hilsa, maxLineQuantity);
    expect((await add(guest, hilsa, 1)).status).toBe(400);
    expect(await cartOf(guest)).toMatchObject({ lines: [{ quantity: maxLineQuantity }] });
  });

  it.each([
    'role',
    'id',
    'price_minor',
    'priceMinor',
    'stock',
    'user_id',
    'created_at',
    'constructor',
  ])('S51 refuses the field %s', async (name) => {
    const json = { sku: hilsa, quantity: 1, [name]: 1 };
    const answer = await guest.ask('POST', '/api/cart/lines', { json });
    expect([answer.status, answer.body['errors']]).toEqual([
      400,
      [{ in: 'body', path: name, message: 'is not known' }],
    ]);
  });

  it('S53 knows no method override', async () => {
    await add(guest, hilsa, 1);
    const headers = { 'x-http-method-override': 'DELETE', 'x-http-method': 'DELETE' };
    expect((await guest.ask('POST', `/api/cart/lines/${hilsa}`, { headers })).status).toBe(405);
    expect((await guest.ask('GET', '/api/cart?_method=DELETE')).status).toBe(400);
    expect((await cartOf(guest)).lines).toHaveLength(1);
  });

  it.each(["' OR 1=1 --", 'A;DROP TABLE carts', 'a', 'A--B', '\u02BC'])(
    'S57 knows no variant %s',
    async (sku) => {
      expect((await add(guest, sku, 1)).status).toBe(400);
      const path = `/api/cart/lines/${encodeURIComponent(sku)}`;
      expect((await guest.ask('DELETE', path)).status).toBe(400);
    },
  );

  it('S49 is not given to whoever makes up a cookie', async () => {
    await add(guest, hilsa, 1);
    const [name, value = ''] = guest.cookie.split('=');
    const other = aShopper(shop.api);
    for (const forged of [
      value.replace(/.$/, value.endsWith('A') ? 'B' : 'A'),
      `${'0'.repeat(8)}${value.slice(8)}`,
      value.split('.')[0] ?? '',
      `${value.split('.')[0]}.${signer('another-secret-that-is-long-enough-too', 'guest-cart')('x')}`,
    ]) {
      other.cookie = `${name}=${forged}`;
      expect((await cartOf(other)).lines).toEqual([]);
    }
  });

  it('S49 of an account is not found by its id, even in a cookie that is signed', async () => {
    const userId = await anAccount(shop.url);
    await add(aShopper(shop.api, `Bearer shopper:${userId}`), hilsa, 1);
    const [cart] = await shop.sql(`SELECT id FROM carts WHERE user_id = '${userId}'`);
    const { id } = cart as { id: string };
    const other = aShopper(shop.api);
    other.cookie = `__Host-cart=${id}.${signer(aConfig(shop.url).sessionSecret, 'guest-cart')(id)}`;
    expect((await cartOf(other)).lines).toEqual([]);
    await add(other, oil, 1);
    const lines = `SELECT count(*)::int AS n FROM cart_lines WHERE cart_id = '${id}'`;
    expect(await shop.sql(lines)).toEqual([{ n: 1 }]);
  });

  it(`holds ${maxCartLines} lines and no more, however many are added at once`, async () => {
    const product = "(SELECT id FROM products WHERE slug = 'hilsa-padma-1kg')";
    await shop.sql(`INSERT INTO variants (product_id, sku, price_minor, stock)
       SELECT ${product}, 'MANY-' || n, 100, 10 FROM generate_series(1, ${maxCartLines + 5}) n`);
    await add(guest, 'MANY-1', 1);
    const rest = Array.from({ length: maxCartLines + 4 }, (_, at) => `MANY-${at + 2}`);
    const answers = await Promise.all(rest.map((sku) => add(guest, sku, 1)));
    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.map(({ status }) => status)).toEqual(Array.from({ length: 5 }, () => 409));
    expect((await cartOf(guest)).lines).toHaveLength(maxCartLines);
    await shop.sql("DELETE FROM variants WHERE sku LIKE 'MANY-%'");
  });

  it('of one guest loses nothing when the same line grows twenty times at once', async () => {
    await add(guest, hilsa, 1);
    await Promise.all(Array.from({ length: 20 }, () => add(guest, hilsa, 2)));
    expect(await cartOf(guest)).toMatchObject({ lines: [{ quantity: 41 }] });
  });
});

describe('signing in', () => {
  const hook = () =>
    mergeGuestCart(
      cartRepository(shop.api.database),
      signer(aConfig(shop.url).sessionSecret, 'guest-cart'),
    );
  const signIn = (shopper: Shopper, userId: string) =>
    hook()({ userId, now: new Date(), cookie: () => shopper.cookie.split('=')[1] });

  it('moves the guest’s lines into the account’s cart, once', async () => {
    const userId = await anAccount(shop.url);
    const account = aShopper(shop.api, `Bearer shopper:${userId}`);
    await add(account, hilsa, 99);
    await add(guest, hilsa, 3);
    await add(guest, oil, 2);
    expect((await signIn(guest, userId))['set-cookie']).toMatch(/^__Host-cart=; .*Max-Age=0$/);
    await signIn(guest, userId);
    const lines = [
      { sku: hilsa, quantity: maxLineQuantity },
      { sku: oil, quantity: 2 },
    ];
    expect(await cartOf(account)).toMatchObject({ lines });
    expect((await cartOf(guest)).lines).toEqual([]);
  });

  it('through the API brings the guest’s cart along and takes its cookie away', async () => {
    const real = await startedApi(shop.url);
    const buyer = aShopper(real);
    await add(buyer, hilsa, 2);
    const { email, password, userId } = await anApiAccount(real);
    const login = { json: { email, password } };
    const { status, headers } = await buyer.ask('POST', '/api/auth/login', login);
    expect(status).toBe(200);
    expect(headers.getSetCookie().map((line) => line.split('=')[0])).toContain('__Host-refresh');
    expect(headers.getSetCookie()).toContainEqual(expect.stringMatching(/^__Host-cart=;/));
    const account = aShopper(shop.api, `Bearer shopper:${userId}`);
    expect(await cartOf(account)).toMatchObject({ lines: [{ sku: hilsa, quantity: 2 }] });
    await real.stop();
  });

  it('costs nothing without a guest’s cart', async () => {
    const userId = await anAccount(shop.url);
    expect(await counted(shop.api, () => signIn(guest, userId))).toEqual([0, {}]);
  });

  it('keeps the bound of lines', async () => {
    const product = "(SELECT id FROM products WHERE slug = 'hilsa-padma-1kg')";
    await shop.sql(`INSERT INTO variants (product_id, sku, price_minor, stock)
       SELECT ${product}, 'MERGE-' || n, 100, 10 FROM generate_series(1, ${maxCartLines}) n`);
    const userId = await anAccount(shop.url);
    const account = aShopper(shop.api, `Bearer shopper:${userId}`);
    for (let n = 1; n < maxCartLines; n += 1) await add(account, `MERGE-${n}`, 1);
    await add(guest, oil, 1);
    await add(guest, hilsa, 1);
    await add(guest, 'MERGE-1', 1);
    await signIn(guest, userId);
    const { lines } = await cartOf(account);
    expect(lines).toHaveLength(maxCartLines);
    expect(lines).toContainEqual(expect.objectContaining({ sku: 'MERGE-1', quantity: 2 }));
    expect(lines).toContainEqual(expect.objectContaining({ sku: oil, quantity: 1 }));
    await shop.sql("DELETE FROM variants WHERE sku LIKE 'MERGE-%'");
  });
});
