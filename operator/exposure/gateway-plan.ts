// How a store is attached to a Gateway, https://gateway-api.sigs.k8s.io: which objects that takes, to which listeners its
// routes belong, and what of the policy the Gateway can be asked for.
import type { GatewaySpec } from '../../crds/store/gateway.ts';
import type { EdgePolicy } from '../../crds/store/status.ts';
import type { StoreSpec } from '../../crds/store/store.ts';
import { childName } from '../names.ts';

/** A GatewayClass as far as it matters. */
export interface GatewayClassFact {
  readonly name: string;
  /** `spec.controllerName`. */
  readonly controller: string;
  /** `status.supportedFeatures`; empty when its controller tells none. */
  readonly features: readonly string[];
}

/** What the cluster has of the Gateway API. */
export interface GatewayFacts {
  /** Of the kinds that the attachment takes, the scarcest. `unlisted`: served, and nothing is known of the objects. */
  readonly availability: 'served' | 'unlisted' | 'absent';
  /** `unwatched`: they belong to the cluster, and the operator watches single namespaces. */
  readonly classes: readonly GatewayClassFact[] | 'unwatched';
  /** Class of the Gateway that is named; undefined when there is none of that name. */
  readonly parentClassName: string | undefined;
  /** The Gateway that is named is in a namespace that the operator does not watch. */
  readonly isParentUnwatched: boolean;
}

/** Reasons why nothing can be attached to. */
export type GatewayProblem =
  | 'GatewayApiNotInstalled'
  | 'GatewayApiUnreadable'
  | 'GatewayNotFound'
  | 'ClassNotFound';

/** What of the policy a GatewayClass is asked for. */
export interface GatewayFeatures {
  readonly redirect: boolean;
  readonly headers: boolean;
  readonly timeouts: boolean;
}

/** How a store is attached to a Gateway. */
export interface GatewayPlan {
  readonly mode: 'Gateway';
  readonly attach: GatewaySpec['attach'];
  /** The Gateway; absent namespace: the store's. */
  readonly gateway: { readonly namespace?: string; readonly name: string };
  /** Class of the Gateway; absent while it is not known. */
  readonly className?: string;
  /** Controller of that class. */
  readonly controller?: string;
  readonly features: GatewayFeatures;
  readonly problem?: GatewayProblem;
  /** What cannot be read, and is taken for there. */
  readonly unchecked?: 'Gateway' | 'GatewayClass';
}

/** Extended features by the names of https://github.com/kubernetes-sigs/gateway-api/blob/main/pkg/features/httproute.go. */
const featureNames = {
  redirect: 'HTTPRouteSchemeRedirect',
  headers: 'HTTPRouteResponseHeaderModification',
  timeouts: 'HTTPRouteRequestTimeout',
} as const satisfies Record<keyof GatewayFeatures, string>;

/** A class that tells nothing of its features is asked for all: what it cannot do the shop does anyway. */
function featuresOf(found: GatewayClassFact | undefined): GatewayFeatures {
  const has = (name: string): boolean =>
    found === undefined || found.features.length === 0 || found.features.includes(name);
  return {
    redirect: has(featureNames.redirect),
    headers: has(featureNames.headers),
    timeouts: has(featureNames.timeouts),
  };
}

function apiProblem({ availability }: GatewayFacts): GatewayProblem | undefined {
  if (availability === 'absent') return 'GatewayApiNotInstalled';
  return availability === 'unlisted' ? 'GatewayApiUnreadable' : undefined;
}

/** What the operator of single namespaces cannot read of the way to a store. */
function uncheckedOf(isOwn: boolean, facts: GatewayFacts): GatewayPlan['unchecked'] {
  if (!isOwn && facts.isParentUnwatched) return 'Gateway';
  return facts.classes === 'unwatched' ? 'GatewayClass' : undefined;
}

function missingOf(
  className: string | undefined,
  found: GatewayClassFact | undefined,
  unchecked: GatewayPlan['unchecked'],
): GatewayProblem | undefined {
  if (unchecked === 'Gateway') return undefined;
  if (className === undefined) return 'GatewayNotFound';
  return found === undefined && unchecked === undefined ? 'ClassNotFound' : undefined;
}

/** Decides how a store is attached. Pure. */
export function gatewayPlan(
  storeName: string,
  { attach, parentRef, gatewayClassName }: GatewaySpec,
  facts: GatewayFacts,
): GatewayPlan {
  const isOwn = attach === 'Gateway';
  const gateway = isOwn
    ? { name: childName(storeName, 'gateway') }
    : {
        ...(parentRef.namespace !== '' && { namespace: parentRef.namespace }),
        name: parentRef.name,
      };
  const className = isOwn ? gatewayClassName : facts.parentClassName;
  const classes = facts.classes === 'unwatched' ? [] : facts.classes;
  const found = classes.find(({ name }) => name === className);
  const unchecked = uncheckedOf(isOwn, facts);
  const problem = apiProblem(facts) ?? missingOf(className, found, unchecked);
  return {
    mode: 'Gateway',
    attach,
    gateway,
    ...(className !== undefined && { className }),
    ...(found !== undefined && { controller: found.controller }),
    features: featuresOf(found),
    ...(problem !== undefined && { problem }),
    ...(unchecked !== undefined && { unchecked }),
  };
}

/** Whether the cluster serves the Gateway API and its objects are not known: nothing of it is made, judged or deleted. Pure. */
export function isGatewayUnread({ problem }: Pick<GatewayPlan, 'problem'>): boolean {
  return problem === 'GatewayApiUnreadable';
}

/** Whether the objects of the Gateway API can be made and judged. Pure. */
export function hasGatewayApi(plan: Pick<GatewayPlan, 'problem'>): boolean {
  return plan.problem !== 'GatewayApiNotInstalled' && !isGatewayUnread(plan);
}

/** A listener that the store brings. */
export interface OwnListener {
  readonly name: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly port: 80 | 443;
  readonly hostname: string;
}

/** One for each host: listeners of one port that several stores bring differ by nothing else. Pure. */
export function ownListeners({ hosts, tls }: Pick<StoreSpec, 'hosts' | 'tls'>): OwnListener[] {
  const of = (protocol: 'HTTP' | 'HTTPS', port: 80 | 443): OwnListener[] =>
    hosts.map((hostname, index) => ({
      name: `${protocol.toLowerCase()}-${index + 1}`,
      protocol,
      port,
      hostname,
    }));
  return tls.mode === 'Off' ? of('HTTP', 80) : [...of('HTTP', 80), ...of('HTTPS', 443)];
}

/** Listeners by name; none: every one that takes the hosts. */
export interface RouteSections {
  /** Those of the route to the shop. */
  readonly shop: readonly string[];
  /** Those of the route that sends visitors to https; none: there is no such route. */
  readonly redirect: readonly string[];
  /** The route to the shop takes https alone. */
  readonly isHttpsOnly: boolean;
}

/** To which listeners the routes of a store belong. Pure. */
export function routeSections(
  spec: Pick<StoreSpec, 'hosts' | 'tls' | 'exposure'>,
  { attach, features }: Pick<GatewayPlan, 'attach' | 'features'>,
): RouteSections {
  const isHttps = spec.tls.mode !== 'Off';
  const { parentRef } = spec.exposure.gateway;
  const own = ownListeners(spec);
  const named = (protocol: 'HTTP' | 'HTTPS'): readonly string[] =>
    own.filter((listener) => listener.protocol === protocol).map(({ name }) => name);
  const given = (name: string): readonly string[] => (name === '' ? [] : [name]);
  const isRoute = attach === 'Route';
  const http = isRoute ? given(parentRef.httpSectionName) : named('HTTP');
  const main = isRoute ? given(parentRef.sectionName) : named(isHttps ? 'HTTPS' : 'HTTP');
  if (!isHttps) return { shop: main, redirect: [], isHttpsOnly: false };
  const redirects = spec.exposure.policy.httpsRedirect && features.redirect;
  const redirect = redirects ? http : [];
  // Without the redirect http leads to the shop, too: it may be served there, or redirects by itself.
  const shop = redirect.length > 0 || main.length === 0 ? main : [...main, ...http];
  return { shop, redirect, isHttpsOnly: main.length > 0 && shop.length === main.length };
}

/** Who sees to each part of the policy; `isRedirectAccepted`: the Gateway has taken the route that redirects. Pure. */
export function gatewayEdgePolicy(
  spec: Pick<StoreSpec, 'hosts' | 'tls' | 'exposure'>,
  plan: GatewayPlan,
  isRedirectAccepted: boolean,
): EdgePolicy {
  const { redirect, isHttpsOnly } = routeSections(spec, plan);
  const isHttps = spec.tls.mode !== 'Off';
  const keeper = (isEdge: boolean): 'Edge' | 'App' => (isEdge ? 'Edge' : 'App');
  const redirects = isHttps && spec.exposure.policy.httpsRedirect;
  return {
    httpsRedirect: redirects ? keeper(redirect.length > 0 && isRedirectAccepted) : 'Off',
    hsts: isHttps ? keeper(plan.features.headers && isHttpsOnly) : 'Off',
    maxBodySize: 'App', // the Gateway API knows no such limit
    requestTimeout: keeper(plan.features.timeouts),
  };
}
