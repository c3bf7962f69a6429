// What the cluster has of the Gateway API: which kinds, which classes, and the objects that lead to one store.
import type { Store, StoreSpec } from '../../crds/store/store.ts';
import type { GatewayClassFact, GatewayFacts, GatewayPlan } from '../exposure/gateway-plan.ts';
import { childName, type ChildSuffix } from '../names.ts';
import type { KubeObject, ResourceKind } from '../runtime/kube-object.ts';
import type { GatewayObjects } from '../status/observation.ts';
import {
  gatewayClassResource,
  gatewayResource,
  httpRouteResource,
  listenerSetResource,
} from './kinds.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

type Named = Pick<Store, 'metadata'>;

type Planned = Named & { readonly spec: StoreSpec };

function classFact({ metadata, spec, status }: KubeObject): GatewayClassFact {
  const { controllerName = '' } = (spec ?? {}) as { controllerName?: string };
  const { supportedFeatures = [] } = (status ?? {}) as {
    supportedFeatures?: readonly { readonly name: string }[];
  };
  return {
    name: metadata.name,
    controller: controllerName,
    features: supportedFeatures.map(({ name }) => name),
  };
}

const scarcity = ['absent', 'unlisted', 'served'] as const;

/** Where the Gateway is that a store attaches to. */
function parentNamespace({ metadata, spec }: Planned): string {
  return spec.exposure.gateway.parentRef.namespace || metadata.namespace;
}

/** Every attachment but one does without ListenerSets, which older releases of the API lack. */
function availability(store: Planned, { watches }: ReconcileTools): GatewayFacts['availability'] {
  const kinds = [gatewayClassResource, gatewayResource, httpRouteResource];
  const { attach } = store.spec.exposure.gateway;
  const needed = attach === 'ListenerSet' ? [...kinds, listenerSetResource] : kinds;
  const parents = parentNamespace(store);
  const found = [
    ...needed.map((kind) => watches.availability(kind, store.metadata.namespace)),
    ...(watches.isWatching(parents) ? [watches.availability(gatewayResource, parents)] : []),
  ];
  return scarcity.find((each) => found.includes(each)) ?? 'absent';
}

function classFacts({ metadata }: Planned, { watches }: ReconcileTools): GatewayFacts['classes'] {
  const isUnwatched =
    watches.availability(gatewayClassResource, metadata.namespace) === 'unwatched';
  return isUnwatched ? 'unwatched' : watches.objects(gatewayClassResource).map(classFact);
}

/** The kinds and classes of the cluster, and the Gateway that a store names. */
export function gatewayFacts(store: Planned, tools: ReconcileTools): GatewayFacts {
  const namespace = parentNamespace(store);
  const key = `${namespace}/${store.spec.exposure.gateway.parentRef.name}`;
  const parent = tools.watches.cache(gatewayResource).get(key)?.object;
  return {
    availability: availability(store, tools),
    classes: classFacts(store, tools),
    parentClassName: (parent?.['spec'] as { gatewayClassName?: string } | undefined)
      ?.gatewayClassName,
    isParentUnwatched: !tools.watches.isWatching(namespace),
  };
}

/** The objects that lead to a store by way of a Gateway. */
export function gatewayObjectsOf(
  { metadata }: Named,
  { gateway }: Pick<GatewayPlan, 'gateway'>,
  tools: ReconcileTools,
): GatewayObjects {
  const live = (kind: ResourceKind, name: string, namespace = metadata.namespace) =>
    tools.watches.cache(kind).get(`${namespace}/${name}`)?.object;
  const child = (kind: ResourceKind, suffix: ChildSuffix) =>
    live(kind, childName(metadata.name, suffix));
  return {
    route: child(httpRouteResource, 'route'),
    redirect: child(httpRouteResource, 'redirect'),
    listeners: child(listenerSetResource, 'listeners'),
    gateway: live(gatewayResource, gateway.name, gateway.namespace),
  };
}

/** Whether a route of the store is there. */
export function hasRoute({ metadata }: Named, tools: ReconcileTools): boolean {
  const key = `${metadata.namespace}/${childName(metadata.name, 'route')}`;
  return tools.watches.cache(httpRouteResource).get(key) !== undefined;
}
