// All that a store consists of, in the order of application. Pure: the same store and facts give the same bytes.
import type { Store } from '../../crds/store/store.ts';
import { type ComponentName, componentNames } from '../names.ts';
import { certificate, issuer } from './certificate.ts';
import { childMetadata, ownedMetadata } from './child-metadata.ts';
import { configMap } from './config-map.ts';
import { databaseObjects } from './database-objects.ts';
import { deployment } from './deployment.ts';
import type { DesiredObject, Facts, Manifest, ServingRelease } from './desired-object.ts';
import { gatewayObjects } from './gateway.ts';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.ts';
import { ingress } from './ingress.ts';
import { networkPolicies } from './network-policies.ts';
import { podDisruptionBudget } from './pod-disruption-budget.ts';
import { releaseGate } from './release-gate.ts';
import { service } from './service.ts';
import { serviceAccount } from './service-account.ts';

function optional(manifest: Manifest | undefined): readonly DesiredObject[] {
  return manifest === undefined ? [] : [{ manifest }];
}

/** What steers pods is there as long as they are. */
function podObjects(
  store: Store,
  component: ComponentName,
  { facts, release }: { readonly facts: Facts; readonly release: ServingRelease | undefined },
): readonly DesiredObject[] {
  if (release === undefined) return [];
  return [
    deployment(store, component, { facts, release }),
    ...optional(horizontalPodAutoscaler(store, component)),
    ...optional(podDisruptionBudget(store, component)),
  ];
}

/**
 * The objects of a store, the generated Secrets apart: who may talk to whom, the database, its migration, then of each component what pods refer
 * to, the pods, what steers the pods, and the way in with its certificate.
 */
export function desiredObjects(store: Store, facts: Facts): readonly DesiredObject[] {
  const { job, releases } = releaseGate(store, facts);
  const database = [
    ...databaseObjects(store, facts),
    serviceAccount(ownedMetadata(store, 'migration', 'migrate')),
  ];
  return [
    ...networkPolicies(store, facts).map((manifest) => ({ manifest })),
    ...database.map((manifest) => ({ manifest })),
    ...optional(job),
    ...componentNames.flatMap((component) => [
      { manifest: serviceAccount(childMetadata(store, component)) },
      { manifest: configMap(store, component, facts) },
      { manifest: service(store, component, facts) },
      ...podObjects(store, component, { facts, release: releases[component] }),
    ]),
    ...optional(issuer(store, facts)),
    ...optional(certificate(store, facts)),
    ...optional(ingress(store, facts)),
    ...gatewayObjects(store, facts).map((manifest) => ({ manifest })),
  ];
}
