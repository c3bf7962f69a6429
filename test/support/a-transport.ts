import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect } from 'vitest';
import { systemClock } from '../../operator/runtime/clock.ts';
import { KubeError } from '../../operator/runtime/kube-error.ts';
import { defaultSettings } from '../../operator/runtime/settings.ts';
import { Transport, type TransportOptions } from '../../operator/runtime/transport.ts';

/** Answers one request; `index` counts from 0. */
type Handler = (response: ServerResponse, request: IncomingMessage, index: number) => void;

/** What the transport sends as bearer token. */
export const token = 'very-secret-token';
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Setup extends Partial<Omit<TransportOptions, 'settings'>> {
  readonly settings?: Partial<TransportOptions['settings']>;
}

/** A transport and the server that it talks to; both end with the test. */
export async function aTransport(handler: Handler, { settings, ...options }: Setup = {}) {
  const seen: {
    readonly line: string;
    readonly headers: IncomingMessage['headers'];
    body: string;
  }[] = [];
  const sockets = new Set<object>();
  const server = createServer((request, response) => {
    const one = { line: `${request.method} ${request.url}`, headers: request.headers, body: '' };
    seen.push(one);
    const index = seen.length - 1;
    request.on('data', (chunk: Buffer) => (one.body += chunk.toString()));
    request.on('end', () => handler(response, request, index));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let forgotten = 0;
  const finished: string[] = [];
  const transport = new Transport({
    access: {
      server: `http://127.0.0.1:${port}`,
      kubeConfig: undefined as never,
      credentials: () =>
        Promise.resolve({
          headers: { authorization: `Bearer ${token}` },
          tls: {},
          tlsFingerprint: 'one',
        }),
      forget: () => void (forgotten += 1),
    },
    clock: systemClock,
    settings: { ...defaultSettings.transport, retryBaseMs: 5, retryMaxMs: 20, ...settings },
    userAgent: 'operator',
    observer: { requestFinished: ({ method, code }) => finished.push(`${method} ${code}`) },
    random: () => 0,
    ...options,
  });
  ends.push(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { transport, server, seen, sockets, finished, forgotten: () => forgotten };
}

/** Answers with JSON. */
export function json(response: ServerResponse, body: unknown, code = 200, headers = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A request that may be tried again. */
export const get = { method: 'GET', path: '/api/v1/pods' } as const;
/** The error with which a request fails. */
export const failureOf = async (promise: Promise<unknown>): Promise<KubeError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(KubeError);
  return error as KubeError;
};
