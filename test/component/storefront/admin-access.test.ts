// S50: who may call what, for every route of the table, and what no route takes from anybody.
import { beforeAll, describe, expect, it } from 'vitest';
import { shopRoutes, type ShopDependencies } from '../../../storefront-api/shop-routes.ts';
import { aShopper, anAccount, type Shopper } from '../../support/shopper.ts';
import { counted } from '../../support/statement-count.ts';
import { withShop } from '../../support/with-shop.ts';

const shop = withShop();

const routes = shopRoutes({ pictures: new Map() } as unknown as ShopDependencies);
const staffRoutes = routes.filter(({ auth }) => auth === 'staff');
const samples: Readonly<Record<string, string>> = {
  slug: 'mustard-oil-1l',
  sku: 'MUSTARD-OIL-1L',
  id: '6f9619ff-8b86-4011-b42d-00c04fc964ff',
};
const pathOf = (path: string): string =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => samples[name] ?? 'x');

let staff: Shopper;
let shopper: Shopper;
beforeAll(async () => {
  staff = aShopper(shop.api, `Bearer staff:${await anAccount(shop.url, 'staff')}`);
  shopper = aShopper(shop.api, `Bearer shopper:${await anAccount(shop.url)}`);
});

describe('S50 staff routes', () => {
  it('are those below /api/admin, all of them', () => {
    const below = routes.filter(({ path }) => path.startsWith('/api/admin'));
    expect(below).toEqual(staffRoutes);
    expect(below.length).toBeGreaterThanOrEqual(15);
  });

  it.each(staffRoutes.map((route) => [route.method, route.path] as const))(
    '%s %s: 401 to nobody, 403 to a shopper, before anything else is looked at',
    async (method, path) => {
      const json = method === 'GET' ? undefined : { any: 'thing' };
      const content = json === undefined ? {} : { json };
      const [statements] = await counted(shop.api, async () => {
        expect((await aShopper(shop.api).ask(method, pathOf(path), content)).status).toBe(401);
        expect((await shopper.ask(method, pathOf(path), content)).status).toBe(403);
      });
      expect(statements).toBe(0);
    },
  );

  it('are there for staff', async () => {
    for (const path of ['/api/admin/products', '/api/admin/orders']) {
      expect((await staff.ask('GET', path)).status).toBe(200);
    }
  });
});

describe('S51 mass assignment', () => {
  const withJson = routes.filter(
    ({ body, textBody }) => body !== undefined && textBody === undefined,
  );
  const names = ['role', 'id', 'price_minor', 'user_id', 'created_at', 'version'];
  const who = (auth: string): Shopper => (auth === 'staff' ? staff : shopper);

  it.each(withJson.map((route) => [route.method, route.path, route.auth] as const))(
    '%s %s takes no field that it does not know',
    async (method, path, auth) => {
      for (const name of names) {
        const headers = { 'idempotency-key': 'a-key-of-good-length', 'if-match': '"1"' };
        const answer = await who(auth).ask(method, pathOf(path), { json: { [name]: 1 }, headers });
        expect([name, answer.status]).toEqual([name, 400]);
      }
    },
  );
});
