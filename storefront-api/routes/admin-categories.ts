import { conflict, invalidRequest, notFound } from '../errors.ts';
import type { CategoryRepository } from '../repositories/category-repository.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import { categoryBody, categoryQuery, categoryReply } from './admin-schemas.ts';

const facts = { auth: 'staff', limitClass: 'write', path: '/api/admin/categories' } as const;
const shown = { description: 'The category.', body: categoryReply } as const;

/** Routes with which staff keep the tree of categories. */
export function adminCategoryRoutes(categories: CategoryRepository): readonly Route[] {
  return [
    defineRoute({
      ...facts,
      method: 'PUT',
      summary: 'Add a category, or give it other names and another place',
      body: categoryBody,
      responses: { 200: shown, 201: shown },
      async handler({ body }) {
        const outcome = await categories.put(body);
        if (outcome === 'no-parent') {
          throw invalidRequest('the request is not valid', [
            { in: 'body', path: 'path', message: 'lies in a category that does not exist' },
          ]);
        }
        const reply = { path: body.path, name: body.name };
        return { status: outcome === 'added' ? 201 : 200, body: reply };
      },
    }),
    defineRoute({
      ...facts,
      method: 'DELETE',
      summary: 'Remove a category that nothing is in',
      query: categoryQuery,
      responses: { 204: { description: 'Removed.' } },
      async handler({ query }) {
        const outcome = await categories.remove(query.path);
        if (outcome === 'unknown') throw notFound('there is no such category');
        if (outcome === 'in-use') {
          throw conflict('category-in-use', 'move its products and categories away first');
        }
        return { status: 204 };
      },
    }),
  ];
}
