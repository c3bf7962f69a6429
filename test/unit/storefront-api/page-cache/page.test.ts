import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { acceptedEncoding } from '../../../../storefront-api/page-cache/accepted-encoding.ts';
import { clientAddress } from '../../../../storefront-api/page-cache/client-address.ts';
import {
  compressionLimits,
  Compressor,
} from '../../../../storefront-api/page-cache/compression.ts';
import { isNotModified, Page } from '../../../../storefront-api/page-cache/page.ts';
import { pageKey } from '../../../../storefront-api/page-cache/page-key.ts';
import { defineRoute } from '../../../../storefront-api/routing/route.ts';

const route = defineRoute({
  method: 'GET',
  path: '/things/:name',
  summary: 'A thing',
  auth: 'none',
  limitClass: 'browse',
  cacheable: { ttlMs: 1_000 },
  responses: { 200: { description: 'ok', body: z.unknown() } },
  handler: () => ({ status: 200, body: {} }),
});

const long = 'long enough to be compressed, ইলিশ '.repeat(60);

function aPage(body: unknown, headers: Record<string, string> = { vary: 'Origin' }): Page {
  return new Page(route, { status: 200, headers, body });
}

const bytes = ({ text }: { readonly text: string }): Buffer => Buffer.from(text, 'latin1');

function valueOf(list: readonly string[], name: string): string | undefined {
  const at = list.indexOf(name);
  return at === -1 ? undefined : list[at + 1];
}

describe('the coding of an answer', () => {
  it.each([
    [undefined, 'identity'],
    ['', 'identity'],
    ['gzip', 'gzip'],
    ['gzip, deflate, br, zstd', 'br'],
    ['GZIP', 'gzip'],
    ['br;q=0.5, gzip', 'gzip'],
    ['br;q=0, gzip;q=0', 'identity'],
    ['*', 'br'],
    ['*;q=0', 'identity'],
    ['br;q=0, *', 'gzip'],
    ['identity', 'identity'],
    ['identity;q=1, br;q=0.1', 'identity'],
    ['deflate, zstd', 'identity'],
    ['gzip;q=2', 'gzip'],
    [',;,;q=1,', 'identity'],
    [`gzip${' '.repeat(300)}`, 'identity'],
  ])('for %s is %s', (header, encoding) => {
    expect(acceptedEncoding(header)).toBe(encoding);
  });

  it('is found for any header', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (header) =>
        ['br', 'gzip', 'identity'].includes(acceptedEncoding(header)),
      ),
    );
  });
});

describe('a page', () => {
  it('is the same in every coding, each with a strong ETag of its own', async () => {
    const page = aPage({ long });
    const compressor = new Compressor();
    const [br, gz] = [await page.encoded('br', compressor), await page.encoded('gzip', compressor)];
    const plain = await page.encoded('identity', compressor);
    expect(String(brotliDecompressSync(bytes(br)))).toEqual(String(bytes(plain)));
    expect(String(gunzipSync(bytes(gz)))).toEqual(String(bytes(plain)));
    expect(JSON.parse(String(bytes(plain)))).toEqual({ long });
    expect(new Set([br.etag, gz.etag, plain.etag]).size).toBe(3);
    for (const variant of [br, gz, plain]) {
      expect(variant.etag).toMatch(/^"[\w-]+"$/);
      expect(valueOf(variant.headers, 'content-length')).toBe(String(variant.text.length));
      expect(valueOf(variant.headers, 'vary')).toBe('Accept-Encoding, Origin');
    }
    expect(valueOf(br.headers, 'content-encoding')).toBe('br');
    expect(valueOf(plain.headers, 'content-encoding')).toBeUndefined();
    expect(page.ready('br')).toBe(br);
  });

  it('that is short goes out as it is', async () => {
    const page = aPage({ short: 'x' });
    expect((await page.encoded('br', new Compressor())).text).toBe(page.identity);
  });

  it('has an ETag that changes with its body', () => {
    const etag = (body: unknown): string | undefined => aPage(body).ready('identity')?.etag;
    expect(etag({ a: 1 })).toBe(etag({ a: 1 }));
    expect(etag({ a: 1 })).not.toBe(etag({ a: 2 }));
  });

  it('stays when nothing changed, and is made in the codings in use when something did', async () => {
    const compressor = new Compressor();
    const before = aPage({ long });
    await before.encoded('br', compressor);
    expect(await aPage({ long }).replacing(before, compressor)).toBe(before);
    const other = await aPage({ long, n: 1 }).replacing(before, compressor);
    expect(other).not.toBe(before);
    expect([other.ready('br') === undefined, other.ready('gzip')]).toEqual([false, undefined]);
    const relabelled = aPage({ long }, { vary: 'Origin', 'content-language': 'bn' });
    expect(await relabelled.replacing(before, compressor)).toBe(relabelled);
  });

  it('S81 never carries a cookie, nor an answer that is not a success', () => {
    const cookie = { headers: { 'set-cookie': ['a=1'] }, body: {} };
    expect(() => new Page(route, { status: 200, ...cookie })).toThrow(/cannot set a cookie/);
    expect(() => new Page(route, { status: 500, body: {} })).toThrow(/500 cannot be a page/);
  });

  it('goes out as it is while too many wait to be compressed', async () => {
    const compressor = new Compressor();
    const crowd = compressionLimits.concurrency + compressionLimits.waiting;
    const body = Buffer.from(long);
    const waiting = Array.from({ length: crowd }, () => compressor.compress('br', body));
    expect(await compressor.compress('br', body)).toBeUndefined();
    expect((await Promise.all(waiting)).filter(Boolean)).toHaveLength(crowd);
    expect(await compressor.compress('br', body)).toBeDefined();
  });
});

describe('If-None-Match', () => {
  it.each<[string | undefined, boolean]>([
    [undefined, false],
    ['"abc"', true],
    ['W/"abc"', true],
    ['"x", "abc"', true],
    ['"x" , W/"abc" ', true],
    ['*', true],
    ['"abcd"', false],
    ['abc', false],
    ['', false],
  ])('%s names "abc": %s', (header, isIt) => {
    expect(isNotModified(header, '"abc"')).toBe(isIt);
  });
});

describe('the key of a page', () => {
  const input = { params: {}, query: {}, headers: {} };

  it('does not depend on the order of fields, nor on fields that were not given', () => {
    const one = pageKey(route, { ...input, query: { a: 1, b: 2 } });
    expect(pageKey(route, { ...input, query: { b: 2, c: undefined, a: 1 } })).toBe(one);
  });

  it('names the language, however it was asked for', () => {
    const bangla = pageKey(route, { ...input, query: { locale: 'bn' } });
    const header = { 'accept-language': 'bn-BD,bn;q=0.9,en;q=0.5' };
    expect(pageKey(route, { ...input, headers: header })).toBe(bangla);
    expect(pageKey(route, input)).not.toBe(bangla);
  });

  it('differs whenever a value differs, types included', () => {
    const keys = [{ a: 1 }, { a: '1' }, { a: '1","b":"2' }, { a: 1, b: 2 }, { b: 1 }].flatMap(
      (fields) => [
        pageKey(route, { ...input, query: fields }),
        pageKey(route, { ...input, params: fields }),
      ],
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('the address of a client', () => {
  const request = (forwarded?: string) =>
    ({
      socket: { remoteAddress: '10.0.0.1' },
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
    }) as Parameters<typeof clientAddress>[0];

  it.each<[string | undefined, number, string]>([
    [undefined, 1, '10.0.0.1'],
    ['203.0.113.9', 0, '10.0.0.1'],
    ['203.0.113.9', 1, '203.0.113.9'],
    ['6.6.6.6, 203.0.113.9', 1, '203.0.113.9'],
    ['6.6.6.6 ,203.0.113.9', 2, '6.6.6.6'],
    ['6.6.6.6', 3, '6.6.6.6'],
    ['', 1, '10.0.0.1'],
    [' , ', 1, '10.0.0.1'],
  ])('S43 with X-Forwarded-For %s behind %i proxies is %s', (forwarded, hops, address) => {
    expect(clientAddress(request(forwarded), hops)).toBe(address);
  });
});

it('lets no route be cacheable that reads more than the language', () => {
  expect(() =>
    defineRoute({
      method: 'GET',
      path: '/mine',
      summary: 'Mine',
      auth: 'none',
      limitClass: 'browse',
      cacheable: { ttlMs: 1 },
      headers: z.strictObject({ 'x-cart': z.string().optional() }),
      responses: { 200: { description: 'ok', body: z.unknown() } },
      handler: () => ({ status: 200, body: {} }),
    }),
  ).toThrow('GET /mine: a cacheable route may not read x-cart');
});
