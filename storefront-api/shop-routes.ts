import type { Registration } from './accounts/registration.ts';
import type { AccountRepository } from './repositories/account-repository.ts';
import type { AddressRepository } from './repositories/address-repository.ts';
import type { ProductRepository } from './repositories/product-repository.ts';
import { type AdminDependencies, adminRoutes } from './routes/admin.ts';
import { documentRoute } from './routes/api-document.ts';
import { addressRoutes } from './routes/addresses.ts';
import { catalogueRoutes } from './routes/catalogue.ts';
import { type CartDependencies, cartRoutes } from './routes/cart.ts';
import { type CheckoutDependencies, checkoutRoute } from './routes/checkout.ts';
import { healthRoutes } from './routes/health.ts';
import { imageRoutes } from './routes/images.ts';
import { meRoutes } from './routes/me.ts';
import { registrationRoutes } from './routes/registration.ts';
import { signInRoutes, type SignInRouteDependencies } from './routes/sign-in.ts';
import { type OrderDependencies, orderRoutes } from './routes/orders.ts';
import type { Sign } from './domain/page-cursor.ts';
import type { Route } from './routing/route.ts';

/** What the handlers of the shop need. */
export interface ShopDependencies
  extends SignInRouteDependencies,
    CartDependencies,
    CheckoutDependencies,
    OrderDependencies,
    AdminDependencies {
  readonly products: ProductRepository;
  readonly accounts: AccountRepository;
  readonly addresses: AddressRepository;
  readonly registration: Registration;
  readonly signCursor: Sign;
  readonly pictures: ReadonlyMap<string, string>;
  readonly isReady: () => boolean;
}

/** Every route of the shop's own port. Declaring them does no I/O. */
export function shopRoutes(deps: ShopDependencies): readonly Route[] {
  const routes = [
    ...catalogueRoutes({ products: deps.products, sign: deps.signCursor }),
    ...cartRoutes(deps),
    checkoutRoute(deps),
    ...orderRoutes(deps),
    ...adminRoutes(deps),
    ...imageRoutes(deps.pictures),
    ...signInRoutes(deps),
    ...registrationRoutes(deps.registration),
    ...meRoutes(deps),
    ...addressRoutes(deps.addresses),
    ...healthRoutes(deps.isReady),
  ];
  return [...routes, documentRoute(routes)];
}
