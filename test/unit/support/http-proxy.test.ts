import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request } from 'node:https';
import type { RequestOptions, Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../../dev/cluster/certificate.ts';
import { startHttpProxy } from '../../support/http-proxy.ts';
import type { HttpProxy, ProxyAction } from '../../support/http-proxy.ts';

const authority = createAuthority('test-ca');
const hosts = ['127.0.0.1'];
const serving = issueCertificate(authority, {
  subject: { commonName: 'server' },
  usage: 'server',
  hosts,
});
const frontProxy = issueCertificate(authority, {
  subject: { commonName: 'front-proxy-client' },
  usage: 'client',
});
const ayesha = issueCertificate(authority, {
  subject: { commonName: 'ayesha', organizations: ['owners', 'cooks'] },
  usage: 'client',
});

describe('the HTTP proxy', () => {
  let server: Server;
  let proxy: HttpProxy;

  beforeAll(async () => {
    const tls = { cert: serving.certificate, key: serving.key };
    server = createServer(tls, (incoming, response) => {
      if (incoming.url === '/watch') {
        response.writeHead(200);
        response.write('{"type":"ADDED"}\n'); // and then nothing, as a quiet watch does
        return;
      }
      let body = '';
      incoming.on('data', (chunk) => (body += String(chunk)));
      incoming.on('end', () => {
        const { method, url, headers } = incoming;
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ method, url, headers, body }));
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });

  beforeEach(async () => {
    const { port } = server.address() as AddressInfo;
    const target = `https://127.0.0.1:${port}`;
    const { certificate } = authority;
    proxy = await startHttpProxy({ server: target, authority: certificate, serving, frontProxy });
  });

  afterEach(() => proxy.close());
  afterAll(() => void server.close());

  async function response(path: string, options: RequestOptions = {}): Promise<IncomingMessage> {
    const call = request({
      host: '127.0.0.1',
      port: proxy.port,
      path,
      ca: authority.certificate,
      agent: false,
      ...options,
    });
    call.on('error', () => undefined);
    call.end(options.method === 'POST' ? 'a body' : undefined);
    const [incoming] = (await once(call, 'response')) as [IncomingMessage];
    return incoming;
  }

  async function call(
    path: string,
    options: RequestOptions = {},
  ): Promise<{ status: number; headers: IncomingMessage['headers']; text: string }> {
    const incoming = await response(path, options);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    return { status: incoming.statusCode ?? 0, headers: incoming.headers, text };
  }

  function injectAlways(action: ProxyAction, times?: number): void {
    proxy.inject({ matches: () => true, action, ...(times === undefined ? {} : { times }) });
  }

  it('forwards method, path, headers and body, and records the request', async () => {
    const headers = { authorization: 'Bearer abc', 'user-agent': 'dhakacart' };
    const { status, text } = await call('/api?limit=5', { method: 'POST', headers });
    expect(status).toBe(200);
    const echoed = { method: 'POST', url: '/api?limit=5', body: 'a body', headers };
    expect(JSON.parse(text)).toMatchObject(echoed);
    const record = { method: 'POST', url: '/api?limit=5', userAgent: 'dhakacart' };
    await expect
      .poll(() => proxy.requests)
      .toMatchObject([{ ...record, status: 200, action: undefined }]);
  });

  it('names the holder of a client certificate to the server', async () => {
    const { text } = await call('/', { cert: ayesha.certificate, key: ayesha.key });
    expect(JSON.parse(text)).toMatchObject({
      headers: { 'x-remote-user': 'ayesha', 'x-remote-group': 'owners, cooks' },
    });
  });

  it('lets no client name itself', async () => {
    const { text } = await call('/', { headers: { 'x-remote-user': 'root' } });
    expect(JSON.parse(text).headers).not.toHaveProperty('x-remote-user');
  });

  it('streams a watch before it ends', async () => {
    const watch = await response('/watch');
    const [chunk] = (await once(watch, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('{"type":"ADDED"}\n');
    watch.destroy();
  });

  it('answers a chosen request with a Kubernetes Status, as often as told', async () => {
    proxy.inject({
      matches: ({ method, url }) => method === 'POST' && url.startsWith('/api'),
      times: 2,
      action: { type: 'answer', status: 429, headers: { 'retry-after': '7' } },
    });
    expect((await call('/api')).status).toBe(200);
    const refused = await call('/api/v1', { method: 'POST' });
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
    expect(JSON.parse(refused.text)).toMatchObject({
      kind: 'Status',
      code: 429,
      reason: 'TooManyRequests',
    });
    const statuses = [
      await call('/api', { method: 'POST' }),
      await call('/api', { method: 'POST' }),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([429, 200]);
  });

  it('forwards a request under another path, and records the one that was asked for', async () => {
    injectAlways({ type: 'rewrite', url: (url) => url.replace('limit=5', 'limit=1') });
    const { text } = await call('/api?limit=5');
    expect(JSON.parse(text)).toMatchObject({ url: '/api?limit=1' });
    await expect
      .poll(() => proxy.requests)
      .toMatchObject([{ url: '/api?limit=5', status: 200, action: 'rewrite' }]);
  });

  it('takes a rule away again', async () => {
    const remove = proxy.inject({
      matches: () => true,
      action: { type: 'answer', status: 503 },
    });
    expect((await call('/')).status).toBe(503);
    remove();
    expect((await call('/')).status).toBe(200);
  });

  it('never applies a rule of probability 0', async () => {
    const action: ProxyAction = { type: 'answer', status: 500 };
    proxy.inject({ matches: () => true, probability: 0, action });
    expect((await call('/')).status).toBe(200);
  });

  it('stays silent without closing the connection', async () => {
    injectAlways({ type: 'silence' });
    const quiet = sleep(100).then(() => 'quiet');
    expect(await Promise.race([call('/').catch(() => 'closed'), quiet])).toBe('quiet');
    expect(proxy.requests).toMatchObject([{ status: undefined, action: 'silence' }]);
  });

  it('delays a request', async () => {
    injectAlways({ type: 'delay', delayMs: 50 });
    const startedAt = performance.now();
    expect((await call('/')).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThan(45);
  });

  it.each(['truncate', 'reset'] as const)('breaks a body off by %s', async (type) => {
    injectAlways({ type, afterBytes: 4 }, 1);
    await expect(call('/')).rejects.toThrow('aborted');
    expect((await call('/')).status).toBe(200);
  });
});
