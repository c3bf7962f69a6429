// Walks every declared route with inputs that the declarations allow, and with some that they do not.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { FieldsSchema, Route } from '../../../storefront-api/routing/route.ts';
import { shopRoutes, type ShopDependencies } from '../../../storefront-api/shop-routes.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { fetchFrom, seededDatabase, startedApi } from '../../support/storefront.ts';

/** Requests for each route: enough to meet every field, few enough for two shared cores. */
const runs = 60;

let api: RunningApi;
beforeAll(async () => {
  api = await startedApi(await seededDatabase());
});
afterAll(() => api.stop());

const likely = fc.constantFrom(
  'en',
  'bn',
  'true',
  'false',
  '1',
  '0',
  '100',
  '101',
  '-1',
  'newest',
  'price-asc',
  'food/fish',
  'hilsa-padma-1kg',
  'ইলিশ',
  'saree',
  '%',
  "' OR 1=1 --",
  '\\',
  '&',
  ':*',
  '..',
  '',
  '9'.repeat(30),
);
const anyText = fc.oneof(
  { weight: 3, arbitrary: likely },
  { weight: 1, arbitrary: fc.string({ maxLength: 40, unit: 'binary' }) },
);

function fields(schema: FieldsSchema): fc.Arbitrary<Record<string, string>> {
  const names = [...Object.keys(schema.shape), 'unknown_field'];
  return fc.dictionary(fc.constantFrom(...names), anyText, { maxKeys: 4 });
}

function pathOf(route: Route, params: Readonly<Record<string, string>>): string {
  return route.path.replaceAll(
    /:(\w+)/g,
    (_, name: string) =>
      encodeURIComponent((params[name] ?? 'hilsa-padma-1kg').toWellFormed()) || 'x',
  );
}

function queryOf(query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(
    ([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`,
  );
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
}

const problem = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  requestId: z.string(),
});

async function check(route: Route, path: string, body: unknown): Promise<void> {
  const response = await fetchFrom(api, path, {
    method: route.method,
    ...(route.body && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const text = await response.text();
  expect(response.status, `${route.method} ${path}: ${text}`).toBeLessThan(500);
  if (response.headers.get('content-type') === 'application/problem+json') {
    expect(problem.parse(JSON.parse(text)).status).toBe(response.status);
    return;
  }
  // The server has checked the body against the declaration already; here only that it was declared.
  expect(Object.keys(route.responses)).toContain(String(response.status));
}

describe('every declared route', () => {
  const routes = shopRoutes({ pictures: new Map() } as unknown as ShopDependencies);
  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    '%s never fails on any input',
    async (_, route) => {
      await fc.assert(
        fc.asyncProperty(
          fields(route.params),
          fields(route.query),
          fc.jsonValue({ maxDepth: 3 }),
          (params, query, body) => check(route, pathOf(route, params) + queryOf(query), body),
        ),
        { numRuns: runs, seed: 20_261_123 },
      );
    },
  );
});
