// Every kind of request for a cacheable page, sent to an API that answers ahead of Koa and to one that does not: nobody
// may be able to tell them apart.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unlimited } from '../../../storefront-api/middleware/rate-limit.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { headerOf, type RawAnswer, rawAnswer } from '../../support/raw-answer.ts';
import { aConfig, seededDatabase, startedApi } from '../../support/storefront.ts';

const frozen = (): number => 0;
const origin = 'https://shop.example.com';
let url: string;
let hot: RunningApi;
let koa: RunningApi;
/** Addresses that the hot path has counted; it counts just before it answers. */
let counted: string[] = [];

beforeAll(async () => {
  url = await seededDatabase();
  const amount = { limit: 1_000_000, windowSeconds: 1, remaining: 1_000_000, resetSeconds: 1 };
  const verdict = { isAllowed: true, isFirstRefusal: false, ...amount };
  hot = await startedApi(url, {
    now: frozen, // pages never grow old here
    limiter: {
      consume: (request) => unlimited.consume(request),
      consumeBrowse: (ip) => {
        counted.push(ip);
        return ip === '198.51.100.66' ? { ...verdict, isAllowed: false } : verdict;
      },
    },
  });
  koa = await startedApi(url, { now: frozen, limiter: unlimited, withHotPath: false });
});
afterAll(() => Promise.all([hot.stop(), koa.stop()]));

type Headers = Readonly<Record<string, string>>;
interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Headers;
  readonly body?: string;
}

const id = { 'x-request-id': 'same-for-both' };

function sentTo(api: RunningApi, { headers, ...asked }: Asked): Promise<RawAnswer> {
  return rawAnswer({ ...asked, port: api.port, headers: { ...id, ...headers } });
}

function comparable({ headers, ...answer }: RawAnswer): unknown {
  return { ...answer, headers: headers.filter(([name]) => name !== 'date') };
}

/** The answer that both paths give, and whether it came from ahead of Koa. */
async function bothWays(asked: Asked): Promise<{ answer: RawAnswer; isHot: boolean }> {
  await sentTo(hot, asked);
  counted = [];
  const answer = await sentTo(hot, asked);
  expect(comparable(answer)).toEqual(comparable(await sentTo(koa, asked)));
  return { answer, isHot: counted.length > 0 };
}

const pages = [
  '/api/products',
  '/api/products?limit=3',
  '/api/products?limit=3&sort=price-asc&in_stock=true',
  '/api/products?sort=price-desc&price_min=10000&price_max=500000&facets=true',
  '/api/products?category=food%2Ffish&locale=bn',
  '/api/products?q=saree',
  '/api/products?q=%E0%A6%87%E0%A6%B2%E0%A6%BF%E0%A6%B6',
  '/api/products/hilsa-padma-1kg',
  '/api/products/hilsa-padma-1kg?locale=bn',
  '/api/categories',
  '/api/search/suggest?q=sa',
];

const manners: readonly (readonly [string, Headers])[] = [
  ['plainly', {}],
  ['for gzip', { 'accept-encoding': 'gzip' }],
  ['as a browser', { 'accept-encoding': 'gzip, deflate, br, zstd', 'accept-language': 'bn-BD,bn' }],
  ['from an allowed origin', { origin }],
  ['from another origin', { origin: 'https://evil.example' }],
  ['for another name of the shop', { host: 'shop.example.com' }],
  ['with a cookie', { cookie: 'session=somebody' }],
  [
    'with headers that are not part of the key',
    { 'x-forwarded-host': 'evil.example', range: 'bytes=0-1' },
  ],
  ['with an old ETag', { 'if-none-match': '"x", W/"y"' }],
  ['for whatever there is', { 'if-none-match': '*', origin, 'accept-encoding': 'br' }],
];

describe.each(pages)('%s', (path) => {
  it.each(manners)('asked %s is answered ahead of Koa as by Koa', async (_, headers) => {
    const { answer, isHot } = await bothWays({ path, headers });
    expect([answer.status, isHot]).toEqual([headers['if-none-match'] === '*' ? 304 : 200, true]);
    expect((await bothWays({ path, headers, method: 'HEAD' })).isHot).toBe(true);
  });

  it('is not sent again to whoever has it, in each coding', async () => {
    for (const encoding of ['identity', 'gzip', 'br']) {
      const headers = { 'accept-encoding': encoding };
      const etag = headerOf((await bothWays({ path, headers })).answer, 'etag') ?? '';
      const again = await bothWays({ path, headers: { ...headers, 'if-none-match': etag } });
      expect([again.answer.status, again.answer.body.length, again.isHot]).toEqual([304, 0, true]);
    }
  });
});

describe('what is not a page', () => {
  it.each<[number, Asked]>([
    [404, { path: '/api/products/no-such-thing' }],
    [404, { path: '/api/nothing' }],
    [400, { path: '/api/products?limit=0' }],
    [400, { path: '/api/products?limit=3&limit=3' }],
    [400, { path: '/api/products?unknown=1' }],
    [400, { path: '/api/products?q=%00' }],
    [400, { path: '/api/products?cursor=1.1.aaaaaaaaaaaaaaaaaaaaaa' }],
    [400, { path: '/api/products?q=%2B' }],
    [400, { path: '/api/products/UPPER' }],
    [400, { path: '/api/products', headers: { 'accept-language': 'a'.repeat(1_025) } }],
    [400, { path: '/api/products', headers: { host: 'a@b' } }],
    [421, { path: '/api/products', headers: { host: 'evil.example' } }],
    [400, { path: '/api/products', headers: { 'content-length': '2' }, body: '{}' }],
    [405, { path: '/api/products', method: 'POST' }],
    [204, { path: '/api/products', method: 'OPTIONS' }],
    [200, { path: '/health' }],
  ])('%i: %o goes through Koa', async (status, asked) => {
    const { answer, isHot } = await bothWays(asked);
    expect([answer.status, isHot]).toEqual([status, false]);
  });

  it('S82 an address that was once wrong stays wrong when the page is known', async () => {
    await bothWays({ path: '/api/categories' });
    for (const path of ['/api/categories?', '/api/categories?x', '/api/categories/x.css']) {
      const { answer } = await bothWays({ path });
      expect(answer.status, path).toBe(path.endsWith('?') ? 200 : path.endsWith('x') ? 400 : 404);
    }
  });
});

/** What caches have been poisoned with: https://portswigger.net/web-security/web-cache-poisoning */
const unkeyed = {
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'http',
  'x-forwarded-prefix': '/evil',
  'x-original-url': '/api/admin/products',
  'x-rewrite-url': '/api/admin/products',
  'x-host': 'evil.example',
  forwarded: 'host=evil.example',
  'x-http-method-override': 'DELETE',
};

it('S82 headers that are not part of a page leave nothing in it', async () => {
  const path = '/api/products?limit=9';
  const poisoned = await sentTo(hot, { path, headers: unkeyed });
  const clean = await sentTo(hot, { path });
  expect(comparable(poisoned)).toEqual(comparable(clean));
  expect(clean.status).toBe(200);
  expect(JSON.stringify([clean.headers, clean.body.toString()])).not.toContain('evil');
});

describe('whoever signs in', () => {
  it('S81 is answered by Koa, whatever is known already', async () => {
    const asked = { path: '/api/products', headers: { authorization: 'Bearer x' } };
    const { answer, isHot } = await bothWays(asked);
    expect([answer.status, isHot]).toEqual([200, false]);
  });

  it('S81 leaves nothing in the cache: cookies are not part of a page', async () => {
    const path = '/api/products?limit=7';
    const first = await sentTo(hot, { path, headers: { cookie: 'session=mine' } });
    const second = await sentTo(hot, { path, headers: { cookie: 'session=yours' } });
    expect(comparable(second)).toEqual(comparable(first));
    expect(headerOf(second, 'set-cookie')).toBeUndefined();
  });
});

describe('a client', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['6.6.6.6, 203.0.113.9', '203.0.113.9'],
  ])('S43 behind the proxy that says %s is counted as %s', async (forwarded, ip) => {
    await bothWays({ path: '/api/products', headers: { 'x-forwarded-for': forwarded } });
    expect(counted).toEqual([ip]);
  });

  it('that asks too often is left to Koa, which refuses it', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.66' };
    // Koa's own limiter allows everything in this test: that it was asked is what shows.
    const answer = await sentTo(hot, { path: '/api/products', headers });
    expect([answer.status, headerOf(answer, 'ratelimit')]).toEqual([200, '"browse";r=1000000;t=1']);
  });

  it('uses up one allowance, ahead of Koa or through it, and is refused when it is gone', async () => {
    const config = aConfig(url);
    const browse = { requests: 6, windowSeconds: 900 };
    const rateLimits = { ...config.shop.rateLimits, browse };
    const api = await startedApi(url, {
      config: { ...config, shop: { ...config.shop, rateLimits } },
      now: frozen,
    });
    const remaining: (string | undefined)[] = [];
    for (let n = 0; n < 6; n += 1) {
      const answer = await sentTo(api, { path: n === 3 ? '/api/nothing' : '/api/categories' });
      remaining.push(/r=(\d+)/.exec(headerOf(answer, 'ratelimit') ?? '')?.[1]);
    }
    await sentTo(api, { path: '/api/products' });
    const refused = await sentTo(api, { path: '/api/categories' });
    await api.stop();
    expect(remaining).toEqual(['5', '4', '3', undefined, '2', '1']);
    const policy = '"browse";q=6;w=900';
    expect([refused.status, headerOf(refused, 'ratelimit-policy')]).toEqual([429, policy]);
  });

  it('is left to Koa by a limiter that cannot count at once', async () => {
    let asked = 0;
    const api = await startedApi(url, {
      limiter: {
        consume: (request) => {
          asked += 1;
          return unlimited.consume(request);
        },
      },
    });
    for (let n = 0; n < 3; n += 1) await sentTo(api, { path: '/api/categories' });
    await api.stop();
    expect(asked).toBe(3);
  });

  it('gets its own id, or a new one when it is not well formed', async () => {
    const asked = { path: '/api/products' };
    expect(headerOf(await sentTo(hot, asked), 'x-request-id')).toBe('same-for-both');
    const bad = { ...asked, headers: { 'x-request-id': 'a b' } };
    expect(headerOf(await sentTo(hot, bad), 'x-request-id')).toMatch(/^[\da-f-]{36}$/);
  });
});

describe('both paths', () => {
  it('ask the database once for a page', async () => {
    for (const api of [hot, koa]) {
      const before = api.database.statements;
      for (let n = 0; n < 5; n += 1) await sentTo(api, { path: '/api/products?limit=11' });
      await sentTo(api, { path: '/api/products?limit=11&facets=false&sort=newest' });
      for (let n = 0; n < 5; n += 1) await sentTo(api, { path: '/api/products/none-at-all' });
      // The readiness look may fall between.
      expect([2, 3]).toContain(api.database.statements - before);
    }
  });

  it('count under the same names and labels', async () => {
    const lines = async ({ metricsPort }: RunningApi): Promise<readonly string[]> => {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      return text.split('\n').filter((line) => /^# TYPE|requests_total.*categories/.test(line));
    };
    const counts = (texts: readonly string[]): readonly string[] =>
      texts.map((line) => line.replace(/ \d+$/, ''));
    expect(counts(await lines(hot))).toEqual(expect.arrayContaining([...counts(await lines(koa))]));
    const value = async (): Promise<number> =>
      Number(
        (await lines(hot))
          .find((line) => line.includes('method="GET"') && line.includes('status="200"'))
          ?.split(' ')[1],
      );
    const before = await value();
    for (let n = 0; n < 3; n += 1) await bothWays({ path: '/api/categories' });
    expect((await value()) - before).toBe(6);
  });
});
