// Kinds of which nothing is pruned for now. What is not desired is not always unwanted: the way of before stays until the
// next one works, what pods use stays as long as they run, and while the cluster serves an API whose objects are not known,
// the plan is made without it (docs/adr/0018).
import type { Store } from '../../crds/store/store.ts';
import { type ExposurePlan, isExposed } from '../exposure/exposure-plan.ts';
import { isGatewayUnread } from '../exposure/gateway-plan.ts';
import type { ResourceKind } from '../runtime/kube-object.ts';
import {
  certificateResource,
  externalSecretResource,
  gatewayResource,
  httpRouteResource,
  ingressResource,
  issuerResource,
  listenerSetResource,
  type NamespacedKind,
  secretStoreResource,
} from './kinds.ts';
import type { ReconcileTools } from './reconcile-tools.ts';
import { isApiRolledOut } from './rollout-facts.ts';

/** What leads shoppers to the store, by the way of `ExposurePlan.keeps`. */
const wayKinds = {
  Ingress: [ingressResource],
  Gateway: [httpRouteResource, listenerSetResource, gatewayResource],
} as const;

/** Whether a kind is served, and nothing is known of its objects. */
export function isUnlisted(
  kind: NamespacedKind,
  { metadata }: Pick<Store, 'metadata'>,
  { watches }: ReconcileTools,
): boolean {
  return watches.availability(kind, metadata.namespace) === 'unlisted';
}

/** Whether the way through a Gateway has to stay: it is not known whether the store has one that works. */
function isGatewayUnknown(
  store: Pick<Store, 'metadata'>,
  exposure: ExposurePlan,
  tools: ReconcileTools,
): boolean {
  if (exposure.mode === 'Gateway') return isGatewayUnread(exposure);
  return isExposed(exposure) && isUnlisted(httpRouteResource, store, tools);
}

/** Kinds of which a store loses nothing by this reconcile. Call it when everything is applied. */
export function keptKinds(
  store: Pick<Store, 'metadata'>,
  exposure: ExposurePlan,
  tools: ReconcileTools,
): readonly ResourceKind[] {
  return [
    ...(exposure.keeps ? wayKinds[exposure.keeps] : []),
    ...(isGatewayUnknown(store, exposure, tools) ? wayKinds.Gateway : []),
    // An Issuer is asked for only beside a Certificate, and an order of one may be under way.
    ...(isUnlisted(certificateResource, store, tools) ? [issuerResource] : []),
    // With an ExternalSecret goes its Secret, and a pod of before that is moved could not mount it.
    ...(isApiRolledOut(store, tools) ? [] : [externalSecretResource, secretStoreResource]),
  ];
}
