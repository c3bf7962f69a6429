// Walks every declared route with inputs that the declarations allow, and with some that they do not, signed in where a
// route asks for it.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { FieldsSchema, Route, RouteAuth } from '../../../storefront-api/routing/route.ts';
import { shopRoutes, type ShopDependencies } from '../../../storefront-api/shop-routes.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { signedInShopper, signedInStaff } from '../../support/shoppers.ts';
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
  'HILSA-PADMA-1KG',
  'ইলিশ',
  'saree',
  '%',
  "' OR 1=1 --",
  '\\',
  '&',
  ':*',
  '..',
  '',
  'somebody@example.com',
  'eleven green mangoes',
  '01712345678',
  'Dhaka',
  '7f2c1f0e-6f53-4f0e-9a3f-2f6f3b6f0a11',
  'A'.repeat(43),
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

/** Bodies with the declared names and any values, and any JSON at all. */
function bodies(schema: Route['body']): fc.Arbitrary<unknown> {
  const anything = fc.jsonValue({ maxDepth: 3 });
  if (!(schema instanceof z.ZodObject)) return anything;
  const names = [...Object.keys(schema.shape), 'unknown_field'];
  const value = fc.oneof({ weight: 4, arbitrary: anyText }, { weight: 1, arbitrary: anything });
  return fc.oneof(fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 8 }), anything);
}

async function headersFor(auth: RouteAuth): Promise<Readonly<Record<string, string>>> {
  if (auth === 'none') return {};
  return (await (auth === 'staff' ? signedInStaff(api) : signedInShopper(api))).headers;
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

interface Content {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

async function check(route: Route, path: string, { body, headers }: Content): Promise<void> {
  const response = await fetchFrom(api, path, {
    method: route.method,
    headers: {
      'idempotency-key': 'a-key-of-good-length',
      'if-match': '"1"',
      ...headers,
      ...(route.body && { 'content-type': route.textBody?.contentType ?? 'application/json' }),
    },
    ...(route.body && { body: JSON.stringify(body) }),
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
    'S52 S74 %s never fails on any input, and answers what it declares',
    async (_, route) => {
      const headers = await headersFor(route.auth);
      await fc.assert(
        fc.asyncProperty(
          fields(route.params),
          fields(route.query),
          bodies(route.body),
          (params, query, body) =>
            check(route, pathOf(route, params) + queryOf(query), { body, headers }),
        ),
        { numRuns: runs, seed: 20_261_123 },
      );
    },
  );

  const signedIn = routes.filter(({ auth }) => auth === 'shopper' || auth === 'staff');
  it.each(signedIn.map((route) => [`${route.method} ${route.path}`, route] as const))(
    'S50 %s is for nobody without a token, and for the staff only if it says so',
    async (_, route) => {
      const path = pathOf(route, {});
      const { method } = route;
      expect((await fetchFrom(api, path, { method })).status).toBe(401);
      if (route.auth !== 'staff') return;
      const { headers } = await signedInShopper(api);
      expect((await fetchFrom(api, path, { method, headers })).status).toBe(403);
    },
  );

  const paths = [...new Set(routes.map(({ path }) => path))];
  it.each(paths)('S53 S54 S55 %s takes no other method, however it is asked', async (template) => {
    const own = routes.filter(({ path }) => path === template);
    const methods = new Set<string>(own.map(({ method }) => method));
    const path = pathOf(own[0] as Route, {});
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((m) => !methods.has(m))) {
      const override = { 'x-http-method-override': [...methods][0] ?? '' };
      const response = await fetchFrom(api, path, { method, headers: override });
      expect([response.status, response.headers.get('allow')]).toEqual([
        405,
        expect.stringContaining([...methods][0] ?? ''),
      ]);
    }
    const options = await fetchFrom(api, path, { method: 'OPTIONS' });
    expect([options.status, await options.text()]).toEqual([204, '']);
    const head = await fetchFrom(api, path, { method: 'HEAD' });
    expect(await head.text()).toBe('');
  });
});
