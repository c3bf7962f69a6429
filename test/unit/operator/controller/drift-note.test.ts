// Of which conflicts with other managers people are told as a drift.
import { expect, it } from 'vitest';
import { deploymentResource } from '../../../../operator/controller/kinds.ts';
import type { KubeObject } from '../../../../operator/runtime/kube-object.ts';
import { aChild } from '../../../support/a-child.ts';
import { aReconcile } from '../../../support/a-reconcile.ts';
import { aStore } from '../../../support/a-store.ts';
import { httpFailure } from '../../../support/scripted-client.ts';

/** The warnings about the Deployment of a store without autoscaling, of which another manager holds some fields. */
async function warnings(generation: number, ...fields: readonly string[]) {
  const store = aStore({
    generation,
    status: { observedGeneration: 1 },
    spec: { api: { autoscaling: { enabled: false } } },
  });
  const { client, events, exists, watches, reconcile } = aReconcile(store);
  const containers = [{ name: 'api', image: 'ghcr.io/dhakacart/storefront-api:1.0.0' }];
  const live: KubeObject = {
    ...aChild('apps/v1', 'Deployment', 'dhaka-api'),
    spec: { template: { spec: { containers } } },
  };
  exists(deploymentResource, live);
  watches.cache(deploymentResource).observed(live);
  const { answer } = client;
  client.answer = (request, index) => {
    const isHeld = request.path.endsWith('/deployments/dhaka-api');
    if (!isHeld || request.query?.['force'] !== 'false') return answer(request, index);
    const reason = 'FieldManagerConflict';
    const message = 'conflict with "kube-controller-manager" using apps/v1';
    const causes = fields.map((field) => ({ reason, message, field }));
    return httpFailure(409, 'Conflict', { causes });
  };
  await reconcile();
  return events.flatMap(({ reason, note }) =>
    reason === 'DriftRepaired' && note.startsWith('Deployment dhaka-api') ? note : [],
  );
}

const setBack = (field: string): readonly string[] => [
  `Deployment dhaka-api: ${field} was changed by kube-controller-manager and is set back`,
];

it.each([
  ['that an autoscaler had until its owner turned it off: no', 2, ['.spec.replicas'], []],
  ['that somebody took later: yes', 1, ['.spec.replicas'], setBack('spec.replicas')],
  ['that an edit had nothing to do with: yes', 2, ['.spec.paused'], setBack('spec.paused')],
  [
    'beside one that an autoscaler had: yes',
    2,
    ['.spec.replicas', '.spec.paused'],
    setBack('spec.paused'),
  ],
] as const)('a field %s', async (_title, generation, fields, expected) => {
  expect(await warnings(generation, ...fields)).toEqual(expected);
});
