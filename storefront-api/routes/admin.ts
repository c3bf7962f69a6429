import { notFound } from '../errors.ts';
import type { CategoryRepository } from '../repositories/category-repository.ts';
import type { ProductImportRepository } from '../repositories/product-import-repository.ts';
import type { StaffSessionRepository } from '../repositories/staff-session-repository.ts';
import type { VariantRepository } from '../repositories/variant-repository.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import { adminCategoryRoutes } from './admin-categories.ts';
import { adminImportRoute } from './admin-import.ts';
import { adminOrderRoutes } from './admin-orders.ts';
import { type AdminProductDependencies, adminProductRoutes } from './admin-products.ts';
import { revokedReply, userParams } from './admin-schemas.ts';
import { adminVariantRoutes } from './admin-variants.ts';
import type { OrderDependencies } from './orders.ts';

/** What staff's routes need. */
export interface AdminDependencies extends AdminProductDependencies, OrderDependencies {
  readonly variants: VariantRepository;
  readonly categoryEditor: CategoryRepository;
  readonly imports: ProductImportRepository;
  readonly staffSessions: StaffSessionRepository;
}

function revokeRoute(sessions: StaffSessionRepository): Route {
  return defineRoute({
    method: 'POST',
    path: '/api/admin/users/:id/revoke-sessions',
    summary: 'End all sessions of an account',
    auth: 'staff',
    limitClass: 'write',
    params: userParams,
    responses: { 200: { description: 'How many ended.', body: revokedReply } },
    async handler({ params }, { now, actor, log }) {
      const revoked = await sessions.revokeAll(params.id, now);
      if (revoked === undefined) throw notFound('there is no such account');
      log.info({ userId: params.id, by: actor?.userId, revoked }, 'sessions revoked by staff');
      return { status: 200, body: { revoked } };
    },
  });
}

/** Every route that only staff may call. */
export function adminRoutes(deps: AdminDependencies): readonly Route[] {
  return [
    ...adminProductRoutes(deps),
    ...adminVariantRoutes(deps.variants),
    ...adminCategoryRoutes(deps.categoryEditor),
    ...adminOrderRoutes(deps),
    adminImportRoute(deps.imports),
    revokeRoute(deps.staffSessions),
  ];
}
