import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createApp } from '../../../storefront-api/app.ts';
import { listen, type ListeningServer } from '../../../storefront-api/http-server.ts';
import { createLogger } from '../../../storefront-api/log.ts';
import { createMetrics } from '../../../storefront-api/metrics.ts';
import { nobody } from '../../../storefront-api/middleware/authenticate.ts';
import { unlimited } from '../../../storefront-api/middleware/rate-limit.ts';
import { maxBodyBytes, maxBodyDepth } from '../../../storefront-api/routing/json-body.ts';
import { integerText } from '../../../storefront-api/routing/query-fields.ts';
import { defineRoute } from '../../../storefront-api/routing/route.ts';

const routes = [
  defineRoute({
    method: 'GET',
    path: '/things/:name',
    summary: 'A thing',
    auth: 'none',
    limitClass: 'browse',
    params: z.strictObject({ name: z.string().regex(/^[a-z]{1,9}$/) }),
    query: z.strictObject({
      n: integerText([1, 9], 'a number').optional(),
      q: z.string().optional(),
    }),
    responses: { 200: { description: 'ok', body: z.strictObject({ name: z.string() }) } },
    handler: ({ params }) => ({ status: 200, body: { name: params.name } }),
  }),
  defineRoute({
    method: 'POST',
    path: '/things',
    summary: 'Make a thing',
    auth: 'none',
    limitClass: 'write',
    body: z.strictObject({
      name: z.string().max(5),
      lines: z.array(z.strictObject({ n: z.int() })).optional(),
    }),
    responses: { 201: { description: 'made', body: z.strictObject({ name: z.string() }) } },
    handler: ({ body }) => ({ status: 201, body: { name: body.name } }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/things/:name',
    summary: 'Unmake',
    auth: 'shopper',
    limitClass: 'write',
    params: z.strictObject({ name: z.string() }),
    responses: { 204: { description: 'gone' } },
    handler: () => ({ status: 204 }),
  }),
  defineRoute({
    method: 'GET',
    path: '/who',
    summary: 'Whose address is it?',
    auth: 'none',
    limitClass: 'none',
    responses: { 200: { description: 'ok', body: z.strictObject({ ip: z.string() }) } },
    handler: (_, { ip }) => ({ status: 200, body: { ip } }),
  }),
  defineRoute({
    method: 'GET',
    path: '/broken',
    summary: 'Fails',
    auth: 'none',
    limitClass: 'browse',
    responses: { 200: { description: 'never', body: z.strictObject({}) } },
    handler: () => {
      throw new Error('password=hunter2 at table users');
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/lying',
    summary: 'Answers what it does not declare',
    auth: 'none',
    limitClass: 'browse',
    responses: { 200: { description: 'a number', body: z.strictObject({ n: z.number() }) } },
    handler: () => ({ status: 200, body: { n: 1, secret: 'x' } as { n: number } }),
  }),
];

let server: ListeningServer;
beforeAll(async () => {
  const app = createApp({
    settings: {
      hosts: ['127.0.0.1', 'shop.example.com'],
      allowedOrigins: ['https://shop.example.com'],
      trustedProxyHops: 1,
      validateOutput: true,
    },
    log: createLogger('silent'),
    metrics: createMetrics(false),
    clock: () => new Date(),
    limiter: unlimited,
    authenticator: nobody,
    routes,
  });
  const handler = app.callback();
  server = await listen((request, response) => void handler(request, response), {
    host: '127.0.0.1',
    port: 0,
  });
});
afterAll(() => server.close(0));

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** `fetch` would tidy the path and refuse some headers. */
function send(
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: server.port, method, path, headers },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const json = { 'content-type': 'application/json' };
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

function problem({ text, headers }: Answer): {
  readonly status: number;
  readonly errors?: readonly { readonly in: string; readonly path: string }[];
} {
  expect(headers['content-type']).toBe('application/problem+json');
  return JSON.parse(text) as ReturnType<typeof problem>;
}

describe('a query', () => {
  it.each([
    ['?n=1&n=2', 'n'],
    ['?x=1', 'x'],
    ['?__proto__=1', '__proto__'],
    ['?constructor=1', 'constructor'],
    ['?q=%00', 'q'],
    ['?q=%ff', 'q'],
    ['?q=%zz', 'q'],
    ['?q=%ED%A0%80', 'q'],
    ['?q=%7f', 'q'],
    ['?=1', ''],
    ['?n=0', 'n'],
    ['?n=10', 'n'],
    ['?n=1e0', 'n'],
    ['?n=+1', 'n'],
    ['?n=01', 'n'],
    ['?n=%E0%A7%A7', 'n'],
    ['?n=', 'n'],
    ['?n[]=1', 'n[]'],
    [`?q=${'a'.repeat(2_100)}`, ''],
    [`?${Array.from({ length: 33 }, (_, at) => `a${at}`).join('&')}`, ''],
  ])('%s is refused, naming "%s"', async (query, path) => {
    const answer = await send('GET', `/things/abc${query}`);
    expect(answer.status).toBe(400);
    expect(problem(answer).errors).toEqual([expect.objectContaining({ in: 'query', path })]);
  });

  it('names every wrong field at once', async () => {
    const answer = await send('GET', '/things/ABC?n=x&y=1');
    expect(problem(answer).errors?.map((error) => `${error.in}:${error.path}`)).toEqual([
      'params:name',
      'query:n',
      'query:y',
    ]);
  });
});

describe('a path', () => {
  it.each([
    ['/things/%00', 400],
    ['/things/%zz', 400],
    ['/things/%c0%af', 400],
    ['/things/a%2fb', 400],
    ['/things/abc/', 404],
    ['//things/abc', 404],
    ['/THINGS/abc', 404],
    ['/things/../broken', 404],
    ['/', 404],
  ])('%s is answered with %i', async (path, status) => {
    const answer = await send('GET', path);
    expect(answer.status).toBe(status);
    problem(answer);
  });
});

describe('a body', () => {
  const good = '{"name":"abc"}';
  it.each<[string, number, { headers?: Record<string, string>; body?: string | Buffer }]>([
    ['good', 201, { headers: json, body: good }],
    [
      'good, with charset',
      201,
      { headers: { 'content-type': 'application/json; charset=UTF-8' }, body: good },
    ],
    ['without type', 415, { body: good }],
    ['text/plain', 415, { headers: { 'content-type': 'text/plain' }, body: good }],
    [
      'form',
      415,
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'name=abc' },
    ],
    [
      'multipart',
      415,
      { headers: { 'content-type': 'multipart/form-data; boundary=x' }, body: '--x--' },
    ],
    [
      'another charset',
      415,
      { headers: { 'content-type': 'application/json; charset=utf-16' }, body: good },
    ],
    ['two types', 415, { headers: { 'content-type': 'application/json, text/plain' }, body: good }],
    ['compressed', 415, { headers: { ...json, 'content-encoding': 'gzip' }, body: good }],
    ['missing', 400, { headers: json }],
    ['empty', 400, { headers: json, body: '' }],
    ['not JSON', 400, { headers: json, body: '{"name":' }],
    ['single quotes', 400, { headers: json, body: "{'name':'abc'}" }],
    ['a byte order mark', 400, { headers: json, body: `\uFEFF${good}` }],
    ['not UTF-8', 400, { headers: json, body: Buffer.from([0x22, 0xff, 0x22]) }],
    ['an array', 400, { headers: json, body: '[]' }],
    ['null', 400, { headers: json, body: 'null' }],
    ['the same name twice', 400, { headers: json, body: '{"name":"a","name":"b"}' }],
    ['the same name twice, escaped', 400, { headers: json, body: '{"name":"a","n\\u0061me":"b"}' }],
    [
      'the same name twice, deep',
      400,
      { headers: json, body: '{"name":"a","lines":[{"n":1,"n":1}]}' },
    ],
    ['__proto__', 400, { headers: json, body: '{"name":"a","__proto__":{"x":1}}' }],
    ['constructor', 400, { headers: json, body: '{"name":"a","constructor":{}}' }],
    ['NUL in a text', 400, { headers: json, body: '{"name":"a\\u0000"}' }],
    ['a lone surrogate', 400, { headers: json, body: '{"name":"\\ud800"}' }],
    ['an unknown field', 400, { headers: json, body: '{"name":"a","role":"staff"}' }],
    ['too deep', 400, { headers: json, body: nested(maxBodyDepth + 1) }],
    ['very deep', 400, { headers: json, body: nested(30_000) }],
    ['too large', 413, { headers: json, body: `{"name":"${'a'.repeat(maxBodyBytes)}"}` }],
    [
      'too large, chunked',
      413,
      {
        headers: { ...json, 'transfer-encoding': 'chunked' },
        body: Buffer.alloc(maxBodyBytes * 4, 32),
      },
    ],
    ['a number as infinity', 400, { headers: json, body: '{"name":"a","lines":[{"n":1e400}]}' }],
  ])('%s: %i', async (_, status, init) => {
    const answer = await send('POST', '/things', init);
    expect(answer.status, answer.text).toBe(status);
    if (status !== 201) problem(answer);
  });

  it('of a nested field is named by its path', async () => {
    const answer = await send('POST', '/things', {
      headers: json,
      body: '{"name":"a","lines":[{"n":"x"}]}',
    });
    expect(problem(answer).errors).toEqual([
      expect.objectContaining({ in: 'body', path: 'lines.0.n' }),
    ]);
  });

  it('where none belongs is refused', async () => {
    const answer = await send('GET', '/things/abc', {
      headers: { ...json, 'content-length': '2' },
      body: '{}',
    });
    expect(answer.status).toBe(400);
  });
});

describe('a method', () => {
  it.each([
    ['PUT', '/things/abc', 405, 'DELETE, GET, HEAD, OPTIONS'],
    ['GET', '/things', 405, 'OPTIONS, POST'],
    ['TRACE', '/things', 405, 'OPTIONS, POST'],
    ['OPTIONS', '/things', 204, 'OPTIONS, POST'],
  ])('%s %s is answered with %i', async (method, path, status, allow) => {
    const answer = await send(method, path);
    expect([answer.status, answer.headers['allow']]).toEqual([status, allow]);
  });

  it('HEAD answers as GET, without the body', async () => {
    const [head, get] = [await send('HEAD', '/things/abc'), await send('GET', '/things/abc')];
    expect([head.status, head.text]).toEqual([200, '']);
    expect(head.headers['content-length']).toBe(get.headers['content-length']);
  });
});

describe('a host', () => {
  it.each([
    ['shop.example.com', 200],
    ['SHOP.example.com:443', 200],
    ['evil.example', 421],
    ['shop.example.com.evil.example', 421],
    ['shop.example.com@evil.example', 400],
    ['a b', 400],
    ['shop.example.com/x', 400],
  ])('%s: %i', async (host, status) => {
    expect((await send('GET', '/things/abc', { headers: { host } })).status).toBe(status);
  });

  it('from a forwarding header counts for nothing', async () => {
    const headers = { host: '127.0.0.1', 'x-forwarded-host': 'evil.example' };
    expect((await send('GET', '/things/abc', { headers })).status).toBe(200);
  });
});

describe('the address of a client', () => {
  it.each([
    [undefined, '127.0.0.1'],
    ['203.0.113.9', '203.0.113.9'],
    ['6.6.6.6, 203.0.113.9', '203.0.113.9'],
    ['6.6.6.6,7.7.7.7,  203.0.113.9', '203.0.113.9'],
  ])('behind one trusted proxy is what that one adds to %s', async (forwarded, ip) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    expect(JSON.parse((await send('GET', '/who', { headers })).text)).toEqual({ ip });
  });
});

describe('an origin', () => {
  it.each([
    'https://evil.example',
    'null',
    'https://shop.example.com.evil.example',
    'http://shop.example.com',
    'https://shop.example.com:444',
  ])('%s gets no permission', async (origin) => {
    const preflight = { origin, 'access-control-request-method': 'POST' };
    for (const answer of [
      await send('GET', '/things/abc', { headers: { origin } }),
      await send('OPTIONS', '/things', { headers: preflight }),
    ]) {
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  it('on the list gets it, and on failures too', async () => {
    const headers = { origin: 'https://shop.example.com' };
    for (const path of ['/things/abc', '/nothing', '/broken']) {
      const answer = await send('GET', path, { headers });
      expect(answer.headers['access-control-allow-origin']).toBe('https://shop.example.com');
      expect(answer.headers['vary']).toMatch(/Origin/);
    }
    const preflight = { ...headers, 'access-control-request-method': 'POST' };
    expect((await send('OPTIONS', '/things', { headers: preflight })).status).toBe(204);
  });
});

describe('every answer', () => {
  it.each([['/things/abc'], ['/nothing'], ['/broken']])(
    'of %s has the security headers',
    async (path) => {
      const { headers } = await send('GET', path);
      expect(headers).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      });
      expect(headers['strict-transport-security']).toMatch(/^max-age=63072000/);
      expect(headers['x-powered-by']).toBeUndefined();
      expect(headers['server']).toBeUndefined();
    },
  );

  it.each([
    ['abc-DEF_1', true],
    ['a'.repeat(64), true],
    ['a'.repeat(65), false],
    ['a b', false],
    ['"><script>', false],
  ])('echoes the request id %s: %s', async (id, isEchoed) => {
    const { headers } = await send('GET', '/things/abc', { headers: { 'x-request-id': id } });
    expect(headers['x-request-id'] === id).toBe(isEchoed);
    expect(headers['x-request-id']).toMatch(/^[\w-]{1,64}$/);
  });
});

describe('a failure of ours', () => {
  it('tells nothing but the request id', async () => {
    const answer = await send('GET', '/broken', { headers: { 'x-request-id': 'r1' } });
    expect(JSON.parse(answer.text)).toEqual({
      type: 'urn:dhakacart:problem:internal-error',
      title: 'Internal Server Error',
      status: 500,
      detail: 'something went wrong on our side',
      requestId: 'r1',
    });
  });

  it('is an answer that was not declared, while tests run', async () => {
    expect((await send('GET', '/lying')).status).toBe(500);
  });
});

it('asks for credentials with a challenge', async () => {
  const answer = await send('DELETE', '/things/abc');
  expect([answer.status, answer.headers['www-authenticate']]).toEqual([
    401,
    'Bearer realm="dhakacart"',
  ]);
});
