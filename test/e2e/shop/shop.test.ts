// A whole shop on a node of containers: the operator in the cluster, real pods, shoppers behind the ingress. The tests share
// one shop, each in a file about its topic, and run in this order: the release comes last, since each test begins with the
// spec that the shop opened with.
import { describeNode } from '../../support/real-node.ts';
import { withRealShop } from '../../support/real-shop.ts';
import { anOpenShop } from './open-shop.ts';
import { brokenImages } from './broken-images.ts';
import { lostDatabase } from './lost-database.ts';
import { lostOperator } from './lost-operator.ts';
import { lostPods } from './lost-pods.ts';
import { lostNodeParts } from './lost-node-parts.ts';
import { network } from './network.ts';
import { release } from './release.ts';
import { restrictedPods } from './restricted-pods.ts';
import { scaling } from './scaling.ts';

describeNode('a shop on a node of containers', () => {
  const shop = withRealShop();

  anOpenShop(shop);
  restrictedPods(shop);
  network(shop);
  brokenImages(shop);
  lostPods(shop);
  lostNodeParts(shop);
  lostDatabase(shop);
  scaling(shop);
  lostOperator(shop);
  release(shop);
});
