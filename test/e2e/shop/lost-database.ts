import { expect } from 'vitest';
import { shopName, type ShopInTests, shopTest } from '../../support/real-shop.ts';
import { eventually } from '../../support/eventually.ts';
import { orderState, placeOrder, readingErrands } from '../../support/shop-errands.ts';
import { whileShopping } from '../../support/steady-shopping.ts';

/** The database goes. */
export function lostDatabase(shop: ShopInTests): void {
  shopTest(
    'shows its catalogue while its database is away, keeps its orders, and sells again by itself',
    shop,
    async ({ ask, get, run, waitUntilReady }) => {
      const pod = `${shopName}-db-0`;
      const order = await placeOrder(ask);
      const { uid } = (await get(`pod/${pod}`)).metadata;
      const { failures } = await whileShopping(ask, await readingErrands(ask), async () => {
        await run('delete', 'pod', pod);
        await eventually(async () => void (await placeOrder(ask)), { timeoutMs: 120_000 });
      });
      expect(failures).toEqual([]);
      expect((await get(`pod/${pod}`)).metadata.uid).not.toBe(uid);
      expect(await orderState(ask, order)).toBe('placed');
      await waitUntilReady();
    },
  );
}
