// The OpenAPI 3.1 document, derived from the route declarations. Pure: the same routes, the same document.
import { z } from 'zod';
import type { FieldsSchema, ResponseDeclaration, Route, RouteAuth } from './route.ts';

/** Where the document is served. */
export const documentPath = '/api/openapi.json';

/** Version of the API, not of the program: a breaking change needs a new one. */
export const apiVersion = '1.0.0';

type Json = Readonly<Record<string, unknown>>;

/** Schema of RFC 9457 problems as this API sends them; some codes add members of their own. */
export const problemSchema = z.looseObject({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  requestId: z.string(),
  errors: z.array(z.object({ in: z.string(), path: z.string(), message: z.string() })).optional(),
});

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: target }) => {
      // zod leaves out the default of a converted field, since its own type is the converted one.
      const { def } = zodSchema._zod;
      if (def.type === 'default') target.default = def.defaultValue;
      // Fields that arrive as text say what that text means; JSON Schema has no word for the conversion.
      const { wire } = target as { wire?: Json };
      if (wire === undefined) return;
      for (const key of ['wire', 'pattern', 'type', 'enum']) Reflect.deleteProperty(target, key);
      Object.assign(target, wire);
    },
  });
  return rest;
}

function parameters(place: 'path' | 'query' | 'header', schema: FieldsSchema): readonly Json[] {
  const { properties = {}, required = [] } = jsonSchema(schema, 'input') as {
    properties?: Record<string, Record<string, unknown>>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

function responseObject(declared: ResponseDeclaration): Json {
  const { description, body, contentType = 'application/json', headers } = declared;
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [
          name,
          { description: text, schema: { type: 'string' } },
        ]),
      ),
    }),
    ...(body && { content: { [contentType]: { schema: jsonSchema(body, 'output') } } }),
  };
}

const needsToken: Json[] = [{ bearer: [] }];
const takesToken: Json[] = [{}, ...needsToken];

/** What OpenAPI says of each kind of `auth`. */
const securityOf: Readonly<Record<RouteAuth, readonly Json[]>> = {
  none: [],
  optional: takesToken,
  'if-valid': takesToken,
  shopper: needsToken,
  staff: needsToken,
};

function operation(route: Route): Json {
  const { summary, auth, limitClass, body, textBody, responses } = route;
  const security = securityOf[auth];
  return {
    summary,
    operationId: operationId(route),
    tags: [route.path.split('/')[2] ?? 'shop'],
    security,
    ...(limitClass !== 'none' && { 'x-rate-limit-class': limitClass }),
    parameters: [
      ...parameters('path', route.params),
      ...parameters('query', route.query),
      ...parameters('header', route.headers),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: {
          [textBody?.contentType ?? 'application/json']: { schema: jsonSchema(body, 'input') },
        },
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(responses).map(([status, declared]) => [status, responseObject(declared)]),
      ),
      default: { $ref: '#/components/responses/problem' },
    },
  };
}

/** `GET /api/products/:slug` is `getProductsBySlug`. */
function operationId({ method, path }: Route): string {
  const words = path
    .split('/')
    .filter((part) => part !== '' && part !== 'api')
    .map((part) =>
      part
        .replace(/^:/, 'by-')
        .replaceAll(/[^A-Za-z0-9]+(.)/g, (_, next: string) => next.toUpperCase()),
    )
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1));
  return method.toLowerCase() + words.join('');
}

/** Builds the document. */
export function openApiDocument(routes: readonly Route[]): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const template = route.path.replaceAll(/:(\w+)/g, '{$1}');
    paths[template] = { ...paths[template], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'DhakaCart shop API',
      version: apiVersion,
      description: 'Money is a whole number of poisha (1/100 BDT). Errors are RFC 9457 problems.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      responses: {
        problem: {
          description: 'A problem, RFC 9457.',
          content: { 'application/problem+json': { schema: jsonSchema(problemSchema, 'output') } },
        },
      },
    },
  };
}
