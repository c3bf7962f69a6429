import { expect } from 'vitest';
import { operatorNamespace } from '../../../dev/helm-command.ts';
import { eventually } from '../../support/eventually.ts';
import {
  type RealShop,
  shopName,
  shopSpec,
  type ShopInTests,
  shopTest,
} from '../../support/real-shop.ts';
import { childResources, list } from '../../support/stores.ts';

/** Pod that holds the lease. */
async function leader({ node }: RealShop): Promise<string> {
  const leases = await list(node, 'leases', ['-n', operatorNamespace]);
  expect(leases).toHaveLength(1);
  return String(leases[0]?.['spec'].holderIdentity);
}

/** What the store consists of, and the content of its Secrets. */
async function inventory({ owned }: RealShop): Promise<readonly string[]> {
  const objects = await owned(childResources);
  return objects
    .map(({ kind, metadata, data }) => {
      const content = kind === 'Secret' ? ` ${JSON.stringify(data)}` : '';
      return `${kind}/${metadata.name} ${metadata.uid}${content}`;
    })
    .toSorted();
}

const edits = [5, 6, 7, 8, 9];

/** The operator goes while it has something to do. */
export function lostOperator(shop: ShopInTests): void {
  shopTest(
    'is brought to its spec by the other operator when one is killed at work',
    shop,
    async (open) => {
      const before = await inventory(open);
      const killed = await leader(open);
      const { autoscaling } = shopSpec.web;
      const edit = (maxReplicas: number): Promise<void> => {
        const web = { ...shopSpec.web, autoscaling: { ...autoscaling, maxReplicas } };
        return open.specify({ ...shopSpec, web });
      };
      const editing = (async () => {
        for (const maxReplicas of edits) await edit(maxReplicas);
      })();
      await open.killProgram(operatorNamespace, killed);
      const flags = ['-n', operatorNamespace, '--grace-period=0', '--force'];
      await open.node.kubectl(['delete', 'pod', killed, ...flags]);
      await editing;
      await eventually(
        async () => {
          expect((await open.get(`hpa/${shopName}-web`))['spec'].maxReplicas).toBe(edits.at(-1));
          expect(await leader(open)).not.toBe(killed);
        },
        { timeoutMs: 120_000, intervalMs: 500 },
      );
      await open.waitUntilReady();
      expect(await inventory(open)).toEqual(before);
    },
  );
}
