// The listening side: limits of connections and the way they end.
import { randomUUID } from 'node:crypto';
import {
  createServer,
  type RequestListener,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { HttpProblem } from './errors.ts';
import { problemBody, problemMediaType } from './middleware/error-boundary.ts';
import { securityHeaders } from './middleware/security-headers.ts';
import { cutSlowReaders } from './slow-readers.ts';

/** Limits of a connection, against clients that are slow on purpose or by nature. */
export const serverLimits = {
  /** A whole request; a body of 64 kB passes at 40 kbit/s. */
  requestMs: 15_000,
  headersMs: 10_000,
  /** To take an answer; one of 64 kB passes at 10 kbit/s. */
  unreadMs: 60_000,
  /** Above what proxies in front keep one for (docs/adr/0023): a request that meets our end of it would be lost. */
  keepAliveMs: 100_000,
  requestsPerSocket: 1_000,
  headerBytes: 8 * 1024,
  connections: 10_000,
  checkIntervalMs: 5_000,
} as const;

/** The limits, or shorter ones for tests. */
export type ServerLimits = { readonly [Name in keyof typeof serverLimits]: number };

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
      reject(new Error(`cannot listen on ${host ?? ''}:${port}: ${cause.message}`, { cause }));
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
  /** Undefined: every address, of IPv6 and IPv4; of IPv4 alone where the kernel has no IPv6. */
  readonly host: string | undefined;
  readonly port: number;
}

/** Failures of the parser that are not plain bad requests; codes of Node (https://nodejs.org/api/errors.html). */
const parserProblems: Readonly<
  Record<string, readonly [status: number, code: string, detail: string]>
> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'headers-too-large',
    `the headers exceed ${serverLimits.headerBytes} bytes`,
  ],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'content-too-large', 'the chunk extensions are too long'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'request-timeout', 'the request took too long to arrive'],
};

/** What a socket gets whose bytes are no request: a problem like any other, and the end of the connection. */
function parserAnswer(errorCode: string): string {
  const [status, code, detail] = parserProblems[errorCode] ?? [
    400,
    'invalid-request',
    'this is not an HTTP request',
  ];
  const requestId = randomUUID();
  const body = JSON.stringify(problemBody(new HttpProblem([status, code], detail), requestId));
  const headers = {
    ...securityHeaders,
    'content-type': problemMediaType,
    'content-length': String(Buffer.byteLength(body)),
    'cache-control': 'no-store',
    'x-request-id': requestId,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`;
}

function answerParserFailure(error: Error & { readonly code?: string }, socket: Duplex): void {
  // An answer that has begun must not be followed by another: the client would take it for the next one's.
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null };
  if (!socket.writable || error.code === 'ECONNRESET' || response?.headersSent === true) {
    socket.destroy();
    return;
  }
  // With the error, so that whoever reads the body of this request learns why there is no more of it.
  socket.end(parserAnswer(error.code ?? ''), () => socket.destroy(error));
}

/**
 * Listens.
 * @throws Error naming the address when it is taken
 */
export async function listen(
  handler: RequestListener,
  address: ListenAddress,
  limits: ServerLimits = serverLimits,
): Promise<ListeningServer> {
  let isEnding = false;
  const server = createServer(
    {
      requestTimeout: limits.requestMs,
      headersTimeout: limits.headersMs,
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: limits.headerBytes,
      connectionsCheckingInterval: limits.checkIntervalMs,
      insecureHTTPParser: false,
    },
    (request, response) => {
      if (isEnding) response.setHeader('connection', 'close');
      handler(request, response);
    },
  );
  server.on('clientError', answerParserFailure);
  cutSlowReaders(server, limits);
  server.maxRequestsPerSocket = limits.requestsPerSocket;
  server.maxConnections = limits.connections;
  return {
    port: await listening(server, address),
    announceEnd: () => {
      isEnding = true;
    },
    close: (patienceMs) => closed(server, patienceMs),
  };
}
