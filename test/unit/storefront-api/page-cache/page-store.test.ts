import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DatabaseUnavailable, notFound } from '../../../../storefront-api/errors.ts';
import { Page } from '../../../../storefront-api/page-cache/page.ts';
import {
  pageLimits,
  type PageSource,
  PageStore,
} from '../../../../storefront-api/page-cache/page-store.ts';
import { defineRoute } from '../../../../storefront-api/routing/route.ts';

const route = defineRoute({
  method: 'GET',
  path: '/things',
  summary: 'Things',
  auth: 'none',
  limitClass: 'browse',
  cacheable: { ttlMs: 1_000 },
  responses: { 200: { description: 'ok', body: z.unknown() } },
  handler: () => ({ status: 200, body: {} }),
});

let nowMs = 0;
let store: PageStore;
let loads = 0;
/** What the next load answers; an Error is thrown. */
let answer: unknown;

function source(key = 'k'): PageSource {
  return {
    key,
    ttlMs: 1_000,
    load: async () => {
      loads += 1;
      const body = await answer;
      if (body instanceof Error) throw body;
      return new Page(route, { status: 200, body });
    },
  };
}

const bodyOf = (page: unknown): unknown => JSON.parse((page as Page).identity);
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  [nowMs, loads, answer] = [0, 0, 'first'];
  store = new PageStore(() => nowMs);
});

describe('a page in the cache', () => {
  it('is loaded once, however many ask for it at the same time', async () => {
    const pages = await Promise.all(Array.from({ length: 50 }, () => store.page(source())));
    expect([loads, new Set(pages).size]).toEqual([1, 1]);
  });

  it('is fresh for its time to live, then served once more while it is loaded anew', async () => {
    await store.page(source());
    answer = 'second';
    nowMs = 999;
    expect(bodyOf(await store.page(source()))).toBe('first');
    expect(loads).toBe(1);
    nowMs = 1_000;
    expect(bodyOf(store.ready('k'))).toBe('first');
    expect(bodyOf(store.ready('k'))).toBe('first');
    await settled();
    expect([bodyOf(store.ready('k')), loads]).toEqual(['second', 2]);
  });

  it('that nobody asked for in a while is waited for', async () => {
    await store.page(source());
    answer = 'second';
    nowMs = 1_000 + pageLimits.whileRevalidateMs;
    expect(store.ready('k')).toBeUndefined();
    expect(bodyOf(await store.page(source()))).toBe('second');
  });

  it('ages from the moment it was asked for', async () => {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    answer = promise;
    const page = store.page(source());
    nowMs = 900;
    resolve('slow');
    await page;
    nowMs = 1_000 + pageLimits.whileRevalidateMs;
    expect(store.ready('k')).toBeUndefined();
  });

  it('that does not exist is remembered too, and may come to be', async () => {
    answer = notFound('no such thing');
    await expect(store.page(source())).rejects.toThrow('no such thing');
    await expect(store.page(source())).rejects.toThrow('no such thing');
    expect(loads).toBe(1);
    answer = 'born';
    nowMs = 1_000;
    await expect(store.page(source())).rejects.toThrow('no such thing');
    await settled();
    expect(bodyOf(await store.page(source()))).toBe('born');
  });

  it('is not made of a failure', async () => {
    answer = new TypeError('a bug');
    await expect(store.page(source())).rejects.toThrow('a bug');
    answer = 'mended';
    expect(bodyOf(await store.page(source()))).toBe('mended');
  });
});

describe('while the database is away', () => {
  const away = new DatabaseUnavailable(new Error('down'));

  it('pages are served for five minutes, at once after the first failure', async () => {
    await store.page(source());
    await store.page(source('other'));
    answer = away;
    nowMs = 60_000;
    expect(store.ready('k')).toBeUndefined();
    expect(bodyOf(await store.page(source()))).toBe('first'); // had to wait for the failure
    expect(bodyOf(store.ready('other'))).toBe('first');
    nowMs = 1_000 + pageLimits.ifErrorMs - 1;
    expect(bodyOf(await store.page(source()))).toBe('first');
    nowMs = 1_000 + pageLimits.ifErrorMs;
    await settled();
    await expect(store.page(source())).rejects.toThrow(DatabaseUnavailable);
  });

  it('what was never loaded is unavailable', async () => {
    answer = away;
    await expect(store.page(source())).rejects.toThrow(DatabaseUnavailable);
    expect(store.canServeStale).toBe(false);
  });

  it('the database is asked again once a second, not by every request', async () => {
    const keys = Array.from({ length: 20 }, (_, n) => `k${n}`);
    for (const key of keys) await store.page(source(key));
    answer = away;
    nowMs = 10_000;
    await store.page(source('k0'));
    loads = 0;
    for (; nowMs < 20_000; nowMs += 100) {
      for (const key of keys) expect(bodyOf(store.ready(key))).toBe('first');
      await settled();
    }
    expect(loads).toBeGreaterThanOrEqual(8);
    expect(loads).toBeLessThanOrEqual(10);
  });

  it('one answer ends it: pages are new again', async () => {
    await store.page(source());
    answer = away;
    nowMs = 10_000;
    await store.page(source());
    answer = 'back';
    nowMs += pageLimits.retryMs;
    store.ready('k');
    await settled();
    expect(bodyOf(store.ready('k'))).toBe('back');
  });

  it('reads count as possible for as long as pages may be served', async () => {
    await store.page(source());
    nowMs = pageLimits.ifErrorMs - 1;
    expect(store.canServeStale).toBe(true);
    nowMs = pageLimits.ifErrorMs;
    expect(store.canServeStale).toBe(false);
  });
});

describe('the memory of the cache', () => {
  const big = 'x'.repeat(1_000_000);
  const many = Array.from({ length: 60 }, (_, n) => `k${n}`);

  it('is bounded: the pages that were not asked for go first', async () => {
    answer = big;
    for (const key of many) {
      await store.page(source(key));
      await store.page(source(key));
      store.ready('k0');
    }
    expect(store.bytes).toBeLessThanOrEqual(pageLimits.bytes);
    expect(store.ready('k0')).toBeDefined();
    expect(store.ready('k1')).toBeUndefined();
    expect(store.ready('k59')).toBeDefined();
  });

  it('is not taken by pages that somebody asks for once', async () => {
    answer = big;
    for (const key of many) await store.page(source(key));
    expect(store.ready('k0')).toBeDefined();
    expect(store.ready('k59')).toBeUndefined();
    store.alias('/things?k59', 'k59');
    expect(store.readyAt('/things?k59')).toBeUndefined();
  });

  it('is not kept by pages that are too old to be served', async () => {
    answer = big;
    for (const key of many) await store.page(source(key));
    nowMs = 1_000 + pageLimits.ifErrorMs;
    await store.page(source('new'));
    expect(store.ready('new')).toBeDefined();
  });

  it('of addresses is bounded too', async () => {
    await store.page(source());
    const address = (n: number): string => `/things?${n}${'x'.repeat(1_000)}`;
    for (let n = 0; n < 10_000; n += 1) store.alias(address(n), 'k');
    expect(store.readyAt(address(0))).toBeUndefined();
    expect(store.readyAt(address(9_999))).toBeDefined();
  });
});
