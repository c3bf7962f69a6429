// When a store does without External Secrets from now on.
import { afterEach, expect, it } from 'vitest';
import { deploymentResource } from '../../../../operator/controller/kinds.ts';
import type { KubeObject } from '../../../../operator/runtime/kube-object.ts';
import { aChild } from '../../../support/a-child.ts';
import { page } from '../../../support/a-reflector.ts';
import { aReconcile } from '../../../support/a-reconcile.ts';
import { aStore } from '../../../support/a-store.ts';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

const api = 'external-secrets.io/v1';
const listed = (kind: string, name: string) => (): unknown => page(1, [aChild(api, kind, name)]);

/** The Deployment of the API as it is in the cluster: three pods, of which some are of the present template. */
function aDeployment(generation: number, updatedReplicas: number): KubeObject {
  const object = aChild('apps/v1', 'Deployment', 'dhaka-api');
  const containers = [{ name: 'api', image: 'ghcr.io/dhakacart/storefront-api:1.0.0' }];
  return {
    ...object,
    metadata: {
      ...object.metadata,
      generation,
      resourceVersion: `10${generation}${updatedReplicas}`,
    },
    spec: { template: { spec: { containers } } },
    status: { observedGeneration: generation, replicas: 3, updatedReplicas },
  };
}

it('what it was asked for stays until no pod is left that needs the Secrets', async () => {
  const { client, watches, exists, watch, reconcile } = aReconcile(aStore(), {
    served: {
      externalsecrets: listed('ExternalSecret', 'dhaka-extjwt'),
      secretstores: listed('SecretStore', 'dhaka-secretstore'),
    },
  });
  stops.push(() => watches.stop());
  await watch();
  const { answer } = client;
  client.answer = async (request, index) => {
    const object = await answer(request, index);
    const isTemplate = request.method === 'PATCH' && request.path.endsWith('/dhaka-api');
    if (!isTemplate || !request.path.includes('deployments')) return object;
    const { metadata, ...rest } = object as KubeObject;
    return { ...rest, metadata: { ...metadata, generation: 2, resourceVersion: '1019' } };
  };
  const deletions = (): readonly string[] =>
    client.lines().filter((line) => line.startsWith('DELETE'));
  const deployments = watches.cache(deploymentResource);

  exists(deploymentResource, aDeployment(1, 3));
  deployments.observed(aDeployment(1, 3));
  await reconcile();
  deployments.observed(aDeployment(2, 2));
  await reconcile();
  expect(deletions()).toEqual([]);

  deployments.observed(aDeployment(2, 3));
  await reconcile();
  expect(deletions()).toEqual([
    `DELETE /apis/${api}/namespaces/shop/externalsecrets/dhaka-extjwt`,
    `DELETE /apis/${api}/namespaces/shop/secretstores/dhaka-secretstore`,
  ]);
});
