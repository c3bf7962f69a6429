// The shopper's page on loopback without nginx: its files under the policy that nginx.conf gives them, and the way to a running
// API that an Ingress would be, on which a test may put a fault.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { RunningApi } from '../../storefront-api/start-api.ts';

const folder = new URL('../../storefront-web/', import.meta.url);
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

/** Value of the page's Content-Security-Policy. */
export function pagePolicy(): string {
  const text = readFileSync(new URL('nginx/nginx.conf', folder), 'utf8');
  return /Content-Security-Policy "([^"]+)"/.exec(text)?.[1] ?? '';
}

/** What becomes of a request to the API. */
export type ApiFault =
  /** The API never hears of it. */
  | { readonly type: 'answer'; readonly status: number; readonly code: string }
  /** The API does it; a gateway has waited long enough before that and answers 504 in words of its own. */
  | { readonly type: 'lose' }
  /** The API does it; the answer's body ends in its middle. */
  | { readonly type: 'cut' }
  /** It is done, but the answer waits for this. */
  | { readonly type: 'hold'; readonly until: Promise<unknown> };

/** What goes wrong with a call such as `POST /api/checkout`. */
export type FaultOf = (call: string) => ApiFault | undefined;

/** A page that is served. */
export interface PageServer {
  readonly port: number;
  /** Calls to the API in the order in which they came, without their query. */
  readonly calls: readonly string[];
  /** Asked at each call; nothing goes wrong by default. */
  faultOf: FaultOf;
  stop(): Promise<void>;
}

function answerFile(path: string, response: ServerResponse): void {
  const name = path === '/' ? 'html/index.html' : `html${path}`;
  const file = path === '/config.json' ? 'config/config.json' : name;
  try {
    const body = readFileSync(new URL(file, folder));
    const type = types[extname(file)];
    response.writeHead(200, { 'content-type': type, 'content-security-policy': pagePolicy() });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}

function answerProblem(status: number, code: string, response: ServerResponse): void {
  const body = { type: `urn:dhakacart:problem:${code}`, status, detail: 'in English' };
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  response.end(JSON.stringify(body));
}

async function answerOf(port: number, asked: IncomingMessage): Promise<IncomingMessage> {
  const { method, url: path, headers } = asked;
  const forwarded = request({ host: '127.0.0.1', port, method, path, headers, agent: false });
  forwarded.end(await buffer(asked));
  const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
  return answer;
}

async function passOn(
  answer: IncomingMessage,
  response: ServerResponse,
  fault: ApiFault | undefined,
): Promise<void> {
  const body = await buffer(answer);
  if (fault?.type === 'hold') await fault.until;
  if (fault?.type === 'lose') {
    response.writeHead(504).end('Gateway Timeout');
    return;
  }
  response.writeHead(answer.statusCode ?? 0, answer.headers);
  if (fault?.type !== 'cut') response.end(body);
  else response.write(body.subarray(0, body.length / 2), () => response.destroy());
}

/** Serves the page in front of an API. */
export async function servePageOf(api: Pick<RunningApi, 'port'>): Promise<PageServer> {
  const calls: string[] = [];
  const served = { faultOf: (() => undefined) as FaultOf };
  const server = createServer((asked, response) => {
    const path = (asked.url ?? '').split('?')[0] ?? '';
    if (!path.startsWith('/api/')) return answerFile(path, response);
    const call = `${asked.method} ${path}`;
    calls.push(call);
    const fault = served.faultOf(call);
    if (fault?.type === 'answer') return answerProblem(fault.status, fault.code, response);
    answerOf(api.port, asked)
      .then((answer) => passOn(answer, response, fault))
      .catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(served, {
    port: (server.address() as AddressInfo).port,
    calls,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  });
}
