// An edit that the operator's own write overtakes: the write is merged onto it, and its answer is there before the watch brings
// the edit.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import type { RunningOperator } from '../../../operator/app.ts';
import { withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { type HttpProxy, httpProxyOf } from '../../support/http-proxy.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { startTestOperator } from '../../support/operator.ts';
import { installIngressClass, readyStore } from '../../support/stores.ts';

describe('a watch of stores that lags behind the watches of their children', () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('overtaken', cluster);
  let proxy: HttpProxy;
  let operator: RunningOperator;
  let isHeld = false;

  const { get, merge } = kubectlIn(cluster, namespace);
  beforeAll(async () => {
    proxy = await httpProxyOf(cluster().address);
    proxy.inject({
      matches: ({ url }) => /dhakacartstores.*watch=true/.test(url),
      action: { type: 'hold', isHeld: () => isHeld },
    });
    const kubeconfig = kubeconfigThrough(await installOperatorRole(cluster()), proxy);
    operator = await startTestOperator(kubeconfig);
    await installIngressClass(cluster(), 'nginx', { controller: 'k8s.io/ingress-nginx' });
    await readyStore(cluster(), namespace(), 'shop');
  }, 400_000);
  afterAll(async () => {
    await operator?.stop();
    await proxy?.close();
  });

  it('does not keep an edit from being applied', async () => {
    isHeld = true;
    const image = 'example.com/web:edited';
    await merge('dcs/shop', { spec: { web: { image } } });
    // One change of one child, of which nothing but the status of the store follows.
    const loadBalancer = { ingress: [{ ip: '203.0.113.7' }] };
    await merge('ingress/shop-ingress', { status: { loadBalancer } }, '--subresource=status');
    await eventually(async () => {
      const { exposure } = (await get('dcs/shop'))['status'];
      expect(exposure).toMatchObject({ addresses: ['203.0.113.7'] });
    });
    isHeld = false;
    await eventually(async () => {
      const { spec } = await get('deployment/shop-web');
      expect(spec.template.spec.containers[0].image).toBe(image);
    });
  });
});
