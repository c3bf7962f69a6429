// What each of the two ports tells, and to whom.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../../dev/cluster/free-ports.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { rawAnswer } from '../../support/raw-answer.ts';
import { aConfig, fetchFrom, seededDatabase, startedApi } from '../../support/storefront.ts';

let url: string;
let api: RunningApi;
beforeAll(async () => {
  url = await seededDatabase();
  api = await startedApi(url);
});
afterAll(() => api.stop());

describe('S93 the port of the shop', () => {
  it.each(['/metrics', '/health/live', '/health/ready', '/health/startup', '/api/metrics'])(
    'does not have %s',
    async (path) => {
      expect((await fetchFrom(api, path)).status).toBe(404);
    },
  );

  it.each([
    ['/health', 200, 'ok'],
    ['/ready', 200, 'ok'],
  ])('tells on %s nothing but its state', async (path, status, state) => {
    const response = await fetchFrom(api, path);
    expect([response.status, await response.json()]).toEqual([status, { status: state }]);
  });

  it.each(['/health', '/ready'])(
    'tells it on %s to a load balancer that asks a pod by its address, and that one nothing else',
    async (path) => {
      const { port } = api;
      const headers = { host: `10.1.0.5:${port}` };
      const state = await rawAnswer({ port, path, headers });
      expect([state.status, state.body.toString()]).toEqual([200, '{"status":"ok"}']);
      const other = await rawAnswer({ port, path: '/api/products', headers });
      expect(other.status).toBe(421);
    },
  );

  it('tells nothing more while the database is away', async () => {
    const [closedPort] = await freePorts(1);
    const away = await startedApi(url, {
      config: aConfig(url.replace(/:\d+\//, `:${closedPort}/`)),
    });
    try {
      const response = await fetchFrom(away, '/ready');
      expect([response.status, await response.json()]).toEqual([503, { status: 'unavailable' }]);
      const inner = await fetch(`http://127.0.0.1:${away.metricsPort}/health/ready`);
      expect([inner.status, await inner.text()]).toEqual([503, 'not ready\n']);
    } finally {
      await away.stop();
    }
  });

  it('the inner port has metrics and probes, and no route of the shop', async () => {
    const inner = `http://127.0.0.1:${api.metricsPort}`;
    expect((await fetch(`${inner}/metrics`)).status).toBe(200);
    for (const path of ['/api/products', '/api/openapi.json', '/', '/__proto__', '/constructor']) {
      const response = await fetch(inner + path);
      expect([response.status, await response.text()]).toEqual([404, 'not found\n']);
    }
  });
});
