// Bodies that come late, not whole or not at all: what they cost their senders, and nobody else.
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listen, type ListeningServer, serverLimits } from '../../../storefront-api/http-server.ts';
import { HttpProblem } from '../../../storefront-api/errors.ts';
import { type RateLimiter, unlimited } from '../../../storefront-api/middleware/rate-limit.ts';
import { readJsonBody } from '../../../storefront-api/routing/json-body.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { capturedLog } from '../../support/captured-log.ts';
import { eventually } from '../../support/eventually.ts';
import { rawAnswer } from '../../support/raw-answer.ts';
import { aShopper, checkOut, goodCheckout } from '../../support/shopper.ts';
import { seededDatabase, startedApi } from '../../support/storefront.ts';

/** Few, so that few sockets are more than all of them. */
const places = 8;
const line = JSON.stringify({ sku: 'MUSTARD-OIL-1L', quantity: 1 });
const head = (length: number): string =>
  `POST /api/cart/lines HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

const { log, lines } = capturedLog();
const sockets = new Set<Socket>();
/** Checkouts wait here, as they would wait for a database. */
let gate = Promise.resolve();
let api: RunningApi;
beforeAll(async () => {
  const limiter: RateLimiter = {
    ...unlimited,
    consume: async (request) => {
      if (request.limitClass === 'checkout') await gate;
      return unlimited.consume(request);
    },
  };
  const admissionBounds = { most: places, least: places };
  api = await startedApi(await seededDatabase(), { log, limiter, admissionBounds });
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});
afterAll(() => api.stop());

/** A connection that sends these bytes and stays open; `text` is what came back. */
function opened(
  bytes: string,
  { port }: { readonly port: number } = api,
): { readonly socket: Socket; readonly text: () => string } {
  let text = '';
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  sockets.add(socket.on('error', () => undefined).on('data', (part: string) => (text += part)));
  socket.write(bytes);
  return { socket, text: () => text };
}

async function metrics(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${api.metricsPort}/metrics`)).text();
}

async function inFlight(count: number): Promise<void> {
  await eventually(async () =>
    expect(await metrics()).toContain(`\ndhakacart_api_requests_in_flight ${count}\n`),
  );
}

describe('S85 bodies that do not come', () => {
  it('keep nobody out, and leave nothing behind when their senders go', async () => {
    const count = 5 * places;
    for (let n = 0; n < count; n += 1) opened(head(100) + (n % 2 === 0 ? '' : '{"sku":'));
    await inFlight(count);
    expect((await rawAnswer({ port: api.port, path: '/api/products?price_min=7' })).status).toBe(
      200,
    );
    const shopper = aShopper(api);
    const added = await shopper.ask('POST', '/api/cart/lines', { json: JSON.parse(line) });
    expect(added.status).toBe(200);
    expect((await checkOut(shopper, randomUUID())).status).toBe(201);
    for (const socket of sockets) socket.destroy();
    await inFlight(0);
  });
});

describe('a body that comes late', () => {
  it('is read when it is there', async () => {
    const late = opened(head(line.length));
    await inFlight(1);
    late.socket.write(line);
    await eventually(() => expect(late.text()).toMatch(/^HTTP\/1.1 200 [^]*MUSTARD-OIL-1L/));
  });

  it('is refused when no place is left by then; the connection goes on', async () => {
    const late = opened(head(line.length));
    await inFlight(1);
    const opening = Promise.withResolvers<void>();
    gate = opening.promise;
    const buyers = Array.from({ length: places }, () =>
      rawAnswer({
        port: api.port,
        method: 'POST',
        path: '/api/checkout',
        headers: { 'content-type': 'application/json', 'idempotency-key': randomUUID() },
        body: JSON.stringify(goodCheckout),
      }),
    );
    await inFlight(1 + places);
    late.socket.write(line);
    await eventually(() =>
      expect(late.text()).toMatch(/^HTTP\/1.1 503 [^]*\r\nretry-after: 1\r\n[^]*:overloaded/i),
    );
    opening.resolve();
    expect(new Set((await Promise.all(buyers)).map(({ status }) => status))).toEqual(
      new Set([409]),
    );
    late.socket.write(head(line.length) + line);
    await eventually(() => expect(late.text()).toMatch(/HTTP\/1.1 200 [^]*MUSTARD-OIL-1L/));
  });
});

describe('S85 half a body', () => {
  it('whose sender leaves is counted as the sender’s fault, and the log does not cry', async () => {
    const { socket } = opened(`${head(100)}{"sku":`);
    await inFlight(1);
    socket.destroy();
    await inFlight(0);
    const text = await metrics();
    const series = 'dhakacart_api_requests_total{method="POST",route="/api/cart/lines",status=';
    expect(text).toContain(`${series}"400"} `);
    expect(text).not.toContain('status="500"');
    expect(lines).toEqual([]);
  });

  it('that takes too long is a 408 for its reader too', async () => {
    const failures: unknown[] = [];
    const impatient: ListeningServer = await listen(
      (request) => void readJsonBody(request).catch((error: unknown) => failures.push(error)),
      { host: '127.0.0.1', port: 0 },
      { ...serverLimits, headersMs: 300, requestMs: 600, checkIntervalMs: 50 },
    );
    const { text } = opened(`${head(100)}{"sku":`, impatient);
    await eventually(() => expect(failures).toEqual([expect.any(HttpProblem)]));
    expect(failures).toEqual([expect.objectContaining({ status: 408, code: 'request-timeout' })]);
    await eventually(() => expect(text()).toMatch(/^HTTP\/1.1 408 /));
    await impatient.close(0);
  });
});
