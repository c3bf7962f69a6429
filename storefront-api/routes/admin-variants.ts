import {
  maxStock,
  maxVariants,
  type StaffVariant,
  type Versioned,
} from '../domain/staff-catalogue.ts';
import { conflict, notFound } from '../errors.ts';
import type { VariantRefusal, VariantRepository } from '../repositories/variant-repository.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import { noSuchProduct, skuTaken } from './admin-products.ts';
import {
  newVariant,
  skuParams,
  slugParams,
  stockBody,
  variantPatch,
  variantReply,
} from './admin-schemas.ts';
import { demandedVersion, etagHeader, ifMatchHeader, stale, versionTag } from './version-tag.ts';

const shown = { description: 'The variant.', body: variantReply, headers: etagHeader } as const;
const oneVariant = { auth: 'staff', params: skuParams } as const;
const oneChange = { ...oneVariant, limitClass: 'write', headers: ifMatchHeader } as const;

function noSuchVariant(): Error {
  return notFound('there is no such variant');
}

function tagged(variant: StaffVariant) {
  return { headers: { etag: versionTag(variant.version) }, body: variant };
}

/** @throws HttpProblem 404 or 412 */
function demandDone(outcome: Versioned<StaffVariant>): StaffVariant {
  if (outcome.kind === 'unknown') throw noSuchVariant();
  if (outcome.kind === 'stale') throw stale();
  return outcome.row;
}

function demandAdded(outcome: StaffVariant | VariantRefusal): StaffVariant {
  switch (outcome) {
    case 'no-product':
      throw noSuchProduct();
    case 'sku-taken':
      throw skuTaken();
    case 'too-many':
      throw conflict('too-many-variants', `a product has at most ${maxVariants} variants`);
    default:
      return outcome;
  }
}

function showRoute(variants: VariantRepository): Route {
  return defineRoute({
    ...oneVariant,
    method: 'GET',
    path: '/api/admin/variants/:sku',
    summary: 'One variant with its stock',
    limitClass: 'browse',
    responses: { 200: shown },
    async handler({ params }) {
      const variant = await variants.find(params.sku);
      if (variant === undefined) throw noSuchVariant();
      return { status: 200, ...tagged(variant) };
    },
  });
}

function addRoute(variants: VariantRepository): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/admin/products/:slug/variants',
    summary: 'Add a variant to a product',
    auth: 'staff',
    limitClass: 'write',
    params: slugParams,
    body: newVariant,
    responses: { 201: { ...shown, headers: { ...etagHeader, location: 'Where it is.' } } },
    async handler({ params, body }) {
      const { headers, body: variant } = tagged(demandAdded(await variants.add(params.slug, body)));
      const location = `/api/admin/variants/${variant.sku}`;
      return { status: 201, headers: { ...headers, location }, body: variant };
    },
  });
}

function changeRoute(variants: VariantRepository): Route {
  return defineRoute({
    ...oneChange,
    method: 'PATCH',
    path: '/api/admin/variants/:sku',
    summary: 'Change the price or the options of a variant',
    body: variantPatch,
    responses: { 200: shown },
    async handler({ params, headers, body }) {
      const target = { ...params, version: demandedVersion(headers) };
      return { status: 200, ...tagged(demandDone(await variants.change(target, body))) };
    },
  });
}

function stockRoute(variants: VariantRepository): Route {
  return defineRoute({
    ...oneChange,
    method: 'PUT',
    path: '/api/admin/variants/:sku/stock',
    summary: 'Set the stock of a variant, or change it by a difference',
    body: stockBody,
    responses: { 200: shown },
    async handler({ params, headers, body }) {
      const target = { ...params, version: demandedVersion(headers) };
      const outcome = await variants.setStock(target, body);
      if (outcome.kind === 'out-of-range') {
        throw conflict('stock-range', `a stock lies between 0 and ${maxStock}`);
      }
      return { status: 200, ...tagged(demandDone(outcome)) };
    },
  });
}

function removeRoute(variants: VariantRepository): Route {
  return defineRoute({
    ...oneChange,
    method: 'DELETE',
    path: '/api/admin/variants/:sku',
    summary: 'Remove a variant; it leaves all carts, orders keep what they say of it',
    responses: { 204: { description: 'Removed.' } },
    async handler({ params, headers }) {
      const target = { ...params, version: demandedVersion(headers) };
      const outcome = await variants.remove(target);
      if (outcome.kind === 'last') {
        throw conflict('last-variant', 'a product keeps one variant: archive the product instead');
      }
      demandDone(outcome);
      return { status: 204 };
    },
  });
}

/** Routes with which staff keep variants and their stock. */
export function adminVariantRoutes(variants: VariantRepository): readonly Route[] {
  const routes = [showRoute, addRoute, changeRoute, stockRoute, removeRoute];
  return routes.map((route) => route(variants));
}
