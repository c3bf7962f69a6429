// What the cluster has for the way from shoppers to a store: classes, the Ingress, the Gateway.
import { parseStoreSpec } from '../../crds/store/parse.ts';
import type { StoreSpec } from '../../crds/store/store.ts';
import type { Store } from '../../crds/store/store.ts';
import {
  type ExposureFacts,
  type ExposurePlan,
  exposurePlan,
  type IngressClassFact,
  isExposed,
} from '../exposure/exposure-plan.ts';
import { isOlder, type TakenHost } from '../exposure/shared-hosts.ts';
import { childName } from '../names.ts';
import { type KubeObject, objectKey } from '../runtime/kube-object.ts';
import type { CachedObject } from '../runtime/object-cache.ts';
import { ownedField } from '../runtime/owned-fields.ts';
import { exposureWorks } from '../status/exposure-condition.ts';
import type { LiveIngress, Observations } from '../status/observation.ts';
import { ingressClassResource, ingressResource } from './kinds.ts';
import { gatewayFacts, gatewayObjectsOf, hasRoute } from './observe-gateway.ts';
import { defaultClassAnnotation } from './projections.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

type Named = Pick<Store, 'metadata'>;
type Planned = Named & { readonly spec: StoreSpec };

function classFact({ metadata, spec }: KubeObject): IngressClassFact {
  return {
    name: metadata.name,
    controller: (spec as { controller?: string } | undefined)?.controller ?? '',
    isDefault: metadata.annotations?.[defaultClassAnnotation] === 'true',
    createdAt: metadata.creationTimestamp ?? '',
  };
}

function cachedIngress({ metadata }: Named, tools: ReconcileTools): CachedObject | undefined {
  const key = `${metadata.namespace}/${childName(metadata.name, 'ingress')}`;
  return tools.watches.cache(ingressResource).get(key);
}

/** The Ingress of a store as it is. */
export function liveIngress(store: Named, tools: ReconcileTools): LiveIngress | undefined {
  return cachedIngress(store, tools)?.object;
}

function classFacts({ metadata }: Named, { watches }: ReconcileTools): ExposureFacts['classes'] {
  const isUnwatched =
    watches.availability(ingressClassResource, metadata.namespace) === 'unwatched';
  return isUnwatched ? 'unwatched' : watches.objects(ingressClassResource).map(classFact);
}

/** Whether a store has an Ingress of a class, or will have; a paused one only if it has one already. */
function hasIngressOf(
  className: string | undefined,
  store: KubeObject,
  { watches }: ReconcileTools,
): boolean {
  const parsed = parseStoreSpec(store['spec']);
  const [live] = watches.children(ingressResource, objectKey(store));
  if (!parsed.ok || (parsed.spec.paused && live === undefined)) return false;
  const liveClassName = (live as LiveIngress | undefined)?.spec?.ingressClassName;
  const theirs = parsed.spec.exposure.ingress.className || liveClassName;
  return theirs === undefined || className === undefined || theirs === className;
}

/** The first of the hosts that belongs to an older store at the same controller, and to which: the oldest. */
function takenHost(
  { metadata, spec }: Planned,
  className: string | undefined,
  tools: ReconcileTools,
): TakenHost | undefined {
  for (const host of spec.hosts) {
    const holder = tools.watches
      .storesAt(host)
      .filter((store) => isOlder(store.metadata, metadata))
      .toSorted((one, other) => (isOlder(one.metadata, other.metadata) ? -1 : 1))
      .find((store) => hasIngressOf(className, store, tools));
    if (holder !== undefined) return { host, by: objectKey(holder) };
  }
  return undefined;
}

/** What the cluster has of the way that a plan describes. */
export function exposureObservations(
  store: Planned,
  plan: ExposurePlan,
  tools: ReconcileTools,
): Pick<Observations, 'ingress' | 'taken' | 'gateway'> {
  const ingress = liveIngress(store, tools);
  return {
    ...(ingress && { ingress }),
    ...(plan.mode === 'Ingress' && { taken: takenHost(store, plan.className, tools) }),
    ...(plan.mode === 'Gateway' && { gateway: gatewayObjectsOf(store, plan, tools) }),
  };
}

/** The other way, if the store has had it and the one of the plan does not work yet: an owner's change is no outage. */
function keptWay(
  store: Planned,
  plan: ExposurePlan,
  tools: ReconcileTools,
): Pick<ExposurePlan, 'keeps'> {
  const other = plan.mode === 'Gateway' ? 'Ingress' : 'Gateway';
  const isThere =
    other === 'Ingress' ? liveIngress(store, tools) !== undefined : hasRoute(store, tools);
  if (!isExposed(plan) || !isThere) return {};
  const found = exposureObservations(store, plan, tools);
  return exposureWorks(store, plan, found) ? {} : { keeps: other };
}

/** How a store is to be exposed in this cluster. */
export function plannedExposure(store: Planned, tools: ReconcileTools): ExposurePlan {
  const owned = cachedIngress(store, tools)?.owned;
  const ownClassName = ownedField(owned, ['spec', 'ingressClassName']) as string | undefined;
  const plan = exposurePlan(store.metadata.name, store.spec, {
    classes: classFacts(store, tools),
    liveClassName: liveIngress(store, tools)?.spec?.ingressClassName,
    ownClassName,
    gateway: gatewayFacts(store, tools),
  });
  return { ...plan, ...keptWay(store, plan, tools) };
}
