import type { z } from 'zod';
import { pageCursor, type Sign } from '../domain/page-cursor.ts';
import type { ProductContent, StaffProduct } from '../domain/staff-catalogue.ts';
import { conflict, invalidRequest, notFound } from '../errors.ts';
import type {
  AddedProduct,
  StaffProductRepository,
} from '../repositories/staff-product-repository.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import {
  adminProductPage,
  adminProductsQuery,
  newProduct,
  productPatch,
  productReply,
  slugParams,
} from './admin-schemas.ts';
import { orderBefore } from './orders.ts';
import { demandedVersion, etagHeader, ifMatchHeader, stale, versionTag } from './version-tag.ts';

/** What staff's product routes need. */
export interface AdminProductDependencies {
  readonly staffProducts: StaffProductRepository;
  readonly signCursor: Sign;
}

const facts = { auth: 'staff' } as const;
const shown = { description: 'The product.', body: productReply, headers: etagHeader } as const;

/** 404 of everything below a product. */
export function noSuchProduct(): Error {
  return notFound('there is no such product');
}

/** 400: the named category does not exist. */
function noSuchCategory(): Error {
  return invalidRequest('the request is not valid', [
    { in: 'body', path: 'categoryPath', message: 'is no category of this shop' },
  ]);
}

/** 409: variants are named once in the whole shop. */
export function skuTaken(): Error {
  return conflict('sku-taken', 'another variant has this SKU');
}

function demandAdded(outcome: AddedProduct): void {
  switch (outcome) {
    case 'added':
      return;
    case 'no-category':
      throw noSuchCategory();
    case 'slug-taken':
      throw conflict('slug-taken', 'another product has this slug');
    case 'sku-taken':
      throw skuTaken();
  }
}

function tagged(product: StaffProduct) {
  return { headers: { etag: versionTag(product.version) }, body: product };
}

function listRoute({ staffProducts, signCursor }: AdminProductDependencies): Route {
  return defineRoute({
    ...facts,
    method: 'GET',
    path: '/api/admin/products',
    summary: 'All products, sold or not, newest first',
    limitClass: 'browse',
    query: adminProductsQuery,
    responses: { 200: { description: 'A page.', body: adminProductPage } },
    async handler({ query }) {
      const { status, limit } = query;
      const list = `products that are ${status ?? 'anything'}`;
      const before = orderBefore(query.cursor, list, signCursor);
      const { items, next } = await staffProducts.list({ status, before, limit });
      const position = next === undefined ? undefined : { key: String(next), id: next };
      const nextCursor = position === undefined ? null : pageCursor(position, list, signCursor);
      return { status: 200, body: { items, nextCursor } };
    },
  });
}

function showRoute({ staffProducts }: AdminProductDependencies): Route {
  return defineRoute({
    ...facts,
    method: 'GET',
    path: '/api/admin/products/:slug',
    summary: 'One product with everything that can be changed',
    limitClass: 'browse',
    params: slugParams,
    responses: { 200: shown },
    async handler({ params }) {
      const product = await staffProducts.find(params.slug);
      if (product === undefined) throw noSuchProduct();
      return { status: 200, ...tagged(product) };
    },
  });
}

function addRoute({ staffProducts }: AdminProductDependencies): Route {
  return defineRoute({
    ...facts,
    method: 'POST',
    path: '/api/admin/products',
    summary: 'Add a product with its variants',
    limitClass: 'write',
    body: newProduct,
    responses: {
      201: { ...shown, headers: { ...etagHeader, location: 'Where the product is.' } },
    },
    async handler({ body }, { now }) {
      demandAdded(await staffProducts.add(body, now));
      const variants = body.variants.map((variant) => ({ ...variant, version: 1 }));
      const { headers, body: product } = tagged({ ...body, version: 1, variants });
      const location = `/api/admin/products/${body.slug}`;
      return { status: 201, headers: { ...headers, location }, body: product };
    },
  });
}

/** Fields that are given win; the others stay as they were. Pure. */
function patched(before: StaffProduct, patch: z.output<typeof productPatch>): ProductContent {
  return {
    categoryPath: patch.categoryPath ?? before.categoryPath,
    title: patch.title ?? before.title,
    description: patch.description ?? before.description,
    image: patch.image ?? before.image,
    status: patch.status ?? before.status,
  };
}

/** Reads the product, because the words it is found by come from all its texts; the version guards what was read. */
async function change(
  { staffProducts }: AdminProductDependencies,
  target: { readonly slug: string; readonly version: number; readonly now: Date },
  patch: z.output<typeof productPatch>,
): Promise<StaffProduct> {
  const before = await staffProducts.find(target.slug);
  if (before === undefined) throw noSuchProduct();
  if (before.version !== target.version) throw stale();
  const content = patched(before, patch);
  const outcome = await staffProducts.change({ ...target, content });
  switch (outcome.kind) {
    case 'done':
      return { ...before, ...content, version: outcome.row.version };
    case 'unknown':
      throw noSuchProduct();
    case 'stale':
      throw stale();
    case 'no-category':
      throw noSuchCategory();
  }
}

function changeRoute(deps: AdminProductDependencies): Route {
  return defineRoute({
    ...facts,
    method: 'PATCH',
    path: '/api/admin/products/:slug',
    summary: 'Change texts, picture, category or status of a product',
    limitClass: 'write',
    params: slugParams,
    headers: ifMatchHeader,
    body: productPatch,
    responses: { 200: shown },
    async handler({ params, headers, body }, { now }) {
      const target = { ...params, version: demandedVersion(headers), now };
      return { status: 200, ...tagged(await change(deps, target, body)) };
    },
  });
}

function archiveRoute(deps: AdminProductDependencies): Route {
  return defineRoute({
    ...facts,
    method: 'DELETE',
    path: '/api/admin/products/:slug',
    summary: 'Take a product out of the shop; orders keep what they say of it',
    limitClass: 'write',
    params: slugParams,
    headers: ifMatchHeader,
    responses: { 204: { description: 'Archived.' } },
    async handler({ params, headers }, { now }) {
      const target = { ...params, version: demandedVersion(headers), now };
      await change(deps, target, { status: 'archived' });
      return { status: 204 };
    },
  });
}

/** Routes with which staff keep the products. */
export function adminProductRoutes(deps: AdminProductDependencies): readonly Route[] {
  return [listRoute(deps), showRoute(deps), addRoute(deps), changeRoute(deps), archiveRoute(deps)];
}
