import type { RequestListener } from 'node:http';
import { Overloaded } from './errors.ts';
import { allowedOriginHeaders } from './middleware/cross-origin.ts';
import { problemBody, problemMediaType } from './middleware/error-boundary.ts';
import { requestIdOf } from './middleware/request-context.ts';
import { shopSecurityHeaders } from './middleware/security-headers.ts';

/** Stands for the request id while the answer is prepared. */
const idMark = 'request-id';

/** Answers 503 with as little work as possible; the answer is like that of any other problem. */
export function refusal(
  allowedOrigins: readonly string[],
  strictTransportSecurity: string,
): RequestListener {
  const problem = new Overloaded();
  const allowed = new Map(allowedOrigins.map((name) => [name, allowedOriginHeaders(name)]));
  const fixedHeaders = Object.entries({
    ...shopSecurityHeaders(strictTransportSecurity),
    ...problem.headers,
    'cache-control': 'no-store',
    'content-type': problemMediaType,
    vary: 'Origin',
  }).flat();
  // The id is all that differs, and a plain word: what stands before and after it is written once.
  const [before = '', after = ''] = JSON.stringify(problemBody(problem, idMark)).split(idMark);
  const lengthWithoutId = Buffer.byteLength(before + after);
  return ({ method, headers }, response) => {
    const requestId = requestIdOf(headers['x-request-id'] as string | undefined);
    const list = [...fixedHeaders, 'x-request-id', requestId];
    list.push('content-length', String(lengthWithoutId + requestId.length));
    if (headers.origin !== undefined) list.push(...(allowed.get(headers.origin) ?? []));
    response.writeHead(problem.status, list);
    if (method === 'HEAD') response.end();
    else response.end(before + requestId + after, 'latin1');
  };
}
