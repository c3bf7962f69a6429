// Bodies that come late or not whole: what they cost their senders, and nobody else.
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { listen, type ListeningServer, serverLimits } from '../../../storefront-api/http-server.ts';
import { HttpProblem } from '../../../storefront-api/errors.ts';
import { readJsonBody } from '../../../storefront-api/routing/json-body.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { capturedLog } from '../../support/captured-log.ts';
import { eventually } from '../../support/eventually.ts';
import { migratedDatabase, startedApi } from '../../support/storefront.ts';

const head = (length: number): string =>
  `POST /api/cart/lines HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

const { log, lines } = capturedLog();
const sockets = new Set<Socket>();
let api: RunningApi;
beforeAll(async () => {
  api = await startedApi(await migratedDatabase(), { log });
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

describe('S85 half a body', () => {
  it('whose sender leaves is counted as the sender’s fault, and the log does not cry', async () => {
    const { socket } = opened(`${head(100)}{"sku":`);
    await inFlight(1);
    socket.destroy();
    await inFlight(0);
    const text = await metrics();
    const series = 'dhakacart_api_requests_total{method="POST",route="/api/cart/lines",status=';
    expect(text).toContain(`${series}"400"} 1\n`);
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
