import { expect } from 'vitest';
import { type RealShop, shopName, type ShopInTests, shopTest } from '../../support/real-shop.ts';
import { eventually } from '../../support/eventually.ts';
import { ordinaryErrands } from '../../support/shop-errands.ts';
import { whileShopping } from '../../support/steady-shopping.ts';

async function expectNothingLost(open: RealShop, action: () => Promise<void>): Promise<void> {
  const before = await open.run('get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}');
  const errands = await ordinaryErrands(open.ask);
  const { failures, asked } = await whileShopping(open.ask, errands, async () => {
    await action();
    await open.waitUntilReady();
  });
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThan(100);
  expect(await open.run('get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}')).toBe(before);
}

/** What Kubernetes consists of comes and goes. */
export function lostNodeParts(shop: ShopInTests): void {
  shopTest('loses no request and no pod when the kubelet starts again', shop, async (open) => {
    await expectNothingLost(open, async () => {
      await open.node.restartPart('kubelet');
      // It looks at its pods anew before it lets anybody in.
      await eventually(() => open.run('exec', `${shopName}-db-0`, '--', 'pg_isready'));
    });
  });

  shopTest('loses no request and no pod when the API server starts again', shop, (open) =>
    expectNothingLost(open, () => open.node.restart('kube-apiserver')),
  );
}
