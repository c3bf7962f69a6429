// An HTTPS proxy that answers wrongly on request, to stand between a client and a real API server. It
// speaks HTTP/1.1, so that one request can be told from another, and hands on who the client is: a
// bearer token as it came, a client certificate as the front proxy that the API server trusts
// (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy).

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Agent, createServer, request } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import type { KeyPair } from '../../operator/x509/certificate.ts';
import type { ClusterAddress } from '../../dev/cluster/cluster.ts';
import { issueFromFolder, pkiPaths } from '../../dev/cluster/pki.ts';

/** What a rule sees of a request. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path with query. */
  readonly url: string;
  readonly userAgent: string;
}

/** What the proxy does in place of, or with, the server's answer. */
export type ProxyAction =
  /** Answers itself. The default body is a Kubernetes Status with this code. */
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly headers?: OutgoingHttpHeaders;
      readonly body?: string;
    }
  /** Never answers, and keeps the connection open. */
  | { readonly type: 'silence' }
  /** Forwards the request this much later. */
  | { readonly type: 'delay'; readonly delayMs: number }
  /** Forwards the answer's body, but no byte of it while `isHeld`. */
  | { readonly type: 'hold'; readonly isHeld: () => boolean }
  /** Forwards the request under another path and query. */
  | { readonly type: 'rewrite'; readonly url: (url: string) => string }
  /** Forwards this much of the answer's body, then ends the connection as if that were all. */
  | { readonly type: 'truncate'; readonly afterBytes: number }
  /** Forwards this much of the answer's body, then sends a TCP reset. */
  | { readonly type: 'reset'; readonly afterBytes: number };

/** When to do it. The first rule that applies wins. */
export interface ProxyRule {
  readonly matches: (request: ProxiedRequest) => boolean;
  /** How many times at most; default no limit. */
  readonly times?: number;
  /** 0 to 1; default 1. */
  readonly probability?: number;
  readonly action: ProxyAction;
}

/** One request that came through. */
export interface RecordedRequest extends ProxiedRequest {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Undefined while there is no answer. */
  status: number | undefined;
  /** Which rule decided, if any. */
  readonly action: ProxyAction['type'] | undefined;
}

/** The server behind the proxy and the proxy's own credentials, all PEM. */
export interface HttpProxyTarget {
  readonly server: string;
  readonly authority: string;
  readonly serving: KeyPair;
  /** Needed only for clients with certificates. */
  readonly frontProxy?: KeyPair;
}

/** The proxy. Make it with `startHttpProxy` or `httpProxyOf`. */
export class HttpProxy {
  readonly requests: RecordedRequest[] = [];
  readonly #target: HttpProxyTarget;
  readonly #server: Server;
  readonly #plainAgent: Agent;
  readonly #frontProxyAgent: Agent;
  /** The TCP sockets under the TLS ones, by the client's port: TLS sockets cannot send a reset. */
  readonly #sockets = new Map<number | undefined, Socket>();
  readonly #rules: { readonly rule: ProxyRule; uses: number }[] = [];

  constructor(target: HttpProxyTarget) {
    this.#target = target;
    const { authority, serving, frontProxy } = target;
    this.#plainAgent = new Agent({ keepAlive: true, ca: authority });
    const identity =
      frontProxy === undefined ? {} : { cert: frontProxy.certificate, key: frontProxy.key };
    this.#frontProxyAgent = new Agent({ keepAlive: true, ca: authority, ...identity });
    this.#server = createServer(
      {
        cert: serving.certificate,
        key: serving.key,
        ca: authority,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (incoming, response) => void this.#handle(incoming, response),
    );
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.set(socket.remotePort, socket);
      socket.once('close', () => this.#sockets.delete(socket.remotePort));
    });
    this.#server.on('tlsClientError', () => undefined); // the client's problem, and it knows
  }

  /** Port on 127.0.0.1. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Adds a rule; the function it returns takes the rule away again. */
  inject(rule: ProxyRule): () => void {
    const entry = { rule, uses: 0 };
    this.#rules.push(entry);
    return () => void this.#rules.splice(this.#rules.indexOf(entry), 1);
  }

  /** Takes all rules away. */
  clear(): void {
    this.#rules.length = 0;
  }

  /** Starts to listen. */
  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Ends every connection and stops listening. */
  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    this.#plainAgent.destroy();
    this.#frontProxyAgent.destroy();
    await closed;
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen: ProxiedRequest = {
      method: incoming.method ?? 'GET',
      url: incoming.url ?? '/',
      userAgent: incoming.headers['user-agent'] ?? '',
    };
    const action = this.#decide(seen);
    const record: RecordedRequest = {
      ...seen,
      at: Date.now(),
      status: undefined,
      action: action?.type,
    };
    this.requests.push(record);
    response.on('error', () => undefined);
    response.once('close', () => (record.status ??= headStatus(response)));
    if (action?.type === 'silence') return;
    if (action?.type === 'answer') return answer(incoming, response, action);
    if (action?.type === 'delay') await sleep(action.delayMs);
    this.#forward(incoming, response, action);
  }

  #decide(seen: ProxiedRequest): ProxyAction | undefined {
    const entry = this.#rules.find(
      ({ rule, uses }) =>
        uses < (rule.times ?? Infinity) &&
        rule.matches(seen) &&
        Math.random() < (rule.probability ?? 1),
    );
    if (entry !== undefined) entry.uses += 1;
    return entry?.rule.action;
  }

  #forward(
    incoming: IncomingMessage,
    response: ServerResponse,
    action: ProxyAction | undefined,
  ): void {
    const user = certificateUser(incoming);
    const asked = incoming.url ?? '/';
    const url = action?.type === 'rewrite' ? action.url(asked) : asked;
    const onward = request(new URL(url, this.#target.server), {
      method: incoming.method,
      headers: { ...withoutFrontProxyHeaders(incoming), ...user },
      agent: user === undefined ? this.#plainAgent : this.#frontProxyAgent,
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    onward.on('response', (answered) => {
      response.writeHead(answered.statusCode ?? 502, answered.headers);
      response.flushHeaders(); // a watch may have nothing to say for minutes
      answered.on('error', () => response.destroy());
      if (action?.type === 'truncate' || action?.type === 'reset') {
        const tcp = this.#sockets.get(incoming.socket.remotePort);
        breakOff(answered, { response, tcp }, action);
      } else if (action?.type === 'hold') {
        void pipeline(answered, holdBack(action.isHeld), response).catch(() => undefined);
      } else {
        answered.pipe(response);
      }
    });
    incoming.pipe(onward);
  }
}

function headStatus(response: ServerResponse): number | undefined {
  return response.headersSent ? response.statusCode : undefined;
}

function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  { status, headers, body }: Extract<ProxyAction, { type: 'answer' }>,
): void {
  incoming.resume();
  incoming.once('end', () => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(body ?? statusBody(status));
  });
}

const reasons: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** The body of a failed Kubernetes request. Pure. */
export function statusBody(code: number, message = `injected ${code}`): string {
  const reason = reasons[code] ?? '';
  return JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
  });
}

function breakOff(
  answered: IncomingMessage,
  to: { readonly response: ServerResponse; readonly tcp: Socket | undefined },
  { type, afterBytes }: Extract<ProxyAction, { afterBytes: number }>,
): void {
  let left = afterBytes;
  const end = (): void => {
    if (type === 'reset') to.tcp?.resetAndDestroy();
    else to.response.socket?.end();
    answered.destroy();
  };
  answered.on('data', (chunk: Buffer) => {
    if (left <= 0) return;
    const part = chunk.subarray(0, left);
    left -= part.length;
    to.response.write(part, () => void (left <= 0 && end()));
  });
  answered.on('end', end);
}

function holdBack(isHeld: () => boolean): Transform {
  return new Transform({
    async transform(chunk: Buffer, _, done) {
      while (isHeld()) await sleep(20);
      done(null, chunk);
    },
  });
}

function certificateUser(incoming: IncomingMessage): OutgoingHttpHeaders | undefined {
  const socket = incoming.socket as TLSSocket;
  if (incoming.headers.authorization !== undefined || !socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  const groups = subject?.O === undefined ? [] : [subject.O].flat();
  return { 'x-remote-user': [subject?.CN ?? ''].flat()[0], 'x-remote-group': groups };
}

function withoutFrontProxyHeaders(incoming: IncomingMessage): OutgoingHttpHeaders {
  const kept = Object.entries(incoming.headers).filter(([name]) => !name.startsWith('x-remote-'));
  return Object.fromEntries(kept);
}

/** A listening proxy in front of `target`. */
export async function startHttpProxy(target: HttpProxyTarget): Promise<HttpProxy> {
  const proxy = new HttpProxy(target);
  await proxy.listen();
  return proxy;
}

/**
 * A listening proxy in front of a cluster of ours, with a certificate of that cluster's authority.
 * @throws Error for a cluster whose keys we do not have
 */
export function httpProxyOf(cluster: ClusterAddress): Promise<HttpProxy> {
  const { server, pkiFolder } = cluster;
  if (pkiFolder === undefined) throw new Error(`the keys of ${server} are not ours`);
  const paths = pkiPaths(pkiFolder);
  const serving = issueFromFolder(pkiFolder, {
    subject: { commonName: 'http-proxy' },
    usage: 'server',
    hosts: ['localhost', '127.0.0.1'],
  });
  return startHttpProxy({
    server,
    authority: readFileSync(paths.authority, 'utf8'),
    serving,
    frontProxy: {
      certificate: readFileSync(paths.frontProxyClient, 'utf8'),
      key: readFileSync(paths.frontProxyClientKey, 'utf8'),
    },
  });
}
