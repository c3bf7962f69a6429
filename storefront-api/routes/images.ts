import { z } from 'zod';
import { notFound } from '../errors.ts';
import { defineRoute, type Route } from '../routing/route.ts';

/** A year: the name changes with the content (RFC 8246). */
const forEver = 'public, max-age=31536000, immutable';

/** Serves pictures from memory: no path is ever joined, so none can be traversed. */
export function imageRoutes(pictures: ReadonlyMap<string, string>): readonly Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/images/:file',
      summary: 'A picture of a product',
      auth: 'none',
      limitClass: 'browse',
      params: z.strictObject({
        file: z
          .string()
          .max(120)
          .regex(/^[a-z0-9-]+\.svg$/, 'must be the name of an SVG file'),
      }),
      responses: {
        200: { description: 'The picture.', body: z.string(), contentType: 'image/svg+xml' },
      },
      handler({ params }) {
        const body = pictures.get(params.file);
        if (body === undefined) throw notFound('there is no such picture');
        return { status: 200, headers: { 'cache-control': forEver }, body };
      },
    }),
  ];
}
