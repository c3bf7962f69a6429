// What holds for every route alike: who may ask, from where, and what every answer carries.
import { describe, expect, it } from 'vitest';
import { withSmallApi } from '../../support/small-api.ts';

const send = withSmallApi();

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

  it.each([
    ['GET', '10.1.0.5:8080', 200],
    ['HEAD', '10.1.0.5:8080', 200],
    ['POST', '10.1.0.5:8080', 421],
    ['GET', 'a b', 400],
  ])('matters not to a probe, which tells nothing: %s of %s: %i', async (method, host, status) => {
    expect((await send(method, '/who', { headers: { host } })).status).toBe(status);
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
  ])('S43 behind one trusted proxy is what that one adds to %s', async (forwarded, ip) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
    expect(JSON.parse((await send('GET', '/who', { headers })).text)).toEqual({ ip });
  });
});

describe('S78 an origin', () => {
  it.each([
    'https://evil.example',
    'null',
    'https://shop.example.com.evil.example',
    'https://evilshop.example.com',
    'https://evil.shop.example.com',
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
    const answer = await send('OPTIONS', '/things', { headers: preflight });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-max-age']).toBe('7200');
  });
});

/** Every header that these answers may have: no `server`, `x-powered-by`, `via` or anything else unforeseen. */
const expectedHeaders = new Set([
  'cache-control',
  'connection',
  'content-length',
  'content-security-policy',
  'content-type',
  'cross-origin-opener-policy',
  'cross-origin-resource-policy',
  'date',
  'keep-alive',
  'ratelimit',
  'ratelimit-policy',
  'referrer-policy',
  'strict-transport-security',
  'vary',
  'x-content-type-options',
  'x-frame-options',
  'x-request-id',
]);

describe('every answer', () => {
  it.each([['/things/abc'], ['/nothing'], ['/broken']])(
    'S80 of %s has the security headers, and nothing that names the software',
    async (path) => {
      const { headers } = await send('GET', path);
      expect(headers).toMatchObject({
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'x-frame-options': 'DENY',
      });
      expect(headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains');
      expect(Object.keys(headers).filter((name) => !expectedHeaders.has(name))).toEqual([]);
    },
  );

  it.each([
    ['abc-DEF_1', true],
    ['a'.repeat(64), true],
    ['a'.repeat(65), false],
    ['a b', false],
    ['"><script>', false],
  ])('S71 echoes the request id %s: %s', async (id, isEchoed) => {
    const { headers } = await send('GET', '/things/abc', { headers: { 'x-request-id': id } });
    expect(headers['x-request-id'] === id).toBe(isEchoed);
    expect(headers['x-request-id']).toMatch(/^[\w-]{1,64}$/);
  });
});

describe('S89 a failure of ours', () => {
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

  it('S52 is an answer that was not declared, while tests run', async () => {
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
