import { expect } from 'vitest';
import { type RealShop, shopName, type ShopInTests, shopTest } from '../../support/real-shop.ts';
import { eventually } from '../../support/eventually.ts';
import { ordinaryErrands } from '../../support/shop-errands.ts';
import { whileShopping } from '../../support/steady-shopping.ts';
import type { LiveObject } from '../../support/stores.ts';

/**
 * A program that is killed takes its answers with it, and counts as ready until the kubelet has looked (it lists containers
 * once a second) and the ingress controller has heard. Afterwards nobody may notice; busy cores get some time more.
 */
const noticedWithinMs = 6_000;

async function aPod({ owned }: RealShop, component: string): Promise<LiveObject> {
  const [pod] = await owned('pods', component);
  if (pod === undefined) throw new Error(`${component} has no pod`);
  return pod;
}

function allPodsServe({ get }: RealShop, component: string): Promise<void> {
  const timeoutMs = 90_000;
  return eventually(
    async () => {
      const { status } = await get(`deployment/${shopName}-${component}`);
      expect(status).toMatchObject({ replicas: 2, availableReplicas: 2 });
    },
    { timeoutMs, intervalMs: 500 },
  );
}

/** Pods go, politely or not. */
export function lostPods(shop: ShopInTests): void {
  shopTest('loses no request when pods are deleted', shop, async (open) => {
    const errands = await ordinaryErrands(open.ask);
    const names = [
      (await aPod(open, 'api')).metadata.name,
      (await aPod(open, 'web')).metadata.name,
    ];
    const { failures, asked } = await whileShopping(open.ask, errands, async () => {
      await open.run('delete', 'pod', ...names);
      for (const component of ['api', 'web']) await allPodsServe(open, component);
    });
    expect(failures).toEqual([]);
    expect(asked).toBeGreaterThan(200);
  });

  shopTest('serves on with the other pod as soon as one was killed', shop, async (open) => {
    const errands = await ordinaryErrands(open.ask);
    const { name } = (await aPod(open, 'api')).metadata;
    const { failures } = await whileShopping(open.ask, errands, async () => {
      await open.killProgram(open.namespace, name);
      await eventually(async () => {
        const { status } = await open.get(`pod/${name}`);
        expect(status.containerStatuses[0]).toMatchObject({ restartCount: 1, ready: true });
      });
      await allPodsServe(open, 'api');
    });
    expect(failures.filter(({ atMs }) => atMs > noticedWithinMs)).toEqual([]);
  });
}
