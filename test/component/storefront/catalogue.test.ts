import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import {
  asAdministrator,
  fetchFrom,
  seededDatabase,
  startedApi,
} from '../../support/storefront.ts';

interface Page {
  readonly items: readonly {
    readonly slug: string;
    readonly title: string;
    readonly priceFromMinor: number;
    readonly inStock: boolean;
    readonly image: { readonly url: string };
  }[];
  readonly nextCursor: string | null;
  readonly facets?: {
    readonly total: number;
    readonly inStock: number;
    readonly categories: readonly { readonly path: string; readonly count: number }[];
  };
}

let url: string;
let api: RunningApi;
/** Added to the age of pages. */
let laterMs = 0;
beforeAll(async () => {
  url = await seededDatabase();
  api = await startedApi(url, { now: () => performance.now() + laterMs });
});
afterAll(() => api.stop());

async function page(query: string): Promise<Page> {
  const response = await fetchFrom(api, `/api/products${query}`);
  expect(response.status, await response.clone().text()).toBe(200);
  return (await response.json()) as Page;
}

async function everySlug(query: string): Promise<readonly string[]> {
  const slugs: string[] = [];
  let cursor = '';
  for (let pages = 0; pages < 100; pages += 1) {
    const { items, nextCursor } = await page(`?limit=7${query}${cursor}`);
    slugs.push(...items.map(({ slug }) => slug));
    if (nextCursor === null) return slugs;
    cursor = `&cursor=${nextCursor}`;
  }
  throw new Error('the list does not end');
}

describe('the product list', () => {
  it.each(['', '&sort=price-asc', '&sort=price-desc', '&category=food', '&q=a', '&in_stock=true'])(
    'shows each product once over all pages (%s)',
    async (query) => {
      const slugs = await everySlug(query);
      expect(new Set(slugs).size).toBe(slugs.length);
      const whole = await page(`?limit=100${query}`);
      expect(slugs).toEqual(whole.items.map(({ slug }) => slug));
    },
  );

  it('shows the same card as the page of the product', async () => {
    for (const card of (await page('?limit=5&locale=bn')).items) {
      const response = await fetchFrom(api, `/api/products/${card.slug}?locale=bn`);
      const { description, variants, ...same } = (await response.json()) as typeof card & {
        readonly description: string;
        readonly variants: readonly unknown[];
      };
      expect([typeof description, variants.length > 0]).toEqual(['string', true]);
      expect(card).toEqual(same);
    }
  });

  it('has spaces where a text has characters that nobody can see', async () => {
    const slug = 'nakshi-purse';
    await asAdministrator(
      url,
      String.raw`UPDATE products SET title_en = E'A\x1f"B"\x1eC\\D' WHERE slug = '${slug}'`,
    );
    laterMs += 10_000;
    const { items } = await page('?limit=100');
    expect(items.find((item) => item.slug === slug)?.title).toBe('A "B" C\\D');
  });

  it('has 20 products on a page when nobody asks', async () => {
    expect((await page('')).items).toHaveLength(20);
  });

  it('sorts by price both ways', async () => {
    const prices = (await page('?sort=price-asc&limit=100')).items.map(
      (item) => item.priceFromMinor,
    );
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    const down = (await page('?sort=price-desc&limit=100')).items.map(
      (item) => item.priceFromMinor,
    );
    expect(down).toEqual(prices.toReversed());
  });

  it.each([
    ['q=hilsa', ['hilsa-padma-1kg']],
    ['q=HILSA%20padma', ['hilsa-padma-1kg']],
    ['q=ইলিশ', ['hilsa-padma-1kg']],
    ['q=৫%20লিটার', ['mustard-oil-5l']],
    ['q=muslin', ['muslin-saree-ivory']],
    ['q=sari', []],
  ])('finds by words in either language: %s', async (query, slugs) => {
    expect((await page(`?${query}`)).items.map(({ slug }) => slug)).toEqual(slugs);
  });

  it('holds a category with everything below it', async () => {
    const inFood = await page('?category=food&limit=100');
    expect(inFood.items.map(({ slug }) => slug)).toContain('hilsa-padma-1kg');
    expect((await page('?category=food/fish')).items).toHaveLength(4);
    expect((await page('?category=foo')).items).toEqual([]);
  });

  it('keeps prices within the bounds that were asked for, and stock', async () => {
    const { items } = await page('?price_min=100000&price_max=200000&limit=100');
    expect(items.length).toBeGreaterThan(3);
    expect(
      items.every((item) => item.priceFromMinor >= 100_000 && item.priceFromMinor <= 200_000),
    ).toBe(true);
    expect((await page('?in_stock=false')).items.map(({ slug }) => slug)).toEqual([
      'date-molasses-1kg',
      'winter-shawl-wool',
    ]);
  });

  it('counts facets over the whole list, not the page', async () => {
    const { facets } = await page('?facets=true&limit=1');
    expect(facets?.total).toBe(46);
    expect(facets?.inStock).toBe(44);
    expect(facets?.categories).toContainEqual({ path: 'food/fish', count: 4 });
    expect((await page('?facets=true&q=nothingatall')).facets?.total).toBe(0);
  });

  it('answers in the language of the query, else of Accept-Language', async () => {
    expect((await page('?q=hilsa&locale=bn')).items[0]?.title).toBe('পদ্মার ইলিশ, প্রায় ১ কেজি');
    const response = await fetchFrom(api, '/api/products?q=hilsa', {
      headers: { 'accept-language': 'fr, bn-BD;q=0.9, en;q=0.3' },
    });
    expect(response.headers.get('content-language')).toBe('bn');
  });

  it.each([
    "' OR '1'='1",
    "'; DROP TABLE products; --",
    "a' UNION SELECT password_hash FROM users --",
    '\u2019 OR 1=1 --', // a quote that some encodings make a plain one
    "\\'; SELECT pg_sleep(30); --",
    '$$; SELECT pg_sleep(30); $$',
    '1); SELECT pg_sleep(30); --',
    "zq/**/|!zq:* <-> 'zq'", // as operators these would find everything
    '%_\\',
  ])('S57 takes %s for text, wherever it stands', async (text) => {
    const value = encodeURIComponent(text);
    for (const path of [
      ...['q', 'category', 'sort', 'cursor', 'price_min', 'locale'].map(
        (name) => `?${name}=${value}`,
      ),
      `/${value}`,
    ]) {
      const response = await fetchFrom(api, `/api/products${path}`);
      const isRead = path.startsWith('?q=');
      expect(isRead ? [200, 400] : [400]).toContain(response.status);
      if (response.status === 200) expect(await response.json()).toMatchObject({ items: [] });
    }
    expect((await page('?limit=1')).items).toHaveLength(1);
  });

  it('S59 refuses a cursor that was changed or belongs to another list', async () => {
    const { nextCursor } = await page('?limit=1');
    const cursor = nextCursor ?? '';
    const changed = `9${cursor.slice(1)}`;
    for (const query of [
      `?cursor=${changed}`,
      `?cursor=${cursor}&sort=price-asc`,
      `?cursor=${cursor}&q=a`,
      '?cursor=x',
    ]) {
      expect((await fetchFrom(api, `/api/products${query}`)).status).toBe(400);
    }
    expect((await fetchFrom(api, `/api/products?cursor=${cursor}&limit=5&locale=bn`)).status).toBe(
      200,
    );
  });
});

describe('statements', () => {
  it.each([
    ['/api/products?facets=true&q=a', 1],
    ['/api/products/hilsa-padma-1kg', 1],
    ['/api/categories', 1],
    ['/api/search/suggest?q=sa', 1],
    ['/api/openapi.json', 0],
    ['/health', 0],
  ])('%s takes %i', async (path, count) => {
    const before = api.database.statements;
    expect((await fetchFrom(api, path)).status).toBe(200);
    // The readiness look may fall between.
    expect(api.database.statements - before).toBeLessThanOrEqual(count + 1);
    const again = api.database.statements;
    for (let times = 0; times < 2; times += 1) {
      laterMs += 60_000; // no page is left
      await fetchFrom(api, path);
    }
    expect([2 * count, 2 * count + 1]).toContain(api.database.statements - again);
  });
});

describe('a product', () => {
  it('has variants with their stock', async () => {
    const response = await fetchFrom(api, '/api/products/cotton-panjabi-white?locale=bn');
    expect(await response.json()).toMatchObject({
      title: 'সুতি পাঞ্জাবি, সাদা',
      priceFromMinor: 145_000,
      variants: [
        { sku: 'COTTON-PANJABI-WHITE-M', options: { size: 'M' }, stock: 20 },
        { sku: 'COTTON-PANJABI-WHITE-L' },
        { sku: 'COTTON-PANJABI-WHITE-XL' },
      ],
    });
  });

  it('has a picture that may be kept for ever', async () => {
    const { items } = await page('?limit=1');
    const response = await fetchFrom(api, items[0]?.image.url ?? '');
    expect(response.headers.get('content-type')).toBe('image/svg+xml');
    expect(response.headers.get('cache-control')).toContain('immutable');
    expect(await response.text()).toMatch(/^<svg /);
  });

  it('that does not exist is a problem', async () => {
    const response = await fetchFrom(api, '/api/products/no-such-thing');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

it('suggests while typing', async () => {
  const response = await fetchFrom(api, '/api/search/suggest?q=jam');
  expect(await response.json()).toMatchObject({
    items: [
      { slug: 'jamdani-saree-red' },
      { slug: 'jamdani-saree-white' },
      { slug: 'nakshi-purse' },
    ],
  });
});
