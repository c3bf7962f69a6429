// The servers that are compared. All answer the product list from the same database.
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { Pool } from 'pg';
import { createLogger } from '../../../storefront-api/log.ts';
import { startApi } from '../../../storefront-api/start-api.ts';
import { benchConfig } from './bench-config.ts';

/** Names of the servers. */
export const contenderNames = ['ceiling', 'hot', 'koa', 'express', 'seeds'] as const;

/** One of them. */
export type ContenderName = (typeof contenderNames)[number];

/** A running server. */
export interface Contender {
  readonly port: number;
  /** SQL statements so far; 0 where nobody counts. */
  statements(): number;
  stop(): Promise<void>;
}

async function listening(handler: RequestListener): Promise<Contender> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    statements: () => 0,
    stop: async () => server.closeAllConnections(),
  };
}

/** Ours: through Koa only, or with the page cache ahead of it. Every feature is on. */
async function storefront(url: string, withHotPath: boolean): Promise<Contender> {
  const config = benchConfig(url);
  const log = createLogger('info');
  const api = await startApi({ config, log, host: '127.0.0.1', withHotPath });
  const { port, database } = api;
  return { port, statements: () => database.statements, stop: () => api.stop() };
}

/** The most that node:http can do: constant bytes, no thought. */
function ceiling(body: string): Promise<Contender> {
  const bytes = Buffer.from(body);
  const headers = { 'content-type': 'application/json', 'content-length': bytes.length };
  return listening((_, response) => {
    response.writeHead(200, headers);
    response.end(bytes);
  });
}

/** As much of Express and its companions as is used here; they bring no types of their own. */
interface ExpressRequest {
  readonly query: Readonly<Record<string, string | undefined>>;
}
interface ExpressApp extends RequestListener {
  use(middleware: unknown): void;
  get(
    path: string,
    handler: (request: ExpressRequest, response: { json(body: unknown): void }) => Promise<void>,
  ): void;
}
const load = createRequire(import.meta.url);

/** The same columns as our list. */
const listText = `SELECT p.slug, p.title_en AS title, c.path AS "categoryPath", p.image_url, p.image_width, p.image_height,
  p.image_alt_en AS image_alt, p.price_from_minor, p.in_stock FROM products p JOIN categories c ON c.id = p.category_id
  WHERE p.status = 'active' AND p.price_from_minor <= $1 ORDER BY p.price_from_minor, p.id LIMIT $2`;

interface ListRow {
  readonly slug: string;
  readonly title: string;
  readonly categoryPath: string;
  readonly image_url: string;
  readonly image_width: number;
  readonly image_height: number;
  readonly image_alt: string;
  readonly price_from_minor: string;
  readonly in_stock: boolean;
}

function card(row: ListRow): unknown {
  const {
    slug,
    title,
    categoryPath,
    image_url: url,
    image_width: width,
    image_height: height,
  } = row;
  const image = { url, width, height, alt: row.image_alt };
  return {
    slug,
    title,
    categoryPath,
    image,
    priceFromMinor: Number(row.price_from_minor),
    inStock: row.in_stock,
  };
}

/** Express with a query per request; `middlewares` come first. */
function express(url: string, middlewares: readonly unknown[]): Promise<Contender> {
  const pool = new Pool({ connectionString: url, max: 10 });
  const app = (load('express') as () => ExpressApp)();
  for (const middleware of middlewares) app.use(middleware);
  app.get('/api/products', async ({ query }, response) => {
    const values = [Number(query['price_max'] ?? 1_000_000_000), Number(query['limit'] ?? 20)];
    const { rows } = await pool.query<ListRow>(listText, values);
    response.json({ items: rows.map(card), nextCursor: null });
  });
  return listening(app);
}

/** Express 5 as shops of this kind commonly stack it. */
function seedsStack(url: string): Promise<Contender> {
  const quiet = { stream: { write: (): void => undefined } };
  return express(url, [
    (load('helmet') as () => unknown)(),
    (load('cors') as (options: unknown) => unknown)({ origin: ['https://shop.example.com'] }),
    (load('express-rate-limit') as { rateLimit: (options: unknown) => unknown }).rateLimit({
      windowMs: 900_000,
      limit: 1_000_000_000,
    }),
    (load('morgan') as (format: string, options: unknown) => unknown)('combined', quiet),
  ]);
}

/** Starts a server. @param body what the ceiling answers */
export function startContender(name: ContenderName, url: string, body: string): Promise<Contender> {
  switch (name) {
    case 'ceiling':
      return ceiling(body);
    case 'hot':
      return storefront(url, true);
    case 'koa':
      return storefront(url, false);
    case 'express':
      return express(url, []);
    case 'seeds':
      return seedsStack(url);
  }
}
