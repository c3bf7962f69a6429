import type { RequestListener } from 'node:http';
import { admissionLimits } from './admission.ts';
import { HttpProblem } from './errors.ts';
import { allowedOriginHeaders } from './middleware/cross-origin.ts';
import { problemBody, problemMediaType } from './middleware/error-boundary.ts';
import { requestIdOf } from './middleware/request-context.ts';
import { shopSecurityHeaders } from './middleware/security-headers.ts';

const overloaded = new HttpProblem([503, 'overloaded'], 'too many requests at once, try again', {
  headers: { 'retry-after': String(admissionLimits.retryAfterSeconds) },
});

/** Answers 503 with as little work as possible; the answer is like that of any other problem. */
export function refusal(
  allowedOrigins: readonly string[],
  strictTransportSecurity: string,
): RequestListener {
  const allowed = new Map(allowedOrigins.map((name) => [name, allowedOriginHeaders(name)]));
  const fixedHeaders = Object.entries({
    ...shopSecurityHeaders(strictTransportSecurity),
    ...overloaded.headers,
    'cache-control': 'no-store',
    'content-type': problemMediaType,
    vary: 'Origin',
  }).flat();
  return ({ method, headers }, response) => {
    const requestId = requestIdOf(headers['x-request-id'] as string | undefined);
    const body = JSON.stringify(problemBody(overloaded, requestId));
    response.writeHead(overloaded.status, [
      ...fixedHeaders,
      'x-request-id',
      requestId,
      'content-length',
      String(Buffer.byteLength(body)),
      ...(allowed.get(headers.origin ?? '') ?? []),
    ]);
    response.end(method === 'HEAD' ? undefined : body);
  };
}
