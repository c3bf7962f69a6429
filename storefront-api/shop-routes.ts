import type { ProductRepository } from './repositories/product-repository.ts';
import { documentRoute } from './routes/api-document.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { healthRoutes } from './routes/health.ts';
import { imageRoutes } from './routes/images.ts';
import type { Sign } from './domain/page-cursor.ts';
import type { Route } from './routing/route.ts';

/** What the handlers of the shop need. */
export interface ShopDependencies {
  readonly products: ProductRepository;
  readonly signCursor: Sign;
  readonly pictures: ReadonlyMap<string, string>;
  readonly isReady: () => boolean;
}

/** Every route of the shop's own port. Declaring them does no I/O. */
export function shopRoutes(deps: ShopDependencies): readonly Route[] {
  const routes = [
    ...catalogueRoutes({ products: deps.products, sign: deps.signCursor }),
    ...imageRoutes(deps.pictures),
    ...healthRoutes(deps.isReady),
  ];
  return [...routes, documentRoute(routes)];
}
