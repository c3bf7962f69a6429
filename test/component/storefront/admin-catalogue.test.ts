import { Client } from 'pg';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { maxVariants, type StaffProduct } from '../../../storefront-api/domain/staff-catalogue.ts';
import { eventually } from '../../support/eventually.ts';
import { allWaiting } from '../../support/scarce-shop.ts';
import { type Answer, aShopper, anAccount, type Shopper } from '../../support/shopper.ts';
import { counted } from '../../support/statement-count.ts';
import { fetchFrom } from '../../support/storefront.ts';
import { withShop } from '../../support/with-shop.ts';

const shop = withShop();
let staff: Shopper;
let userId: string;
beforeAll(async () => {
  userId = await anAccount(shop.url, 'staff');
  staff = aShopper(shop.api, `Bearer staff:${userId}`);
});

let count = 0;
let slug: string;
let sku: string;
beforeEach(() => {
  count += 1;
  slug = `nakshi-kantha-${count}`;
  sku = `NAKSHI-KANTHA-${count}`;
});

const aProduct = (change: Record<string, unknown> = {}) => ({
  slug,
  categoryPath: 'home',
  title: { en: 'Nakshi kantha', bn: 'নকশি কাঁথা' },
  description: { en: 'Embroidered quilt.', bn: 'সূচিকর্ম করা কাঁথা।' },
  image: { url: '/api/images/x.svg', width: 640, height: 640, alt: { en: 'Quilt', bn: 'কাঁথা' } },
  status: 'active',
  variants: [{ sku, options: { size: 'L' }, priceMinor: 250_000, stock: 4 }],
  ...change,
});
const add = (change?: Record<string, unknown>) =>
  staff.ask<StaffProduct>('POST', '/api/admin/products', { json: aProduct(change) });
const change = (method: string, path: string, ifMatch: string | null, json?: unknown) =>
  staff.ask(method, path, {
    ...(json !== undefined && { json }),
    headers: ifMatch === null ? {} : { 'if-match': ifMatch },
  });
const found = async (q: string): Promise<readonly string[]> => {
  const response = await fetchFrom(shop.api, `/api/products?q=${encodeURIComponent(q)}&limit=100`);
  const { items } = (await response.json()) as { items: { slug: string }[] };
  return items.map((item) => item.slug);
};

/** What is answered to requests that all wait for somebody else's statement to commit. */
async function atOnceAfter(
  statement: string,
  requests: readonly (() => Promise<Answer>)[],
): Promise<readonly Answer[]> {
  const other = new Client({ connectionString: shop.url });
  await other.connect();
  await other.query('BEGIN');
  await other.query(statement);
  const answers = Promise.all(requests.map((request) => request()));
  await eventually(async () => expect(await shop.sql(allWaiting)).toHaveLength(requests.length), {
    intervalMs: 10,
  });
  await other.query('COMMIT');
  await other.end();
  return answers;
}

describe('a product', () => {
  it('is added with its variants, and found by its words in both languages', async () => {
    const [statements, { status, headers, body }] = await counted(shop.api, () => add());
    expect([statements, status, headers.get('etag')]).toEqual([1, 201, '"1"']);
    expect(headers.get('location')).toBe(`/api/admin/products/${slug}`);
    expect((await staff.ask('GET', `/api/admin/products/${slug}`)).body).toEqual(body);
    expect(await found('nakshi')).toContain(slug);
    expect(await found('নকশি')).toContain(slug);
  });

  it('keeps its words when texts change', async () => {
    await add();
    const path = `/api/admin/products/${slug}`;
    const title = { en: 'Zebra blanket', bn: 'জেব্রা কম্বল' };
    const answer = await change('PATCH', path, '"1"', { title });
    expect([answer.status, answer.headers.get('etag')]).toEqual([200, '"2"']);
    expect(await found('nakshi')).not.toContain(slug);
    expect(await found('zebra')).toContain(slug);
    expect(await found('জেব্রা')).toContain(slug);
    expect(await found('embroidered')).toContain(slug);
    expect((await staff.ask('GET', path)).body).toEqual(answer.body);
  });

  it('is changed only from the version that it has', async () => {
    await add();
    const path = `/api/admin/products/${slug}`;
    const json = { status: 'draft' };
    expect((await change('PATCH', path, null, json)).status).toBe(428);
    expect((await change('PATCH', path, '"2"', json)).status).toBe(412);
    expect((await change('PATCH', path, 'W/"1"', json)).status).toBe(412);
    expect((await change('PATCH', path, '*', json)).status).toBe(412);
    const racing = await Promise.all(
      Array.from({ length: 6 }, () => change('PATCH', path, '"1"', json)),
    );
    expect(racing.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200, 412, 412, 412, 412, 412,
    ]);
    expect((await change('PATCH', '/api/admin/products/no-such', '"1"', json)).status).toBe(404);
  });

  it('leaves the shop when it is archived', async () => {
    await add();
    const path = `/api/admin/products/${slug}`;
    expect((await change('DELETE', path, '"1"')).status).toBe(204);
    expect((await fetchFrom(shop.api, `/api/products/${slug}`)).status).toBe(404);
    expect((await staff.ask('GET', path)).body).toMatchObject({ status: 'archived', version: 2 });
  });

  it('is refused with a name that is taken, or in a category that does not exist', async () => {
    await add();
    const other = `${sku}-B`;
    const variants = (name: string) => [{ sku: name, options: {}, priceMinor: 1, stock: 1 }];
    const codes = [
      await add({ variants: variants(other) }),
      await add({ slug: `${slug}-b` }),
      await add({ slug: `${slug}-b`, categoryPath: 'no/such', variants: variants(other) }),
    ].map(({ status, body }) => [status, body['type' as never]]);
    expect(codes).toEqual([
      [409, 'urn:dhakacart:problem:slug-taken'],
      [409, 'urn:dhakacart:problem:sku-taken'],
      [400, 'urn:dhakacart:problem:invalid-request'],
    ]);
    expect((await staff.ask('GET', `/api/admin/products/${slug}-b`)).status).toBe(404);
  });

  it.each([
    ['title', { title: { en: '', bn: 'ক' } }, 'title.en'],
    [
      'S62 price',
      { variants: [{ sku: 'X', options: {}, priceMinor: -1, stock: 1 }] },
      'variants.0.priceMinor',
    ],
    [
      'S62 price',
      { variants: [{ sku: 'X', options: {}, priceMinor: 1.5, stock: 1 }] },
      'variants.0.priceMinor',
    ],
    [
      'S62 stock',
      { variants: [{ sku: 'X', options: {}, priceMinor: 1, stock: 1_000_001 }] },
      'variants.0.stock',
    ],
    [
      'picture',
      { image: { url: 'javascript:alert(1)', width: 1, height: 1, alt: { en: '', bn: '' } } },
      'image.url',
    ],
    ['S60 text', { description: { en: 'a\u0000', bn: '' } }, 'description.en'],
    ['S51 version', { version: 7 }, 'version'],
  ])('with a wrong %s is refused, naming the field', async (_, wrong, path) => {
    const { status, body } = await add(wrong);
    expect([status, body['errors' as never]]).toEqual([400, [expect.objectContaining({ path })]]);
  });

  it('is listed by status, page by page, in one statement', async () => {
    for (let n = 0; n < 3; n += 1) {
      await add({
        slug: `${slug}-${n}`,
        status: 'draft',
        variants: [{ sku: `${sku}-${n}`, options: {}, priceMinor: 1, stock: 1 }],
      });
    }
    const seen: string[] = [];
    type Page = { items: { slug: string }[]; nextCursor: string | null };
    let cursor: string | null = '';
    while (cursor !== null) {
      const path: string = `/api/admin/products?status=draft&limit=2${cursor}`;
      const [statements, { body }] = await counted(shop.api, () => staff.ask<Page>('GET', path));
      expect(statements).toBe(1);
      seen.push(...body.items.map((item) => item.slug));
      cursor = body.nextCursor === null ? null : `&cursor=${body.nextCursor}`;
    }
    expect(seen.slice(0, 3)).toEqual([`${slug}-2`, `${slug}-1`, `${slug}-0`]);
  });
});

describe('a variant', () => {
  const path = () => `/api/admin/variants/${sku}`;

  it('gets another price from the version that it has, and the list follows', async () => {
    await add();
    const { status, headers, body } = await change('PATCH', path(), '"1"', { priceMinor: 199_000 });
    expect([status, headers.get('etag'), body['priceMinor'], body['options']]).toEqual([
      200,
      '"2"',
      199_000,
      { size: 'L' },
    ]);
    expect((await change('PATCH', path(), '"1"', { priceMinor: 1 })).status).toBe(412);
    expect((await change('PATCH', path(), null, { priceMinor: 1 })).status).toBe(428);
    const product = await fetchFrom(shop.api, `/api/products/${slug}`);
    expect(await product.json()).toMatchObject({ priceFromMinor: 199_000 });
  });

  it('gets another stock, counted or by a difference', async () => {
    await add();
    const stock = `${path()}/stock`;
    expect((await change('PUT', stock, null, { stock: 9 })).status).toBe(428);
    expect((await change('PUT', stock, '"9"', { stock: 9 })).status).toBe(412);
    expect((await change('PUT', stock, '"1"', { stock: 9 })).body).toMatchObject({
      stock: 9,
      version: 2,
    });
    expect((await change('PUT', stock, '"2"', { change: -4 })).body).toMatchObject({
      stock: 5,
      version: 3,
    });
    expect((await change('PUT', stock, '"3"', { change: -6 })).status).toBe(409);
    expect((await change('PUT', stock, '"3"', { change: 1_000_000 })).status).toBe(409);
    expect((await change('PUT', stock, '"3"', { stock: 1, change: 1 })).status).toBe(400);
    expect(
      (await change('PUT', '/api/admin/variants/NO-SUCH/stock', '"1"', { stock: 1 })).status,
    ).toBe(404);
    expect((await staff.ask('GET', path())).body).toMatchObject({ stock: 5, version: 3 });
  });

  it.each([
    ['a sale', 'stock - 1', 10, 13],
    ['pieces that come back', 'stock + 5', -7, 2],
  ])('by a difference loses nothing of %s meanwhile', async (_, meanwhile, difference, left) => {
    await add();
    const statement = `UPDATE variants SET stock = ${meanwhile} WHERE sku = '${sku}'`;
    const [answer] = await atOnceAfter(statement, [
      () => change('PUT', `${path()}/stock`, '"1"', { change: difference }),
    ]);
    expect(answer?.body).toMatchObject({ stock: left, version: 2 });
  });

  it('is added and removed, but not the last one', async () => {
    await add();
    const json = { sku: `${sku}-XL`, options: { size: 'XL' }, priceMinor: 260_000, stock: 2 };
    const added = await staff.ask('POST', `/api/admin/products/${slug}/variants`, { json });
    expect([added.status, added.headers.get('etag')]).toEqual([201, '"1"']);
    const again = await staff.ask('POST', `/api/admin/products/${slug}/variants`, { json });
    expect(again.status).toBe(409);
    expect((await staff.ask('POST', '/api/admin/products/no-such/variants', { json })).status).toBe(
      404,
    );
    expect((await change('DELETE', path(), '"7"')).status).toBe(412);
    expect((await change('DELETE', path(), '"1"')).status).toBe(204);
    expect((await change('DELETE', `${path()}-XL`, '"1"')).status).toBe(409);
  });

  const holdProduct = () => `SELECT 1 FROM products WHERE slug = '${slug}' FOR UPDATE`;
  const statuses = (answers: readonly Answer[]): readonly number[] =>
    answers.map(({ status }) => status).toSorted((a, b) => a - b);
  const variants = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => ({
      sku: `${sku}-V${from + at}`,
      options: { size: String(from + at) },
      priceMinor: 100,
      stock: 1,
    }));

  it('and the last one but it, removed at once, leave one', async () => {
    await add({ variants: variants(0, 2) });
    const removals = [0, 1].map((n) => () => change('DELETE', `${path()}-V${n}`, '"1"'));
    expect(statuses(await atOnceAfter(holdProduct(), removals))).toEqual([204, 409]);
  });

  it('and another, added at once, do not exceed the bound', async () => {
    await add({ variants: variants(0, maxVariants - 1) });
    const additions = variants(maxVariants, maxVariants + 2).map(
      (json) => () => staff.ask('POST', `/api/admin/products/${slug}/variants`, { json }),
    );
    expect(statuses(await atOnceAfter(holdProduct(), additions))).toEqual([201, 409]);
  });
});

describe('a category', () => {
  const put = (path: string, name = { en: 'Gifts', bn: 'উপহার' }, position?: number) =>
    staff.ask('PUT', '/api/admin/categories', { json: { path, name, position } });

  it('is added below one that exists, renamed, and removed when it is empty', async () => {
    expect((await put('gifts')).status).toBe(201);
    expect((await put('gifts/cards')).status).toBe(201);
    expect((await put('gifts', { en: 'Presents', bn: 'উপহার' })).status).toBe(200);
    expect((await put('none/cards')).status).toBe(400);
    const remove = async (path: string) =>
      (await staff.ask('DELETE', `/api/admin/categories?path=${path}`)).status;
    expect(await remove('gifts')).toBe(409);
    expect(await remove('home')).toBe(409);
    expect(await remove('gifts/cards')).toBe(204);
    expect(await remove('gifts')).toBe(204);
    expect(await remove('gifts')).toBe(404);
  });

  it('stands where staff put it among its siblings, right below its parent', async () => {
    const listed = async (locale: string): Promise<readonly string[]> => {
      const response = await fetchFrom(shop.api, `/api/categories?locale=${locale}`);
      const { items } = (await response.json()) as { items: { path: string }[] };
      return items.map((item) => item.path).filter((path) => path.startsWith('tea'));
    };
    for (const [path, position] of [
      ['tea', 100],
      ['tea-sets', 99],
      ['tea/black', 2],
      ['tea/black/leaf'],
      ['tea/green', 1],
      ['tea/white', 1],
    ] as const)
      expect((await put(path, undefined, position)).status).toBe(201);
    const order = ['tea-sets', 'tea', 'tea/green', 'tea/white', 'tea/black', 'tea/black/leaf'];
    expect(await listed('en')).toEqual(order);
    expect((await put('tea/black', { en: 'Black tea', bn: 'কালো চা' })).status).toBe(200);
    expect(await listed('bn')).toEqual(order);
  });
});

describe('S15 sessions of an account', () => {
  it('are all ended by staff', async () => {
    const other = await anAccount(shop.url);
    const columns = 'id, user_id, refresh_hash, expires_at';
    for (let n = 0; n < 2; n += 1) {
      await shop.sql(
        `INSERT INTO sessions (${columns}) VALUES (gen_random_uuid(), '${other}', sha256('${other}${n}'), now() + interval '1 day')`,
      );
    }
    const path = `/api/admin/users/${other}/revoke-sessions`;
    expect((await staff.ask('POST', path)).body).toEqual({ revoked: 2 });
    expect((await staff.ask('POST', path)).body).toEqual({ revoked: 0 });
    const rows = await shop.sql(`SELECT revoked_reason FROM sessions WHERE user_id = '${other}'`);
    expect(rows).toEqual([{ revoked_reason: 'staff' }, { revoked_reason: 'staff' }]);
    const nobody = '6f9619ff-8b86-4011-b42d-00c04fc964ff';
    expect((await staff.ask('POST', `/api/admin/users/${nobody}/revoke-sessions`)).status).toBe(
      404,
    );
  });
});
