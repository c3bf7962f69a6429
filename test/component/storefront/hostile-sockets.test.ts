// What arrives on a socket and is no good request: broken, ambiguous, endless, or far too many at once.
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { listen, type ListeningServer, serverLimits } from '../../../storefront-api/http-server.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { eventually } from '../../support/eventually.ts';
import { idleSockets, mostOpenFiles } from '../../support/idle-sockets.ts';
import { rawAnswer } from '../../support/raw-answer.ts';
import { seededDatabase, startedApi } from '../../support/storefront.ts';

let api: RunningApi;
/** The same listener with short patience. */
let impatient: ListeningServer;
const sockets = new Set<Socket>();

beforeAll(async () => {
  api = await startedApi(await seededDatabase());
  impatient = await listen(
    (request, response) => {
      request.resume().on('end', () => response.end('ok'));
    },
    { host: '127.0.0.1', port: 0 },
    { ...serverLimits, headersMs: 300, requestMs: 600, checkIntervalMs: 50 },
  );
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await Promise.all([api.stop(), impatient.close(0)]);
});

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', reject);
  });
}

/** Everything that a socket gets until it is closed by the other side. */
async function answerTo(port: number, bytes: string | Buffer): Promise<string> {
  const socket = await opened(port);
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  socket.write(bytes);
  await new Promise((resolve) => socket.on('close', resolve));
  return text;
}

interface Parsed {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

function parsed(text: string): Parsed {
  const [head = '', body = ''] = text.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), head: head.toLowerCase(), body };
}

function expectProblem(text: string, status: number, code: string): void {
  const answer = parsed(text);
  expect(answer.status, text).toBe(status);
  expect(answer.head).toContain('content-type: application/problem+json');
  expect(answer.head).toContain('connection: close');
  expect(answer.head).toContain('x-content-type-options: nosniff');
  expect(JSON.parse(answer.body)).toMatchObject({ status, type: `urn:dhakacart:problem:${code}` });
}

const target = 'GET /api/categories HTTP/1.1\r\nHost: 127.0.0.1\r\n';
const post = 'POST /api/products HTTP/1.1\r\nHost: 127.0.0.1\r\n';
const smuggled = 'GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';

describe('S84 a request that two readers could understand differently is refused, and nothing after it is read:', () => {
  it.each([
    [
      'length and chunks',
      `${post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'chunks and length',
      `${post}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n`,
    ],
    ['two lengths', `${post}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`],
    ['a list of lengths', `${post}Content-Length: 5, 6\r\n\r\nhello`],
    ['a signed length', `${post}Content-Length: +5\r\n\r\nhello`],
    ['chunks not last', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
    ['an unknown coding', `${post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['a space before the colon', `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
    ['a folded header', `${target}X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n`],
    ['a bare line feed', 'GET /api/categories HTTP/1.1\nHost: 127.0.0.1\n\n'],
    ['a bare line feed in a header', `${target}X-A: b\nX-B: c\r\n\r\n`],
    ['a bare carriage return', `${target}X-A: b\rX-B: c\r\n\r\n`],
    ['NUL in a header', `${target}X-A: b\0\r\n\r\n`],
    ['a bad chunk size', `${post}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
    ['no host', 'GET /api/categories HTTP/1.1\r\n\r\n'],
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01'],
  ])('%s', async (_, bytes) => {
    const text = await answerTo(api.port, bytes + smuggled);
    expect(parsed(text).status, text).toBe(400);
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('two hosts, where the connection may go on', async () => {
    const last = 'GET /nothing HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n';
    await rawAnswer({ port: api.port, path: '/api/categories' });
    const text = await answerTo(api.port, `${target}Host: evil.example\r\n\r\n${last}`);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 404']);
  });

  it('the refusal is a problem', async () => {
    expectProblem(await answerTo(api.port, 'nonsense\r\n\r\n'), 400, 'invalid-request');
  });
});

describe('headers that are too large', () => {
  it('are refused with 431, as a problem', async () => {
    const bytes = `${target}X-A: ${'a'.repeat(serverLimits.headerBytes)}\r\n\r\n`;
    expectProblem(await answerTo(api.port, bytes), 431, 'headers-too-large');
  });
});

describe('S85 whoever is slow on purpose', () => {
  it('with the headers is refused with 408, as a problem', async () => {
    expectProblem(await answerTo(impatient.port, 'GET / HTTP/1.1\r\nX-'), 408, 'request-timeout');
  });

  it('with the body is refused with 408', async () => {
    const bytes = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nx';
    expectProblem(await answerTo(impatient.port, bytes), 408, 'request-timeout');
  });

  it('does not keep others from being answered', async () => {
    const slow = await Promise.all(Array.from({ length: 200 }, () => opened(impatient.port)));
    const closed = Promise.all(slow.map((one) => new Promise((done) => one.on('close', done))));
    for (const socket of slow) socket.resume().write('GET / HTTP/1.1\r\nX-');
    const good = await Promise.all(
      Array.from({ length: 100 }, () => rawAnswer({ port: impatient.port, path: '/' })),
    );
    expect(good.map(({ status }) => status)).toEqual(Array.from({ length: 100 }, () => 200));
    await closed;
  });
});

describe('S85 whoever asks and does not read', () => {
  /** More than the kernel keeps for both ends of a connection. */
  const large = Buffer.alloc(16_000_000, 'x');
  const patienceMs = 500;
  const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
  let server: ListeningServer;
  /** Of each answer whose connection is gone or free again: was all of it taken? */
  let taken: boolean[] = [];
  beforeEach(() => {
    taken = [];
  });
  beforeAll(async () => {
    server = await listen(
      (_, response) => {
        response.on('close', () => taken.push(response.writableFinished)).end(large);
      },
      { host: '127.0.0.1', port: 0 },
      { ...serverLimits, unreadMs: patienceMs, checkIntervalMs: 50 },
    );
  });
  afterAll(() => server.close(0));

  it.each([
    ['nothing', 0],
    ['a little now and then', 100],
  ])('is cut off when it takes %s', async (_, bytesPerRead) => {
    const socket = await opened(server.port);
    const startedAt = performance.now();
    socket.on('error', () => undefined).pause();
    socket.write(get);
    const reading = setInterval(() => socket.read(bytesPerRead), 20);
    await eventually(() => expect(taken).toEqual([false]));
    clearInterval(reading);
    socket.destroy();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(patienceMs);
    expect(performance.now() - startedAt).toBeLessThan(patienceMs + 10_000);
  });

  it('is not cut off when it is done in time, nor while it rests between two requests', async () => {
    const socket = await opened(server.port);
    let bytes = 0;
    socket.on('data', (part) => {
      bytes += part.length;
    });
    for (const count of [1, 2]) {
      socket.write(get);
      await eventually(() => expect(bytes).toBeGreaterThan(count * large.length));
      await new Promise((resolve) => setTimeout(resolve, patienceMs * 2));
    }
    expect(taken).toEqual([true, true]);
    expect(socket.destroyed).toBe(false);
  });

  it('keeps nobody from being answered, and no place among the requests at work', async () => {
    const list = 'GET /api/products?limit=100 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n';
    const deaf = await Promise.all(Array.from({ length: 200 }, () => opened(api.port)));
    for (const socket of deaf) socket.on('error', () => undefined).pause();
    for (const socket of deaf) socket.write(list.repeat(100));
    const startedAt = performance.now();
    const good = await Promise.all(
      Array.from({ length: 50 }, () => rawAnswer({ port: api.port, path: '/api/categories' })),
    );
    expect(good.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    const metrics = await fetch(`http://127.0.0.1:${api.metricsPort}/metrics`);
    expect(await metrics.text()).toContain('\ndhakacart_api_requests_in_flight 0\n');
    for (const socket of deaf) socket.destroy();
  });
});

describe('S86 ten thousand sockets that say nothing', () => {
  it('cost little and keep nobody out', async () => {
    // A few fewer than the server takes, or as many as this machine lets a process have.
    const count = Math.min(serverLimits.connections - 10, mostOpenFiles() - 500);
    const before = process.memoryUsage().rss;
    const idle = await idleSockets(api.port, count);
    const startedAt = performance.now();
    expect((await rawAnswer({ port: api.port, path: '/api/categories' })).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect((process.memoryUsage().rss - before) / count).toBeLessThan(20_000);
    expect(idle.isAnyClosed()).toBe(false);
    await idle.close();
  });

  it('are closed beyond the most that may be open', async () => {
    const address = { host: '127.0.0.1', port: 0 };
    const small = await listen((_, response) => response.end('ok'), address, {
      ...serverLimits,
      connections: 3,
    });
    const kept = await Promise.all(Array.from({ length: 3 }, () => opened(small.port)));
    expect(await answerTo(small.port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n')).toBe('');
    expect(kept.filter(({ destroyed }) => destroyed)).toEqual([]);
    await small.close(0);
  });
});

describe('S87 a thousand requests on a socket', () => {
  const count = serverLimits.requestsPerSocket;

  it('sent at once are answered one by one in their order; the last answer asks for the end', async () => {
    const paths = ['/api/categories', '/health', '/api/products?limit=1', '/nothing'];
    const requests = Array.from(
      { length: count },
      (_, n) => `GET ${paths[n % 4]} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Request-Id: n${n}\r\n\r\n`,
    );
    const socket = await opened(api.port);
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    socket.write(requests.join(''));
    await eventually(() => expect(text).toContain(`"requestId":"n${count - 1}"`), {
      timeoutMs: 20_000,
    });
    socket.destroy();
    const ids = [...text.matchAll(/\r\nx-request-id: (n\d+)\r\n/gi)].map(([, id]) => id);
    expect(ids).toEqual(requests.map((_, n) => `n${n}`));
    const statuses = [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status);
    expect(statuses.slice(0, 4)).toEqual(['200', '200', '200', '404']);
    expect(text.match(/\r\nconnection: close\r\n/gi)).toHaveLength(1);
  });
});
