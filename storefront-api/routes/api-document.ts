import { z } from 'zod';
import { documentPath, openApiDocument } from '../routing/openapi.ts';
import { defineRoute, type Route } from '../routing/route.ts';

/** The route that serves the description of all routes, itself among them. */
export function documentRoute(others: readonly Route[]): Route {
  const route = defineRoute({
    method: 'GET',
    path: documentPath,
    summary: 'This description, OpenAPI 3.1',
    auth: 'none',
    limitClass: 'browse',
    responses: {
      200: { description: 'The document.', body: z.looseObject({ openapi: z.string() }) },
    },
    handler: () => ({ status: 200, body: document }),
  });
  const document = openApiDocument([...others, route]) as { openapi: string };
  return route;
}
