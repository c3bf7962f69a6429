// Puts the API together and starts it: the only place that knows every part.
import { accountServices } from './account-services.ts';
import { Admission, type AdmissionBounds } from './admission.ts';
import { createApp } from './app.ts';
import type { ApiConfig } from './config.ts';
import { type FrontDoor, openFrontDoor } from './front-door.ts';
import { listen, type ListeningServer } from './http-server.ts';
import { drain, type DrainSteps } from './lifecycle.ts';
import type { Logger } from './log.ts';
import { createMetrics, registerPoolMetrics } from './metrics.ts';
import type { Authenticator } from './middleware/authenticate.ts';
import type { RateLimiter } from './middleware/rate-limit.ts';
import { operationsHandler } from './operations.ts';
import { PageStore } from './page-cache/page-store.ts';
import { Readiness } from './readiness.ts';
import { RepeatingWork } from './repeating-work.ts';
import { cartRepository } from './repositories/cart-repository.ts';
import { categoryRepository } from './repositories/category-repository.ts';
import { checkoutRepository } from './repositories/checkout-repository.ts';
import { Database } from './repositories/database.ts';
import { orderRepository } from './repositories/order-repository.ts';
import { productImportRepository } from './repositories/product-import-repository.ts';
import { productRepository, readinessLook } from './repositories/product-repository.ts';
import { staffProductRepository } from './repositories/staff-product-repository.ts';
import { staffSessionRepository } from './repositories/staff-session-repository.ts';
import { variantRepository } from './repositories/variant-repository.ts';
import type { Route } from './routing/route.ts';
import { seedPictures } from './seed/products.ts';
import { mergeGuestCart } from './routes/cart-owner.ts';
import type { SignInRouteDependencies } from './routes/sign-in.ts';
import { shopRoutes } from './shop-routes.ts';
import { signer } from './signing.ts';

/** What can be put in from outside; tests do. */
export interface StartOptions {
  readonly config: ApiConfig;
  readonly log: Logger;
  /** Interface to listen on; `127.0.0.1` in development, undefined in a pod: every one. */
  readonly host: string | undefined;
  readonly clock?: () => Date;
  readonly limiter?: RateLimiter;
  readonly authenticator?: Authenticator;
  /** Does what a sign-in brings with it; by default it merges the guest's cart. */
  readonly onSignedIn?: SignInRouteDependencies['onSignedIn'];
  /** Milliseconds of a clock that never goes back, for the age of pages. */
  readonly now?: () => number;
  /** How many requests may be at work; tests that send a crowd on a busy machine ask for more. */
  readonly admissionBounds?: AdmissionBounds;
  /** false: every request goes through Koa, as the benchmark and the comparison of both paths want it. */
  readonly withHotPath?: boolean;
  /** Check answers against their declaration; tests do. */
  readonly validateOutput?: boolean;
  /** Time between two looks at the file of keys; by default 10 s. */
  readonly keyReloadMs?: number;
  /** Metrics of the process; they can be collected once in a process, so tests leave them out. */
  readonly withProcessMetrics?: boolean;
}

/** A running API. */
export interface RunningApi {
  readonly port: number;
  readonly metricsPort: number;
  readonly database: Database;
  readonly routes: readonly Route[];
  /** Ends in order; see lifecycle.ts. */
  stop(): Promise<void>;
}

interface RunningParts {
  readonly config: ApiConfig;
  readonly readiness: Readiness;
  readonly server: ListeningServer;
  readonly operations: ListeningServer;
  readonly background: RepeatingWork;
  readonly database: Database;
  readonly door: FrontDoor;
}

function stepsOf(parts: RunningParts): DrainSteps {
  const { config, readiness, server, operations, background, database, door } = parts;
  return {
    stopBeingReady: () => readiness.stop(),
    endpointPropagationMs: config.endpointPropagationMs,
    announceEnd: () => server.announceEnd(),
    closeServer: (patienceMs) => server.close(patienceMs),
    endPool: async () => {
      door.stop();
      await background.stop();
      await database.end();
    },
    closeOperations: () => operations.close(0),
  };
}

/** Adapters of everything that is sold and ordered. */
function shopRepositories(database: Database) {
  return {
    products: productRepository(database),
    carts: cartRepository(database),
    checkouts: checkoutRepository(database),
    orders: orderRepository(database),
    staffProducts: staffProductRepository(database),
    variants: variantRepository(database),
    categoryEditor: categoryRepository(database),
    imports: productImportRepository(database),
    staffSessions: staffSessionRepository(database),
  };
}

/**
 * Starts the API. A database that is away does not stop it: it is not ready until the database answers.
 * @throws Error when a port cannot be listened on
 */
export async function startApi(options: StartOptions): Promise<RunningApi> {
  const { config, log, host, keyReloadMs } = options;
  const { hosts, allowedOrigins, trustedProxyHops, maintenance } = config.shop;
  const { strictTransportSecurity } = config.shop;
  const requests = { hosts, allowedOrigins, trustedProxyHops, strictTransportSecurity };
  const database = new Database(config.database);
  const pages = new PageStore(options.now ?? (() => performance.now()));
  const readiness = new Readiness(database, readinessLook, () => pages.canServeStale);
  const metrics = createMetrics(options.withProcessMetrics ?? true);
  registerPoolMetrics(metrics.registry, () => database.connections);
  const clock = options.clock ?? (() => new Date());
  const services = accountServices({ config, database, log, metrics, clock, keyReloadMs });
  const limiter = options.limiter ?? services.limiter;
  const isReady = (): boolean => readiness.isReady;
  const repositories = shopRepositories(database);
  const signCart = signer(config.sessionSecret, 'guest-cart');
  const routes = shopRoutes({
    ...services,
    onSignedIn: options.onSignedIn ?? mergeGuestCart(repositories.carts, signCart),
    ...repositories,
    signCursor: signer(config.sessionSecret, 'cursor'),
    signCart,
    signOrder: signer(config.sessionSecret, 'guest-order'),
    testPayments: config.testPayments,
    pictures: seedPictures,
    isReady,
  });
  const admission = new Admission(options.admissionBounds);
  const app = createApp({
    settings: { ...requests, maintenance, validateOutput: options.validateOutput ?? false },
    log,
    metrics,
    routes,
    pages,
    clock,
    limiter,
    authenticator: options.authenticator ?? services.authenticator,
    places: admission,
  });
  await readiness.start();
  const background = new RepeatingWork(log);
  for (const task of services.background) background.add(task);
  const operations = await listen(operationsHandler({ registry: metrics.registry, isReady }), {
    host,
    port: config.metricsPort,
  });
  // A shop that is closed answers nothing from memory either.
  const isHot = options.withHotPath !== false && maintenance.mode !== 'Full';
  const door = openFrontDoor({
    ...requests,
    log,
    clock,
    metrics,
    routes,
    store: pages,
    consumeBrowse: isHot ? limiter.consumeBrowse : undefined,
    admission,
    koa: app.callback(),
  });
  const server = await listen(door.listener, { host, port: config.port });
  log.info({ port: server.port, metricsPort: operations.port, ready: isReady() }, 'listening');
  const parts = { config, readiness, server, operations, background, database, door };
  return {
    port: server.port,
    metricsPort: operations.port,
    database,
    routes,
    stop: () => drain(stepsOf(parts), log),
  };
}
