// The listening side: limits of connections and the way they end.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Limits of a connection, against clients that are slow on purpose or by nature. */
export const serverLimits = {
  /** A whole request; a body of 64 kB passes at 40 kbit/s. */
  requestMs: 15_000,
  headersMs: 10_000,
  /** Above the 60 s of common load balancers: whoever reuses a connection last must not be the one who closes it. */
  keepAliveMs: 75_000,
  requestsPerSocket: 1_000,
  headerBytes: 8 * 1024,
  connections: 10_000,
  checkIntervalMs: 5_000,
} as const;

/** A server that listens. */
export interface ListeningServer {
  readonly port: number;
  /** Answers carry `Connection: close` from now on. */
  announceEnd(): void;
  /** Takes no new connection, waits for requests at work for at most `patienceMs`, then cuts. */
  close(patienceMs: number): Promise<void>;
}

function listening(server: Server, { host, port }: ListenAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function closed(server: Server, patienceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), patienceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** Where to listen. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Listens.
 * @throws Error naming the address when it is taken
 */
export async function listen(
  handler: RequestListener,
  address: ListenAddress,
): Promise<ListeningServer> {
  let isEnding = false;
  const server = createServer(
    {
      requestTimeout: serverLimits.requestMs,
      headersTimeout: serverLimits.headersMs,
      keepAliveTimeout: serverLimits.keepAliveMs,
      maxHeaderSize: serverLimits.headerBytes,
      connectionsCheckingInterval: serverLimits.checkIntervalMs,
      insecureHTTPParser: false,
    },
    (request, response) => {
      if (isEnding) response.setHeader('connection', 'close');
      handler(request, response);
    },
  );
  server.maxRequestsPerSocket = serverLimits.requestsPerSocket;
  server.maxConnections = serverLimits.connections;
  return {
    port: await listening(server, address),
    announceEnd: () => {
      isEnding = true;
    },
    close: (patienceMs) => closed(server, patienceMs),
  };
}
