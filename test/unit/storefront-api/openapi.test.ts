import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openApiDocument } from '../../../storefront-api/routing/openapi.ts';
import { defineRoute } from '../../../storefront-api/routing/route.ts';
import { openApiPath, openApiText } from '../../../storefront-api/write-openapi.ts';

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: unknown;
  }[];
}

const document = JSON.parse(openApiText()) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.values(methods).map((operation) => [path, operation] as const),
);

describe('the OpenAPI document', () => {
  it('in docs/reference is what the routes say', () => {
    const file = join(import.meta.dirname, '../../..', openApiPath);
    expect(readFileSync(file, 'utf8')).toBe(openApiText());
  });

  it('names each operation once', () => {
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('declares exactly the parameters that a path has', () => {
    for (const [path, { parameters }] of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(
        parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
      ).toEqual(inPath);
    }
  });

  it('shows numbers that arrive as text as the numbers they are', () => {
    const list = document.paths['/api/products']?.['get'];
    expect(list?.parameters.find(({ name }) => name === 'limit')?.schema).toEqual({
      type: 'integer',
      minimum: 1,
      maximum: 100,
      default: 20,
    });
  });
});

describe('a declaration', () => {
  const facts = {
    path: '/x',
    summary: 'x',
    limitClass: 'browse',
    responses: { 204: { description: 'ok' } },
  } as const;

  it.each([
    ['GET', 'shopper'],
    ['GET', 'optional'],
    ['POST', 'none'],
  ] as const)('of %s with auth %s is never cacheable', (method, auth) => {
    const declare = (): unknown =>
      defineRoute({
        ...facts,
        method,
        auth,
        cacheable: { ttlMs: 1_000 },
        handler: () => ({ status: 204 }),
      });
    expect(declare).toThrow(/only a GET without auth/);
  });

  it('of a body appears with its schema', () => {
    const route = defineRoute({
      ...facts,
      method: 'POST',
      auth: 'shopper',
      body: z.strictObject({ n: z.int() }),
      handler: () => ({ status: 204 }),
    });
    expect(openApiDocument([route])).toMatchObject({
      paths: {
        '/x': {
          post: {
            security: [{ bearer: [] }],
            requestBody: {
              content: {
                'application/json': { schema: { required: ['n'], additionalProperties: false } },
              },
            },
          },
        },
      },
    });
  });
});
