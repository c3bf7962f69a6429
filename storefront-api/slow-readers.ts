// Clients that ask and do not read. What they were to get stays in memory for as long as they like: Node limits how long a
// request may take to come in (https://nodejs.org/api/http.html#serverrequesttimeout), but not how long an answer may take to go
// out, and an inactivity timeout is put off by whoever takes a byte now and then.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** When a client is too slow. */
export interface ReaderLimits {
  /** How long a connection may have something unread without a pause. */
  readonly unreadMs: number;
  /** How often we look. */
  readonly checkIntervalMs: number;
}

/**
 * Cuts connections that have had something unread at every look for too long. What the kernel has taken counts as read, so a
 * client that is merely far away is not meant. Ends with the server.
 */
export function cutSlowReaders(server: Server, { unreadMs, checkIntervalMs }: ReaderLimits): void {
  const sockets = new Set<Socket>();
  const unreadSince = new WeakMap<Socket, number>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  const look = (): void => {
    const now = performance.now();
    for (const socket of sockets) {
      const since = unreadSince.get(socket);
      if (socket.writableLength === 0) unreadSince.delete(socket);
      else if (since === undefined) unreadSince.set(socket, now);
      else if (now - since >= unreadMs) socket.destroy();
    }
  };
  const looking = setInterval(look, checkIntervalMs).unref();
  server.once('close', () => clearInterval(looking));
}
