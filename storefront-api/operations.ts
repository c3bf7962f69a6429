// The operations port: metrics for Prometheus, probes for the kubelet. Never on the shop's own way.
import type { RequestListener, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';

/** What the port tells. */
export interface Operations {
  readonly registry: Registry;
  readonly isReady: () => boolean;
}

function send(
  response: ServerResponse,
  status: number,
  [type, body]: readonly [string, string],
): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

const text = (body: string): readonly [string, string] => [
  'text/plain; charset=utf-8',
  `${body}\n`,
];

/** Answers the port. Liveness and start-up say only that the process answers: a database cannot be healed by restarts. */
export function operationsHandler({ registry, isReady }: Operations): RequestListener {
  const pages: Readonly<Record<string, (response: ServerResponse) => void>> = {
    '/health/live': (response) => send(response, 200, text('ok')),
    '/health/startup': (response) => send(response, 200, text('ok')),
    '/health/ready': (response) =>
      isReady() ? send(response, 200, text('ok')) : send(response, 503, text('not ready')),
    '/metrics': (response) => {
      registry.metrics().then(
        (metrics) => send(response, 200, [registry.contentType, metrics]),
        () => send(response, 500, text('metrics failed')),
      );
    },
  };
  return (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return send(response, 405, text('only GET'));
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (!Object.hasOwn(pages, path)) return send(response, 404, text('not found'));
    pages[path]?.(response);
  };
}
