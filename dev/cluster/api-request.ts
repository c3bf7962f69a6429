import { request } from 'node:https';

const DEFAULT_TIMEOUT_MS = 10_000;

/** How to reach one HTTPS server of the cluster. */
export interface ApiTarget {
  readonly server: string;
  readonly authority: string;
  readonly token?: string;
}

/** One request: a body makes it a POST. */
export interface ApiRequest {
  readonly path: string;
  /** Default GET, or POST with a body. */
  readonly method?: string;
  readonly body?: unknown;
  /** How long a silent server is waited for; default 10 000. */
  readonly timeoutMs?: number;
}

/**
 * One JSON request with verified TLS; resolves with the status code and body whatever the code is,
 * rejects when the server cannot be reached. Only for standing the cluster up: the operator has its
 * own transport.
 */
export function apiRequest(
  target: ApiTarget,
  { path, body, method, timeoutMs = DEFAULT_TIMEOUT_MS }: ApiRequest,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      new URL(path, target.server),
      {
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        ca: target.authority,
        timeout: timeoutMs,
        agent: false,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(target.token === undefined ? {} : { authorization: `Bearer ${target.token}` }),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({ status: response.statusCode ?? 0, text });
        });
      },
    );
    call.on('timeout', () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
