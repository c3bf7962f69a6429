// The operator's two small servers: metrics for Prometheus, and probes for the kubelet.
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from './config.ts';

/** What a path answers. */
export interface Page {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Paths and what makes their answers. */
export type Pages = Readonly<Record<string, () => Page | Promise<Page>>>;

/** A server that listens. */
export interface RunningServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Probes and scrapes are small; whoever is slower than this is no kubelet. */
const requestTimeoutMs = 10_000;
const maxHeaderSizeBytes = 8 * 1024;

function send(response: ServerResponse, page: Page): void {
  response.writeHead(page.status, {
    'content-type': page.contentType,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(page.body);
}

const notFound: Page = { status: 404, contentType: 'text/plain', body: 'not found\n' };
const notAllowed: Page = { status: 405, contentType: 'text/plain', body: 'only GET\n' };
const broken: Page = { status: 500, contentType: 'text/plain', body: 'internal error\n' };

async function answer(
  pages: Pages,
  method: string | undefined,
  url: string | undefined,
): Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return notAllowed;
  const page = pages[(url ?? '').split('?')[0] ?? ''];
  try {
    return page === undefined ? notFound : await page();
  } catch {
    return broken;
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/**
 * Serves pages.
 * @throws Error when the address cannot be listened on, naming it
 */
export function serve(pages: Pages, address: ListenAddress): Promise<RunningServer> {
  const server = createServer(
    { requestTimeout: requestTimeoutMs, maxHeaderSize: maxHeaderSizeBytes },
    (request, response) => {
      void answer(pages, request.method, request.url).then((page) => send(response, page));
    },
  );
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new Error(`cannot listen on ${address.host ?? ''}:${address.port}: ${cause.message}`, {
          cause,
        }),
      );
    });
    server.listen(address.port, address.host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({ port, close: () => closed(server) });
    });
  });
}
