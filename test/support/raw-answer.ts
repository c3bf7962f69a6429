// An answer as it came over the wire: every header as often as it was sent, the body as bytes.
import { request as httpRequest } from 'node:http';

/** What is asked. */
export interface RawRequest {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What was answered. */
export interface RawAnswer {
  readonly status: number;
  /** Lower-case names with their values, in the order of names. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

function sortedPairs(rawHeaders: readonly string[]): readonly (readonly [string, string])[] {
  const pairs = rawHeaders.flatMap((name, at): (readonly [string, string])[] =>
    at % 2 === 0 ? [[name.toLowerCase(), rawHeaders[at + 1] ?? '']] : [],
  );
  return pairs.toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
}

/** Sends a request on a connection of its own; nothing is tidied, decoded or followed. */
export function rawAnswer({
  port,
  path,
  method = 'GET',
  headers = {},
  body,
}: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers, agent: false };
    const request = httpRequest(options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: sortedPairs(response.rawHeaders),
          body: Buffer.concat(parts),
        }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Value of a header; undefined when it was not sent. */
export function headerOf({ headers }: RawAnswer, name: string): string | undefined {
  return headers.find(([found]) => found === name)?.[1];
}
