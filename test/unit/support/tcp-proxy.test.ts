import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';

const quietMs = 100;

/** Unlike `once`, not upset by an error before the close. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

describe('the TCP proxy', () => {
  let echo: Server;
  let proxy: TcpProxy;
  const clients: Socket[] = [];
  const serverSockets: Socket[] = [];

  beforeEach(async () => {
    echo = createServer((socket) => {
      serverSockets.push(socket);
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    echo.listen(0, '127.0.0.1');
    await once(echo, 'listening');
    proxy = await startTcpProxy(`http://127.0.0.1:${(echo.address() as AddressInfo).port}`);
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await proxy.close();
    echo.close();
  });

  async function client(): Promise<Socket> {
    const socket = connect(proxy.port, '127.0.0.1');
    clients.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  async function echoed(socket: Socket, text: string): Promise<string> {
    const answer = once(socket, 'data') as Promise<[Buffer]>;
    socket.write(text);
    return (await answer)[0].toString();
  }

  async function isAnswered(socket: Socket, text: string): Promise<boolean> {
    const answer = new Promise<boolean>((resolve) => socket.once('data', () => resolve(true)));
    socket.write(text);
    return Promise.race([answer, sleep(quietMs).then(() => false)]);
  }

  it('passes bytes both ways and counts them', async () => {
    expect(await echoed(await client(), 'hello')).toBe('hello');
    expect(proxy.counters).toMatchObject({
      opened: 1,
      live: 1,
      bytesToServer: 5,
      bytesToClient: 5,
    });
    expect(proxy.counters.openedAt).toHaveLength(1);
  });

  it('passes the end of a connection on', async () => {
    const socket = await client();
    socket.end();
    await closed(socket);
    await expect.poll(() => proxy.counters.live).toBe(0);
  });

  it('cuts what is open and refuses what is new until it heals', async () => {
    const before = await client();
    await echoed(before, 'hello');
    proxy.cut();
    await closed(before);
    const during = connect(proxy.port, '127.0.0.1');
    during.on('error', () => undefined);
    await closed(during);
    proxy.heal();
    expect(await echoed(await client(), 'again')).toBe('again');
    expect(proxy.counters.opened).toBe(3);
  });

  it('swallows everything on a stalled connection without closing it', async () => {
    const before = await client();
    await echoed(before, 'hello');
    proxy.stall();
    expect(await isAnswered(before, 'anybody?')).toBe(false);
    expect(await isAnswered(await client(), 'new one')).toBe(false);
    expect(proxy.counters.live).toBe(2);
    expect(before.destroyed).toBe(false);
    proxy.heal();
    await closed(before);
    expect(await echoed(await client(), 'again')).toBe('again');
  });

  it('stalls existing connections alone when asked', async () => {
    const before = await client();
    await echoed(before, 'hello');
    proxy.stall({ existingOnly: true });
    expect(await isAnswered(before, 'anybody?')).toBe(false);
    expect(await echoed(await client(), 'new one')).toBe('new one');
  });

  it('does not tell a stalled client that the server has gone', async () => {
    const before = await client();
    await echoed(before, 'hello');
    proxy.stall({ existingOnly: true });
    const end = closed(before).then(() => 'closed');
    for (const socket of serverSockets) socket.destroy();
    expect(await Promise.race([end, sleep(quietMs).then(() => 'open')])).toBe('open');
  });

  it('sends a TCP reset, which clients see as ECONNRESET', async () => {
    const socket = await client();
    await echoed(socket, 'hello');
    const error = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
    proxy.resetAll();
    expect((await error)[0].code).toBe('ECONNRESET');
    expect(await echoed(await client(), 'new one')).toBe('new one');
  });

  it('delays each way by the given time', async () => {
    const socket = await client();
    proxy.delay(30);
    const startedAt = performance.now();
    expect(await echoed(socket, 'slow')).toBe('slow');
    expect(performance.now() - startedAt).toBeGreaterThan(55);
  });
});
