import { expect } from 'vitest';
import { shopName, shopSpec, type ShopInTests, shopTest } from '../../support/real-shop.ts';
import { eventually } from '../../support/eventually.ts';
import { ordinaryErrands } from '../../support/shop-errands.ts';
import { whileShopping } from '../../support/steady-shopping.ts';
import { condition } from '../../support/stores.ts';

/** Nobody listens there, so the refusal comes at once. */
const image = 'localhost:1/nothing:1';
const notPulled = /(ErrImagePull|ImagePullBackOff)/;

/** Somebody mistypes an image. */
export function brokenImages(shop: ShopInTests): void {
  shopTest(
    'goes on with its pods when an image cannot be had, and names the pod that waits for it',
    shop,
    async ({ ask, get, owned, specify, waitUntilReady }) => {
      const podOf = async (part: string): Promise<string> => {
        const pods = await owned('pods', part);
        const [pod] = pods.filter(({ spec }) => spec.containers[0].image === image);
        return pod?.metadata.name ?? 'none yet';
      };
      const { failures } = await whileShopping(ask, await ordinaryErrands(ask), async () => {
        await specify({ ...shopSpec, web: { ...shopSpec.web, image } });
        await eventually(async () => {
          const store = await get(`dcs/${shopName}`);
          const { message } = store['status'].components.web;
          expect(message).toContain(`pod ${await podOf('web')}: container web: `);
          expect(message).toMatch(notPulled);
          expect(condition(store, 'Ready')).toMatchObject({ status: 'False' });
          expect(condition(store, 'WebReady')?.message).toMatch(notPulled);
        });
        // The API has a gate before its pods: the migration of the same image.
        await specify({ ...shopSpec, api: { ...shopSpec.api, image } });
        await eventually(async () => {
          const store = await get(`dcs/${shopName}`);
          const { message } = store['status'].migration;
          expect(message).toContain(await podOf('migration'));
          expect(message).toMatch(notPulled);
          expect(condition(store, 'ApiReady')).toMatchObject({ status: 'True' });
        });
        await specify(shopSpec);
        await waitUntilReady();
      });
      expect(failures).toEqual([]);
    },
  );
}
