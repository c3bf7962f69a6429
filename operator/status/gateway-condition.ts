// `ExposureReady` of a store that is attached to a Gateway: whether its controller took the routes, has set the Gateway up and
// has an address for it. Controllers differ in what they can do, so nothing is taken for granted that no status tells; what is
// told of an earlier generation counts as not told yet. https://gateway-api.sigs.k8s.io/guides/implementers/#standard-status-fields-and-conditions
import type { StoreSpec } from '../../crds/store/store.ts';
import { type GatewayPlan, ownListeners, routeSections } from '../exposure/gateway-plan.ts';
import { childName } from '../names.ts';
import { boundedText } from './bounded-text.ts';
import type { Judgement } from './judgement.ts';
import type {
  GatewayObjects,
  LiveCondition,
  LiveListener,
  LiveRoute,
  StatusInput,
} from './observation.ts';

/** Reasons of ExposureReady that need a person. */
export const gatewayStalls: readonly string[] = [
  'GatewayApiNotInstalled',
  'GatewayNotFound',
  'ListenersNotAccepted',
  'RouteNotAccepted',
  'RefNotPermitted',
  'RefsNotResolved',
];

/** What the judgement is about. */
export interface Attached {
  readonly metadata: Pick<StatusInput['metadata'], 'name' | 'namespace'>;
  readonly spec: Pick<StoreSpec, 'hosts' | 'tls' | 'exposure'>;
  readonly plan: GatewayPlan;
  readonly objects: GatewayObjects;
}

const failing = (reason: string, message: string): Judgement => ({
  status: 'False',
  reason,
  message: boundedText(message),
});

/** `Gateway infra/shared` */
export function gatewaySubject(attached: Pick<Attached, 'metadata' | 'plan'>): string {
  return `Gateway ${gatewayKey(attached)}`;
}

/** `infra/shared` */
export function gatewayKey({ metadata, plan }: Pick<Attached, 'metadata' | 'plan'>): string {
  return `${plan.gateway.namespace ?? metadata.namespace}/${plan.gateway.name}`;
}

function planFault(attached: Attached): Judgement | undefined {
  const { plan } = attached;
  const gateway = gatewaySubject(attached);
  switch (plan.problem) {
    case undefined:
      return undefined;
    case 'GatewayApiNotInstalled': {
      const kinds = plan.attach === 'ListenerSet' ? 'with ListenerSet, version 1.5 or newer' : 'v1';
      const message = `the cluster does not have the Gateway API (gateway.networking.k8s.io, ${kinds}): install its CRDs, https://gateway-api.sigs.k8s.io/guides/, or set spec.exposure.mode to Ingress`;
      return failing(plan.problem, message);
    }
    case 'GatewayApiUnreadable': {
      const message =
        'the objects of the Gateway API are not known: the operator may lack the right to list them';
      return { status: 'Unknown', reason: 'NotJudgedYet', message };
    }
    case 'GatewayNotFound': {
      const remedy = 'create it, or name another one in spec.exposure.gateway.parentRef';
      return failing(plan.problem, `${gateway} does not exist: ${remedy}`);
    }
    case 'ClassNotFound': {
      const remedy =
        plan.attach === 'Gateway'
          ? 'or name another class in spec.exposure.gateway.gatewayClassName'
          : `or give ${gateway} another class`;
      return failing(
        plan.problem,
        `GatewayClass ${plan.className} does not exist: install its controller, ${remedy}`,
      );
    }
  }
}

type Conditioned = {
  readonly conditions?: readonly LiveCondition[] | undefined;
  readonly generation: number | undefined;
};

/** A condition of the present generation. */
function fresh({ conditions = [], generation = 0 }: Conditioned, type: string) {
  const found = conditions.find((condition) => condition.type === type);
  return (found?.observedGeneration ?? generation) < generation ? undefined : found;
}

/** `Pending` is no answer yet, whatever status it comes with. */
const isRefusal = (condition: LiveCondition | undefined): condition is LiveCondition =>
  condition?.status === 'False' && condition.reason !== 'Pending';

const told = ({ reason, message }: LiveCondition): string =>
  [reason, message].filter((text) => text !== undefined && text !== '').join(': ');

/** Why something that cannot be read is taken for there. */
function notChecked(what: NonNullable<GatewayPlan['unchecked']>): string {
  return what === 'Gateway'
    ? 'the Gateway is not checked: it is in a namespace that the operator does not watch'
    : 'whether the class exists is not checked: the operator watches single namespaces, and GatewayClasses belong to the cluster';
}

function pending(attached: Attached, what: string): Judgement {
  const { controller, unchecked } = attached.plan;
  const by = controller === undefined ? 'the controller' : `${controller}, the controller`;
  const advice =
    unchecked === undefined
      ? 'see that it runs'
      : `see that it runs, since ${notChecked(unchecked)}`;
  return failing(
    'RoutePending',
    `${what} is not judged yet by ${by} of ${gatewaySubject(attached)}: ${advice}`,
  );
}

function listenerFault(listener: LiveListener, generation: number | undefined) {
  const of = { conditions: listener.conditions, generation };
  const bad = ['Accepted', 'ResolvedRefs'].map((type) => fresh(of, type)).find(isRefusal);
  const conflicted = fresh(of, 'Conflicted');
  return conflicted?.status === 'True' ? conflicted : bad;
}

/** Listeners that the store's routes belong to, as they are at the Gateway or the ListenerSet. */
function listenersFault(attached: Attached): Judgement | undefined {
  const { plan, objects, spec, metadata } = attached;
  const isOwn = plan.attach !== 'Route';
  const { shop, redirect } = routeSections(spec, plan);
  const names = isOwn ? ownListeners(spec).map(({ name }) => name) : [...shop, ...redirect];
  const holder = plan.attach === 'ListenerSet' ? objects.listeners : objects.gateway;
  const holderName =
    plan.attach === 'ListenerSet'
      ? `ListenerSet ${childName(metadata.name, 'listeners')}`
      : gatewaySubject(attached);
  for (const listener of holder?.status?.listeners ?? []) {
    const fault = names.includes(listener.name)
      ? listenerFault(listener, holder?.metadata.generation)
      : undefined;
    if (fault === undefined) continue;
    const reason = fault.reason === 'RefNotPermitted' ? fault.reason : 'ListenersNotAccepted';
    return failing(reason, `listener ${listener.name} of ${holderName}: ${told(fault)}`);
  }
  return undefined;
}

function listenerSetFault(attached: Attached): Judgement | undefined {
  const { plan, objects, metadata } = attached;
  if (plan.attach !== 'ListenerSet') return undefined;
  const subject = `ListenerSet ${childName(metadata.name, 'listeners')}`;
  const { listeners } = objects;
  if (listeners === undefined) return failing('RouteMissing', `${subject} does not exist`);
  const { generation } = listeners.metadata;
  const accepted = fresh({ conditions: listeners.status?.conditions, generation }, 'Accepted');
  if (accepted?.status === 'True') return undefined;
  if (!isRefusal(accepted)) return pending(attached, subject);
  const remedy =
    accepted.reason === 'NotAllowed'
      ? `; let it allow namespace ${metadata.namespace} in spec.allowedListeners`
      : '';
  const gateway = gatewaySubject(attached);
  return failing(
    'ListenersNotAccepted',
    `${gateway} refuses ${subject}: ${told(accepted)}${remedy}`,
  );
}

/** What to do about the refusals that the specification names. */
function remedy({ metadata, spec, plan }: Attached, reason = ''): string {
  switch (reason) {
    case 'NotAllowedByListeners':
      return `; let its listener allow namespace ${metadata.namespace} in allowedRoutes`;
    case 'NoMatchingListenerHostname':
      return `; give it a listener whose hostname takes ${spec.hosts.join(', ')}`;
    case 'NoMatchingParent':
      return `; name a listener that it has in spec.exposure.gateway.parentRef: it has no ${routeSections(spec, plan).shop.join(', ') || 'such listener'}`;
    case 'UnsupportedValue':
      return '; its controller cannot do a part of spec.exposure.policy';
    default:
      return '';
  }
}

type Parent = NonNullable<NonNullable<LiveRoute['status']>['parents']>[number];

function isParent(attached: Attached, { parentRef }: Parent, section: string | undefined): boolean {
  const { plan, metadata } = attached;
  const isSet = plan.attach === 'ListenerSet';
  const name = isSet ? childName(metadata.name, 'listeners') : plan.gateway.name;
  const namespace = (isSet ? undefined : plan.gateway.namespace) ?? metadata.namespace;
  return (
    parentRef.name === name &&
    (parentRef.namespace ?? metadata.namespace) === namespace &&
    (parentRef.kind ?? 'Gateway') === (isSet ? 'ListenerSet' : 'Gateway') &&
    parentRef.sectionName === section
  );
}

/** What the parents say of a route, from the worst to nothing. */
function routeFault(
  attached: Attached,
  route: LiveRoute | undefined,
  {
    suffix,
    sections,
  }: { readonly suffix: 'route' | 'redirect'; readonly sections: readonly string[] },
): Judgement | undefined {
  const subject = `HTTPRoute ${childName(attached.metadata.name, suffix)}`;
  if (route === undefined) return failing('RouteMissing', `${subject} does not exist`);
  const { generation } = route.metadata;
  const gateway = gatewaySubject(attached);
  for (const section of sections.length === 0 ? [undefined] : sections) {
    const parents = (route.status?.parents ?? []).filter((one) => isParent(attached, one, section));
    const accepted = parents.map(({ conditions }) => fresh({ conditions, generation }, 'Accepted'));
    const refs = parents.map(({ conditions }) => fresh({ conditions, generation }, 'ResolvedRefs'));
    const refused = accepted.find(isRefusal);
    if (refused !== undefined) {
      const what = `${gateway} refuses ${subject}: ${told(refused)}`;
      return failing('RouteNotAccepted', `${what}${remedy(attached, refused.reason)}`);
    }
    const unresolved = refs.find(isRefusal);
    if (unresolved !== undefined) {
      const reason =
        unresolved.reason === 'RefNotPermitted' ? 'RefNotPermitted' : 'RefsNotResolved';
      return failing(
        reason,
        `${subject} refers to what ${gateway} cannot use: ${told(unresolved)}`,
      );
    }
    if (!accepted.some((condition) => condition?.status === 'True')) {
      return pending(attached, subject);
    }
  }
  return undefined;
}

/** IP addresses and names of the Gateway. Pure. */
export function gatewayAddresses({ gateway }: GatewayObjects): readonly string[] {
  return (gateway?.status?.addresses ?? []).map(({ value }) => value);
}

function gatewayFault(attached: Attached): Judgement | undefined {
  const { gateway } = attached.objects;
  const subject = gatewaySubject(attached);
  if (attached.plan.unchecked === 'Gateway') return undefined;
  if (gateway === undefined) return failing('RouteMissing', `${subject} does not exist`);
  const of = { conditions: gateway.status?.conditions, generation: gateway.metadata.generation };
  const accepted = fresh(of, 'Accepted');
  const bad = accepted?.status === 'False' ? accepted : fresh(of, 'Programmed');
  if (bad?.status === 'True') {
    return gatewayAddresses(attached.objects).length > 0
      ? undefined
      : failing('AddressPending', `${subject} has no address yet`);
  }
  if (bad === undefined) return pending(attached, subject);
  const reason = bad.reason === 'AddressNotAssigned' ? 'AddressPending' : 'GatewayNotProgrammed';
  return failing(reason, `${subject} does not serve yet: ${told(bad)}`);
}

/** Whether the route that redirects was taken. Pure. */
export function isRedirectAccepted(attached: Attached): boolean {
  const { redirect: sections } = routeSections(attached.spec, attached.plan);
  const { redirect } = attached.objects;
  return (
    sections.length > 0 &&
    routeFault(attached, redirect, { suffix: 'redirect', sections }) === undefined
  );
}

/** Judges the way through a Gateway. Pure. */
export function gatewayCondition(attached: Attached): Judgement {
  const { plan, objects, spec, metadata } = attached;
  const { shop, redirect } = routeSections(spec, plan);
  const fault =
    planFault(attached) ??
    listenerSetFault(attached) ??
    listenersFault(attached) ??
    routeFault(attached, objects.route, { suffix: 'route', sections: shop }) ??
    gatewayFault(attached);
  if (fault !== undefined) return fault;
  const { className, unchecked } = plan;
  const found = gatewayAddresses(objects).join(', ');
  const route = `HTTPRoute ${childName(metadata.name, 'route')}`;
  const lost = redirect.length > 0 && !isRedirectAccepted(attached);
  const message = [
    gatewaySubject(attached),
    ...(className === undefined ? [] : [` of class ${className}`]),
    ` leads to the shop by ${route}`,
    ...(found === '' ? [] : [` at ${found}`]),
    ...(lost ? ['; it does not take the redirect to https, which the shop does itself'] : []),
    ...(unchecked === undefined ? [] : [`; ${notChecked(unchecked)}`]),
  ].join('');
  return { status: 'True', reason: 'Ready', message: boundedText(message) };
}
