import { z } from 'zod';
import { defineRoute, type Route } from '../routing/route.ts';

const health = z.strictObject({ status: z.enum(['ok', 'unavailable']) });
const ok = { status: 200, body: { status: 'ok' } } as const;
const unavailable = { status: 503, body: { status: 'unavailable' } } as const;
const facts = { method: 'GET', auth: 'none', limitClass: 'none' } as const;

/** `/health` and `/ready` on the shop's own port: alive, and able to serve. They tell nothing else. */
export function healthRoutes(isReady: () => boolean): readonly Route[] {
  return [
    defineRoute({
      ...facts,
      path: '/health',
      summary: 'Is the process alive?',
      responses: { 200: { description: 'Alive.', body: health } },
      handler: () => ok,
    }),
    defineRoute({
      ...facts,
      path: '/ready',
      summary: 'Can the shop be read?',
      responses: {
        200: { description: 'Yes.', body: health },
        503: { description: 'Not now.', body: health },
      },
      handler: () => (isReady() ? ok : unavailable),
    }),
  ];
}
