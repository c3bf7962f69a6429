// A TCP proxy that misbehaves on request, to stand between a client and a real API server. TLS passes
// through untouched, so it can do what a network does and nothing else: refuse, cut, reset, go silent,
// be slow. For wrong answers there is http-proxy.ts.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How the proxy treats traffic now. */
type Mode = 'open' | 'cut' | 'stalled';

/** What passed through since the start. */
export interface TcpProxyCounters {
  /** Connections a client has opened, refused ones included. */
  readonly opened: number;
  /** Connections that are open now. */
  readonly live: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  /** When each connection was opened, milliseconds since the epoch. */
  readonly openedAt: readonly number[];
}

/** One client connection and its way on to the server. */
class Link {
  readonly client: Socket;
  readonly server: Socket;
  /** A black hole: both ends stay open, bytes go nowhere. */
  isStalled = false;

  constructor(client: Socket, server: Socket) {
    this.client = client;
    this.server = server;
  }

  destroy(): void {
    this.client.destroy();
    this.server.destroy();
  }
}

/** The proxy. Make it with `startTcpProxy`. */
export class TcpProxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #openedAt: number[] = [];
  #bytesToServer = 0;
  #bytesToClient = 0;
  #mode: Mode = 'open';
  #delayMs = 0;

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** Port on 127.0.0.1. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get counters(): TcpProxyCounters {
    return {
      opened: this.#openedAt.length,
      live: this.#links.size,
      bytesToServer: this.#bytesToServer,
      bytesToClient: this.#bytesToClient,
      openedAt: [...this.#openedAt],
    };
  }

  /** Starts to listen. */
  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** An outage: open connections end, new ones are closed at once, until `heal`. */
  cut(): void {
    this.#mode = 'cut';
    for (const link of this.#links) link.destroy();
  }

  /**
   * A black hole, as after a NAT entry has been lost: sockets stay open and nothing is answered, until
   * `heal`. New connections are accepted and get nothing either, unless `existingOnly`.
   */
  stall({ existingOnly = false }: { readonly existingOnly?: boolean } = {}): void {
    if (!existingOnly) this.#mode = 'stalled';
    for (const link of this.#links) link.isStalled = true;
  }

  /** From now on each chunk is this late, in both directions. */
  delay(delayMs: number): void {
    this.#delayMs = delayMs;
  }

  /** Sends a TCP reset on every open connection; new ones work. */
  resetAll(): void {
    for (const link of this.#links) {
      link.client.resetAndDestroy();
      link.server.destroy();
    }
  }

  /**
   * Everything works again, for new connections. Stalled ones are cut: bytes that were swallowed make
   * what follows on them unreadable.
   */
  heal(): void {
    this.#mode = 'open';
    this.#delayMs = 0;
    for (const link of this.#links) if (link.isStalled) link.destroy();
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const link of this.#links) link.destroy();
    await closed;
  }

  #accept(client: Socket): void {
    this.#openedAt.push(Date.now());
    client.on('error', () => undefined); // the close that follows is what counts
    if (this.#mode === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ ...this.#target, noDelay: true });
    const link = new Link(client.setNoDelay(true), server);
    this.#links.add(link);
    server.on('error', () => undefined);
    client.on('close', () => this.#forget(link));
    server.on('close', () => this.#forget(link));
    void this.#forward(link, 'toServer');
    void this.#forward(link, 'toClient');
    link.isStalled = this.#mode === 'stalled';
  }

  async #forward(link: Link, direction: 'toServer' | 'toClient'): Promise<void> {
    const [from, to] =
      direction === 'toServer' ? [link.client, link.server] : [link.server, link.client];
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        if (this.#delayMs > 0) await sleep(this.#delayMs);
        if (link.isStalled) continue; // swallowed
        if (direction === 'toServer') this.#bytesToServer += chunk.length;
        else this.#bytesToClient += chunk.length;
        if (!to.write(chunk)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      }
      if (!link.isStalled) to.end();
    } catch {
      if (!link.isStalled) to.destroy(); // one side broke: so does the other
    }
  }

  #forget(link: Link): void {
    // Through a black hole, the client must not hear of the server's end.
    if (link.isStalled && !link.client.destroyed) return;
    link.destroy();
    this.#links.delete(link);
  }
}

/** A listening proxy in front of `server`, such as `https://127.0.0.1:34567`. */
export async function startTcpProxy(server: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(server);
  const proxy = new TcpProxy({ host: hostname, port: Number(port) });
  await proxy.listen();
  return proxy;
}
