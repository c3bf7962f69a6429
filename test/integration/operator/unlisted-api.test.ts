// An API that the cluster serves and the operator may not list, on a real control plane with the CRDs as they are published: a
// shop that is served keeps what leads to it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operatorRelease } from '../../../dev/helm-command.ts';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import type { RunningOperator } from '../../../operator/app.ts';
import { defaultSettings, withSettings } from '../../../operator/runtime/settings.ts';
import { withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { PlayedGateway } from '../../support/gateway-api.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { startOperatorAs } from '../../support/operator.ts';
import { total } from '../../support/operator-pages.ts';
import { installPublishedCrds } from '../../support/published-crds.ts';
import { condition, list, readyStore, smallShop } from '../../support/stores.ts';

/** What is refused is tried again soon. */
const settings = withSettings(defaultSettings, { reflector: { backoffMaxMs: 2_000 } });

interface Rule {
  readonly resources?: readonly string[];
}

describe('the way to a store through a Gateway', { timeout: 120_000 }, () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('unlisted', cluster);
  const platform = new PlayedGateway(cluster);
  let kubeconfig: string;
  let operator: RunningOperator | undefined;
  const { get, merge, run } = kubectlIn(cluster, namespace);
  const role = `clusterrole/${operatorRelease}`;
  const place = (name: string) => ({ name, namespace: namespace() });
  const ways = async (): Promise<readonly string[]> => {
    const found = await list(cluster(), 'httproutes,gateways', ['-n', namespace()]);
    return found.map(({ kind, metadata }) => `${kind}/${metadata.name} ${metadata.uid}`);
  };
  const restart = async (): Promise<void> => {
    await operator?.stop();
    operator = await startOperatorAs(kubeconfig, { settings });
  };
  const exposureIs = (expected: object): Promise<void> =>
    eventually(
      async () => expect(condition(await get('dcs/shop'), 'ExposureReady')).toMatchObject(expected),
      { timeoutMs: 30_000 },
    );

  beforeAll(async () => {
    await installPublishedCrds(cluster(), 'gateway-api');
    await platform.installClass('played');
    kubeconfig = await installOperatorRole(cluster());
    await restart();
    const gateway = { attach: 'Gateway', gatewayClassName: 'played' };
    await readyStore(cluster(), namespace(), 'shop', { ...smallShop, exposure: { gateway } });
    for (const name of ['shop-route', 'shop-redirect']) {
      await eventually(() => platform.judgeRoute(place(name)));
    }
    await platform.program(place('shop-gateway'), '203.0.113.10');
    await exposureIs({ status: 'True' });
  }, 400_000);
  afterAll(() => operator?.stop());

  it('stays as it is while the operator may not list the classes, and is kept up once it may', async () => {
    const before = await ways();
    expect(before).toHaveLength(3);
    const rules = (await get(role))['rules'] as readonly Rule[];
    await merge(role, {
      rules: rules.filter(({ resources }) => !resources?.includes('gatewayclasses')),
    });
    await restart();
    const looks = (): Promise<number> =>
      total(operator as RunningOperator, 'controller_runtime_reconcile_total');
    await eventually(async () => expect(await looks()).toBeGreaterThan(0));
    const seen = await looks();
    await run('annotate', 'dcs/shop', 'example.com/touched=once');
    await eventually(async () => expect(await looks()).toBeGreaterThan(seen));
    expect(await ways()).toEqual(before);
    await exposureIs({ status: 'True', reason: 'Ready' });

    await merge(role, { rules });
    await merge('dcs/shop', { spec: { hosts: ['shop.example.com', 'www.example.com'] } });
    await exposureIs({ status: 'False', reason: 'RoutePending' });
    for (const name of ['shop-route', 'shop-redirect']) await platform.judgeRoute(place(name));
    await platform.program(place('shop-gateway'), '203.0.113.10');
    await exposureIs({ status: 'True', reason: 'Ready' });
    expect(await ways()).toEqual(before);
  });
});
