import { z } from 'zod';
import {
  type ImportedProduct,
  type ImportError,
  importPlan,
  maxImportBytes,
} from '../domain/product-import.ts';
import { conflict } from '../errors.ts';
import type {
  ImportConflicts,
  ProductImportRepository,
} from '../repositories/product-import-repository.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import { importQuery, importReport } from './admin-schemas.ts';

/** Most errors in a report: enough to see what is wrong with a file. */
const maxReported = 100;

/** What of the file stands against the shop as it is. Pure. */
function shopErrors(
  products: readonly ImportedProduct[],
  { slugs, skus, categories }: ImportConflicts,
): readonly ImportError[] {
  const [takenSlugs, takenSkus, unknown] = [new Set(slugs), new Set(skus), new Set(categories)];
  return products.flatMap(({ row, product }) => [
    ...(takenSlugs.has(product.slug)
      ? [{ row, column: 'slug' as const, message: 'is in the shop already: change it there' }]
      : []),
    ...(unknown.has(product.categoryPath)
      ? [{ row, column: 'category' as const, message: 'does not exist: add the category first' }]
      : []),
    ...product.variants
      .filter(({ sku }) => takenSkus.has(sku))
      .map(({ sku }) => ({
        row,
        column: 'sku' as const,
        message: `${sku} is in the shop already: take another`,
      })),
  ]);
}

/** `POST /api/admin/product-imports`: new products as drafts, all or none. */
export function adminImportRoute(imports: ProductImportRepository): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/admin/product-imports',
    summary: 'Add products from a CSV file as drafts: all of them, or none when a row is wrong',
    auth: 'staff',
    limitClass: 'write',
    query: importQuery,
    textBody: { contentType: 'text/csv', maxBytes: maxImportBytes },
    body: z.string().describe('RFC 4180 in UTF-8, with a heading; a byte order mark is fine.'),
    responses: {
      200: { description: 'Dry run: what would happen.', body: importReport },
      201: { description: 'All were added.', body: importReport },
      422: { description: 'Nothing was added; each wrong cell is named.', body: importReport },
    },
    async handler({ query, body }, { now }) {
      const { rows, products, errors: fileErrors } = importPlan(body);
      const given = products.map(({ product }) => product);
      const errors =
        fileErrors.length > 0 ? fileErrors : shopErrors(products, await imports.conflicts(given));
      const dryRun = query.dry_run;
      const report = {
        dryRun,
        rows,
        products: errors.length === 0 ? products.length : 0,
        errorCount: errors.length,
        errors: errors.slice(0, maxReported),
      };
      if (dryRun) return { status: 200, body: report };
      if (errors.length > 0) return { status: 422, body: report };
      if ((await imports.add(given, now)) === 'conflict') {
        throw conflict(
          'import-conflict',
          'somebody has added one of these or removed a category of theirs meanwhile: try again',
        );
      }
      return { status: 201, body: report };
    },
  });
}
