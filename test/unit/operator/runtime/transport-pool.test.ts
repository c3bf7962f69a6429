import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../operator/runtime/clock.ts';
import { defaultSettings } from '../../../../operator/runtime/settings.ts';
import { Transport } from '../../../../operator/runtime/transport.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A transport with two idle sockets, and a server that falls silent on those two for ever. */
async function twoIdleSockets() {
  const silent = new Set<Socket>();
  const open = new Set<Socket>();
  const held: ServerResponse[] = [];
  const server = createServer((request, response) => {
    if (silent.has(request.socket) || request.url === '/never') return;
    if (request.url !== '/hold') return void response.end('{}');
    held.push(response);
    if (held.length === 2) for (const each of held.splice(0)) each.end('{}');
  });
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = new Transport({
    access: {
      server: `http://127.0.0.1:${port}`,
      kubeConfig: undefined as never,
      credentials: () => Promise.resolve({ headers: {}, tls: {}, tlsFingerprint: 'one' }),
      forget: () => undefined,
    },
    clock: systemClock,
    settings: { ...defaultSettings.transport, headersTimeoutMs: 100, bodyTimeoutMs: 100 },
    userAgent: 'operator',
  });
  ends.push(async () => {
    await transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const get = (path: string, timeoutMs = 100): Promise<unknown> =>
    transport.request({ method: 'GET', path, tries: 1, timeoutMs });
  await Promise.all([get('/hold'), get('/hold')]);
  // The pool takes a socket back in the turn after its answer.
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (const socket of open) silent.add(socket);
  return { transport, get, open, silent, held };
}

describe('the pool of connections', () => {
  it('uses no idle socket again once another one has timed out', async () => {
    const { get, open, silent } = await twoIdleSockets();
    expect(silent.size).toBe(2);
    await expect(get('/')).rejects.toMatchObject({ origin: 'timeout' });
    await expect(get('/')).resolves.toEqual({});
    await expect.poll(() => [...open].filter((socket) => silent.has(socket))).toEqual([]);
  });

  it('lets a request that is under way end when another one has timed out', async () => {
    const { get, silent, held } = await twoIdleSockets();
    silent.clear();
    const slow = get('/hold', 5_000);
    await expect.poll(() => held.length).toBe(1);
    await expect(get('/never')).rejects.toMatchObject({ origin: 'timeout' });
    held[0]?.end('{"slow":true}');
    await expect(slow).resolves.toEqual({ slow: true });
  });

  it('ends every request when it is closed, those on older connections too', async () => {
    const { transport, get, open, silent, held } = await twoIdleSockets();
    silent.clear();
    const slow = get('/hold', 60_000);
    await expect.poll(() => held.length).toBe(1);
    await expect(get('/never')).rejects.toMatchObject({ origin: 'timeout' });
    await Promise.all([
      expect(slow).rejects.toMatchObject({ origin: 'network' }),
      transport.close(),
    ]);
    await expect.poll(() => open.size).toBe(0);
  });
});
