// Values that mean harm, where the catalogue takes values: orders, paths, headers, languages, and bytes of any kind.
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { securityHeaders } from '../../../storefront-api/middleware/security-headers.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { headerOf, rawAnswer } from '../../support/raw-answer.ts';
import { anAccount, signIn } from '../../support/shoppers.ts';
import {
  asAdministrator,
  fetchFrom,
  seededDatabase,
  startedApi,
} from '../../support/storefront.ts';

const seed = 20_261_125;

let url: string;
let api: RunningApi;
beforeAll(async () => {
  url = await seededDatabase();
  api = await startedApi(url);
});
afterAll(() => api.stop());

interface Problem {
  readonly errors?: readonly { readonly in: string; readonly path: string }[];
}

async function namedFields(path: string): Promise<readonly string[]> {
  const response = await fetchFrom(api, path);
  expect(response.status).toBe(400);
  const { errors = [] } = (await response.json()) as Problem;
  return errors.map((error) => `${error.in}:${error.path}`);
}

/**
 * Everything that comes back for some bytes until the API closes, a character for each byte. When it need not close by itself,
 * the sender says that it is done; an answer that takes a moment is then lost.
 */
function answerTo(bytes: Uint8Array, isDone = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(api.port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1').on('data', (part: string) => {
      text += part;
    });
    socket.on('error', (error: NodeJS.ErrnoException) =>
      // Bytes that are still on their way to a connection that has been refused are answered with a reset.
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(text) : reject(error),
    );
    socket.on('close', () => resolve(text));
    if (isDone) socket.end(bytes);
    else socket.write(bytes);
  });
}

const statusesIn = (text: string): readonly number[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));

describe('S58 an order of the list', () => {
  it.each([
    'title',
    'id',
    'price_minor',
    'PRICE-ASC',
    'price-asc ',
    'price-asc,newest',
    'price-asc; DROP TABLE products',
    '(SELECT pg_sleep(5))',
    '1',
    '',
    'constructor',
  ])('"%s" is refused before the database is asked', async (sort) => {
    const path = `/api/products?sort=${encodeURIComponent(sort)}`;
    expect(await namedFields(path)).toEqual(['query:sort']);
  });
});

const climbing = [
  '../../../etc/passwd',
  '..%2f..%2f..%2fetc%2fpasswd',
  '..%5c..%5cetc%5cpasswd',
  '..\\..\\etc\\passwd',
  '%2e%2e/%2e%2e/etc/passwd',
  '%252e%252e%252fetc%252fpasswd',
  '..%c0%af..%c0%afetc/passwd',
  '..%ef%bc%8fetc%ef%bc%8fpasswd',
  '....//....//etc/passwd',
  '..;/..;/etc/passwd',
  '%00.svg',
  'muslin-saree-ivory.svg%00.png',
  '%2fetc%2fpasswd',
  'file:%2f%2f%2fetc%2fpasswd',
  '.env',
  '.git%2fconfig',
  'package.json',
  '..%2fpackage.json',
];

describe('S70 a path that climbs', () => {
  it.each(
    ['/api/images/', '/api/products/', '/api/'].flatMap((place) =>
      climbing.map((path) => place + path),
    ),
  )('%s finds nothing', async (path) => {
    const answer = await rawAnswer({ port: api.port, path });
    expect([400, 404]).toContain(answer.status);
    expect(headerOf(answer, 'content-type')).toBe('application/problem+json');
    expect(answer.body.toString()).not.toMatch(/root:|dependencies/);
  });
});

describe('S71 a value that would begin a header', () => {
  const names = [
    'x-request-id',
    'origin',
    'traceparent',
    'accept-language',
    'host',
    'x-forwarded-for',
    'x-forwarded-host',
    'if-none-match',
    'accept-encoding',
  ];
  const expected = new Set([
    ...Object.keys(securityHeaders),
    'strict-transport-security',
    'allow',
    'cache-control',
    'connection',
    'content-language',
    'content-length',
    'content-type',
    'date',
    'etag',
    'ratelimit',
    'ratelimit-policy',
    'vary',
    'x-request-id',
  ]);

  function expectOnlyOurHeaders(text: string): void {
    expect(statusesIn(text)).toHaveLength(1);
    const [head = ''] = text.split('\r\n\r\n');
    const found = head.split('\r\n').slice(1);
    const strange = found.map((line) => line.split(':')[0] ?? '');
    expect(strange.filter((name) => !expected.has(name.toLowerCase()))).toEqual([]);
    expect(head).not.toContain('injected');
  }

  it.each(names)('in %s begins none', async (name) => {
    for (const value of [
      'a%0d%0ax-injected: 1',
      'a\\r\\nx-injected: 1',
      'a嘊嘍x-injected: 1', // its low bytes are LF and CR
      'a\u0085x-injected: 1',
      'a\u2028x-injected: 1',
      'a\rx-injected: 1',
      'a\nx-injected: 1',
      'a\r\n x-injected: 1',
    ]) {
      const host = name === 'host' ? '' : 'host: 127.0.0.1\r\n';
      const head = `GET /api/categories HTTP/1.1\r\n${host}connection: close\r\n${name}: ${value}`;
      expectOnlyOurHeaders(await answerTo(Buffer.from(`${head}\r\n\r\n`)));
    }
  });

  it.each(['%0d%0ax-injected:1', '%E5%98%8A%E5%98%8Dx-injected:1', '%250d%250ax-injected:1'])(
    'in an address begins none: %s',
    async (value) => {
      for (const path of [
        `/api/products/${value}`,
        `/api/images/${value}`,
        `/${value}`,
        `/api/products?locale=${value}`,
        `/api/products?cursor=${value}`,
        `/api/products?q=${value}`,
        `/api/products?${value}=1`,
      ]) {
        const head = `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n`;
        expectOnlyOurHeaders(await answerTo(Buffer.from(head)));
      }
    },
  );
});

describe('S72 a value that is encoded twice', () => {
  it.each([
    [
      '/api/products?category=food%2ffish',
      '/api/products?category=food%252ffish',
      'query:category',
    ],
    ['/api/products?sort=price%2dasc', '/api/products?sort=price%252dasc', 'query:sort'],
    ['/api/products?limit=%31', '/api/products?limit=%2531', 'query:limit'],
    ['/api/products/hilsa%2dpadma-1kg', '/api/products/hilsa%252dpadma-1kg', 'params:slug'],
  ])('%s is read, %s is not', async (once, twice, field) => {
    expect((await fetchFrom(api, once)).status).toBe(200);
    expect(await namedFields(twice)).toEqual([field]);
  });
});

describe('S73 any language and any client', () => {
  /** What a header may hold: RFC 9110, 5.5. */
  const headerText = fc
    .array(fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.integer({ min: 0x80, max: 0xff })), {
      maxLength: 200,
    })
    .map((codes) => String.fromCharCode(...codes));
  const ranges = fc
    .array(fc.constantFrom('bn', 'en', 'BN-bd', '*', ';q=', '0.5', '1e9', '-1', ',', ' ', 'x-'), {
      maxLength: 40,
    })
    .map((parts) => parts.join(''));

  it('is answered in one of our languages', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(headerText, ranges), headerText, async (language, agent) => {
        const headers = { 'accept-language': language, 'user-agent': agent };
        const answer = await rawAnswer({ port: api.port, path: '/api/categories', headers });
        expect(answer.status).toBe(200);
        expect(['en', 'bn']).toContain(headerOf(answer, 'content-language'));
      }),
      { numRuns: 100, seed },
    );
  });

  it('is refused by name when it does not end', async () => {
    const answer = await fetchFrom(api, '/api/categories', {
      headers: { 'accept-language': 'bn,'.repeat(1_000) },
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      errors: [{ in: 'headers', path: 'accept-language' }],
    });
  });

  it.each([
    ['nothing', ''],
    ['markup', '<script>alert(1)</script>'],
    ['bytes above ASCII', '\u00ff\u00fe\u0080'],
    ['four thousand characters', 'Mozilla/5.0 '.repeat(340)],
  ])('signs in with %s for a name', async (_, agent) => {
    const { accessToken } = await signIn(api, await anAccount(api), { 'user-agent': agent });
    expect(accessToken).not.toBe('');
  });
});

describe('S74 bytes of any kind', () => {
  const expectNoFailure = (text: string): void => {
    for (const status of statusesIn(text)) {
      expect(status).toBeGreaterThanOrEqual(200);
      expect(status).toBeLessThan(500);
    }
  };

  it('are refused as a request', async () => {
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        for (const status of statusesIn(await answerTo(bytes, true))) statuses.add(status);
      }),
      { numRuns: 100, seed },
    );
    expect([...statuses]).toEqual([400]);
  });

  const paths = fc.constantFrom('/api/products', '/api/products/x', '/api/cart', '/api/auth/login');
  const printable = fc
    .array(fc.integer({ min: 0x21, max: 0x7e }), { maxLength: 60 })
    .map((codes) => String.fromCharCode(...codes));
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'),
    path: fc.oneof(
      paths,
      printable.map((text) => `/${text}`),
    ),
    query: printable,
    type: fc.constantFrom('application/json', 'text/csv', 'text/plain', ''),
    body: fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
    ),
  });

  it('in a path, a query or a body are a success or a mistake of the sender', async () => {
    await fc.assert(
      fc.asyncProperty(request, async ({ method, path, query, type, body }) => {
        const head = [
          `${method} ${path}?${query} HTTP/1.1`,
          'host: 127.0.0.1',
          'connection: close',
          `content-type: ${type}`,
          `content-length: ${body.length}`,
        ];
        const text = await answerTo(
          Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]),
        );
        expectNoFailure(text);
        expect(statusesIn(text).length).toBeGreaterThan(0);
      }),
      { numRuns: 300, seed },
    );
  });

  it('in the middle of a good request do no harm either', async () => {
    // Ends what the bytes have left open, and the connection.
    const last = Buffer.from(
      'GET /nothing HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n',
    );
    const good = Buffer.from(
      'GET /api/products?limit=2&q=a HTTP/1.1\r\nhost: 127.0.0.1\r\naccept-encoding: gzip\r\n\r\n',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: good.length - 1 }),
        fc.uint8Array({ minLength: 1, maxLength: 8 }),
        async (at, bytes) => {
          const parts = [good.subarray(0, at), bytes, good.subarray(at + bytes.length), last];
          const text = await answerTo(Buffer.concat(parts));
          expectNoFailure(text);
          expect(statusesIn(text).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 200, seed },
    );
  });
});

describe('S76 JSON', () => {
  it('is declared as such, not sniffed, and holds stored text as it is', async () => {
    const title = '</script><script>alert(1)</script> {{7*7}} ইলিশ \u2028';
    const quoted = title.replaceAll("'", "''");
    const sql = `UPDATE products SET title_en = '${quoted}' WHERE slug = 'muslin-saree-ivory'`;
    await asAdministrator(url, sql);
    const response = await fetchFrom(api, '/api/products/muslin-saree-ivory?locale=en');
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.json()).toMatchObject({ title });
  });
});
