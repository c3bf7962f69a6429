// A small API with one route of each kind, to be asked wrongly: its limits are those of the shop, its answers are short.
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, expect } from 'vitest';
import { z } from 'zod';
import { Admission } from '../../storefront-api/admission.ts';
import { createApp } from '../../storefront-api/app.ts';
import { listen, type ListeningServer } from '../../storefront-api/http-server.ts';
import { createLogger } from '../../storefront-api/log.ts';
import { createMetrics } from '../../storefront-api/metrics.ts';
import { nobody } from '../../storefront-api/middleware/authenticate.ts';
import { unlimited } from '../../storefront-api/middleware/rate-limit.ts';
import { PageStore } from '../../storefront-api/page-cache/page-store.ts';
import { integerText } from '../../storefront-api/routing/query-fields.ts';
import { defineRoute } from '../../storefront-api/routing/route.ts';

const routes = [
  defineRoute({
    method: 'GET',
    path: '/things/:name',
    summary: 'A thing',
    auth: 'none',
    limitClass: 'browse',
    params: z.strictObject({ name: z.string().regex(/^[a-z]{1,9}$/) }),
    query: z.strictObject({
      n: integerText([1, 9], 'a number').optional(),
      q: z.string().optional(),
    }),
    responses: { 200: { description: 'ok', body: z.strictObject({ name: z.string() }) } },
    handler: ({ params }) => ({ status: 200, body: { name: params.name } }),
  }),
  defineRoute({
    method: 'POST',
    path: '/things',
    summary: 'Make a thing',
    auth: 'none',
    limitClass: 'write',
    body: z.strictObject({
      name: z.string().max(5),
      lines: z.array(z.strictObject({ n: z.int() })).optional(),
    }),
    responses: { 201: { description: 'made', body: z.strictObject({ name: z.string() }) } },
    handler: ({ body }) => ({ status: 201, body: { name: body.name } }),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/things/:name',
    summary: 'Unmake',
    auth: 'shopper',
    limitClass: 'write',
    params: z.strictObject({ name: z.string() }),
    responses: { 204: { description: 'gone' } },
    handler: () => ({ status: 204 }),
  }),
  defineRoute({
    method: 'GET',
    path: '/who',
    summary: 'Whose address is it?',
    auth: 'none',
    limitClass: 'none',
    responses: { 200: { description: 'ok', body: z.strictObject({ ip: z.string() }) } },
    handler: (_, { ip }) => ({ status: 200, body: { ip } }),
  }),
  defineRoute({
    method: 'GET',
    path: '/broken',
    summary: 'Fails',
    auth: 'none',
    limitClass: 'browse',
    responses: { 200: { description: 'never', body: z.strictObject({}) } },
    handler: () => {
      throw new Error('password=hunter2 at table users');
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/lying',
    summary: 'Answers what it does not declare',
    auth: 'none',
    limitClass: 'browse',
    responses: { 200: { description: 'a number', body: z.strictObject({ n: z.number() }) } },
    handler: () => ({ status: 200, body: { n: 1, secret: 'x' } as { n: number } }),
  }),
];

/** An answer, its body as text. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends a request to the small API of the current test file. */
export type Send = (
  method: string,
  path: string,
  content?: { readonly headers?: Record<string, string>; readonly body?: string | Buffer },
) => Promise<Answer>;

async function startSmallApi(): Promise<ListeningServer> {
  const app = createApp({
    settings: {
      hosts: ['127.0.0.1', 'shop.example.com'],
      allowedOrigins: ['https://shop.example.com'],
      trustedProxyHops: 1,
      strictTransportSecurity: 'max-age=63072000; includeSubDomains',
      maintenance: { mode: 'Off', message: { en: '', bn: '' } },
      validateOutput: true,
    },
    log: createLogger('silent'),
    metrics: createMetrics(false),
    clock: () => new Date(),
    limiter: unlimited,
    authenticator: nobody,
    routes,
    pages: new PageStore(() => performance.now()),
    places: new Admission(),
  });
  const handler = app.callback();
  return listen((request, response) => void handler(request, response), {
    host: '127.0.0.1',
    port: 0,
  });
}

/** The small API for the tests of the current file. */
export function withSmallApi(): Send {
  let server: ListeningServer | undefined;
  beforeAll(async () => {
    server = await startSmallApi();
  });
  afterAll(() => server?.close(0));
  return (method, path, content = {}) => sendTo(server?.port ?? 0, { method, path, ...content });
}

/** `fetch` would tidy the path and refuse some headers. */
function sendTo(
  port: number,
  {
    method,
    path,
    headers = {},
    body,
  }: { method: string; path: string; headers?: Record<string, string>; body?: string | Buffer },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** The problem of an answer, which must be one. */
export function problem({ text, headers }: Answer): {
  readonly status: number;
  readonly errors?: readonly { readonly in: string; readonly path: string }[];
} {
  expect(headers['content-type']).toBe('application/problem+json');
  return JSON.parse(text) as ReturnType<typeof problem>;
}
