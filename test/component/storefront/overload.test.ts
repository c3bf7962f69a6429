// More requests at once than may be at work: what is too much is refused at once, the rest is answered, and the probes
// do not notice.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admissionLimits } from '../../../storefront-api/admission.ts';
import type { RateLimiter } from '../../../storefront-api/middleware/rate-limit.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { headerOf, type RawAnswer, rawAnswer } from '../../support/raw-answer.ts';
import { seededDatabase, startedApi } from '../../support/storefront.ts';
import { eventually } from '../../support/eventually.ts';

const verdict = {
  isAllowed: true,
  limit: 9,
  windowSeconds: 1,
  remaining: 9,
  resetSeconds: 1,
  isFirstRefusal: false,
};
const readers = admissionLimits.most * admissionLimits.readerShare;
const origin = 'https://shop.example.com';
let api: RunningApi;
/** Requests wait here, as they would wait for a database. */
let gate = Promise.withResolvers<void>();
let waiting = 0;

beforeAll(async () => {
  const limiter: RateLimiter = {
    consume: async () => {
      waiting += 1;
      await gate.promise;
      return verdict;
    },
  };
  api = await startedApi(await seededDatabase(), {
    limiter,
    admissionBounds: { most: admissionLimits.most, least: admissionLimits.most },
  });
});
afterAll(() => api.stop());

function ask(path: string, init: { method?: string; headers?: Record<string, string> } = {}) {
  return rawAnswer({ port: api.port, path, ...init });
}

describe('when as many requests are at work as may be', () => {
  let held: Promise<RawAnswer>[] = [];
  beforeAll(async () => {
    held = Array.from({ length: readers }, (_, n) => ask(`/api/products?price_min=${n}`));
    await eventually(() => expect(waiting).toBe(readers), { timeoutMs: 20_000 });
  });
  afterAll(() => gate.resolve());

  it('another one gets 503 at once, with the time to come again', async () => {
    const headers = { origin, 'x-request-id': 'r1' };
    const answer = await ask('/api/products', { headers });
    expect(answer.status).toBe(503);
    expect(JSON.parse(String(answer.body))).toEqual({
      type: 'urn:dhakacart:problem:overloaded',
      title: 'Service Unavailable',
      status: 503,
      detail: 'too many requests at once, try again',
      requestId: 'r1',
    });
    expect(headerOf(answer, 'retry-after')).toBe('1');
    expect(headerOf(answer, 'content-type')).toBe('application/problem+json');
    expect(headerOf(answer, 'cache-control')).toBe('no-store');
    expect(headerOf(answer, 'access-control-allow-origin')).toBe(origin);
    expect(headerOf(answer, 'x-content-type-options')).toBe('nosniff');
    expect((await ask('/api/products', { method: 'HEAD' })).body).toHaveLength(0);
  });

  it('probes and metrics are answered', async () => {
    expect((await ask('/health')).status).toBe(200);
    expect((await ask('/ready')).status).toBe(200);
    const response = await fetch(`http://127.0.0.1:${api.metricsPort}/metrics`);
    const text = await response.text();
    expect(text).toMatch(/^dhakacart_api_requests_refused_total [1-9]/m);
    expect(text).toMatch(/^dhakacart_api_event_loop_delay_seconds \d/m);
    expect(text).toContain(`dhakacart_api_admission_limit ${admissionLimits.most}`);
    expect(text).toMatch(/requests_total{method="GET",route="unmatched",status="503"} [1-9]/);
  });

  it('all that were taken in are answered, and then there is room again', async () => {
    gate.resolve();
    const statuses = await Promise.all(held.map(async (answer) => (await answer).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(readers);
    expect((await ask('/api/categories')).status).toBe(200);
    gate = Promise.withResolvers();
    gate.resolve();
  });
});
