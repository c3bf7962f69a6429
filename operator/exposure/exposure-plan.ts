// Which way leads to a store: a Gateway, or an Ingress and its class, or none. A class that vanishes takes nothing away: deleting an Ingress may give its address back
// to the cloud, so the object stays until the owner says None, and the condition tells what is missing.
import type { ExposureSpec } from '../../crds/store/exposure.ts';
import { namesGateway } from '../../crds/store/gateway.ts';
import type { StoreSpec } from '../../crds/store/store.ts';
import {
  type GatewayFacts,
  type GatewayPlan,
  gatewayPlan,
  isGatewayUnread,
} from './gateway-plan.ts';

/** An IngressClass as far as it matters. */
export interface IngressClassFact {
  readonly name: string;
  /** `spec.controller`. */
  readonly controller: string;
  /** Marked with `ingressclass.kubernetes.io/is-default-class`. */
  readonly isDefault: boolean;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** By an Ingress. */
export interface IngressPlan {
  readonly mode: 'Ingress';
  /** Absent while no class is known: the Ingress that is there, if any, then keeps the one it has. */
  readonly className?: string;
  /** Controller of the class; absent while the class does not exist. */
  readonly controller?: string;
  readonly problem?: 'NoController' | 'ClassNotFound';
  /** Classes cannot be read: neither that the class exists nor its controller is known. */
  readonly isUnchecked?: true;
}

/** Not at all: as the owner wishes, or for want of a controller. */
export interface NoPlan {
  readonly mode: 'None';
  readonly problem?: 'NoController';
}

/** How a store is exposed. */
export type ExposurePlan = (IngressPlan | GatewayPlan | NoPlan) & {
  /** Under Auto: a Gateway is named, and the cluster does not have the Gateway API. */
  readonly lacksGatewayApi?: true;
  /** What served before stays, as it is, until the way of this plan works. */
  readonly keeps?: 'Ingress' | 'Gateway';
};

/** What the plan follows from. */
export interface ExposureFacts {
  /** `unwatched`: they belong to the cluster, and the operator watches single namespaces. */
  readonly classes: readonly IngressClassFact[] | 'unwatched';
  /** Class of the store's Ingress as it is now; undefined when there is none. */
  readonly liveClassName: string | undefined;
  /** The same if the operator has written it; undefined when the cluster gave its default class. */
  readonly ownClassName: string | undefined;
  readonly gateway: GatewayFacts;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The default class, else the one that serves, else the oldest: a class that is installed later takes no store away.
 * Age alone cannot tell, since creation times are whole seconds.
 */
function ordinaryClass(
  classes: readonly IngressClassFact[],
  liveClassName: string | undefined,
): IngressClassFact | undefined {
  const byAge = classes.toSorted(
    (a, b) => compare(a.createdAt, b.createdAt) || compare(a.name, b.name),
  );
  return (
    byAge.find(({ isDefault }) => isDefault) ??
    byAge.find(({ name }) => name === liveClassName) ??
    byAge[0]
  );
}

/** The class that is named, or that the operator gave in a better informed time, or the default of the cluster. */
function uncheckedPlan(
  { ingress }: ExposureSpec,
  { ownClassName = '' }: ExposureFacts,
): IngressPlan {
  const className = ingress.className || ownClassName;
  return { mode: 'Ingress', ...(className !== '' && { className }), isUnchecked: true };
}

function ingressPlan(exposure: ExposureSpec, facts: ExposureFacts): IngressPlan | NoPlan {
  const { classes, liveClassName } = facts;
  if (classes === 'unwatched') return uncheckedPlan(exposure, facts);
  const { ingress } = exposure;
  const { className } = ingress;
  if (className !== '') {
    const named = classes.find(({ name }) => name === className);
    return named === undefined
      ? { mode: 'Ingress', className, problem: 'ClassNotFound' }
      : { mode: 'Ingress', className, controller: named.controller };
  }
  const chosen = ordinaryClass(classes, liveClassName);
  if (chosen !== undefined) {
    return { mode: 'Ingress', className: chosen.name, controller: chosen.controller };
  }
  return liveClassName === undefined
    ? { mode: 'None', problem: 'NoController' }
    : { mode: 'Ingress', className: liveClassName, problem: 'NoController' };
}

/** Decides how a store is exposed. Pure. */
export function exposurePlan(
  storeName: string,
  { exposure }: Pick<StoreSpec, 'exposure'>,
  facts: ExposureFacts,
): ExposurePlan {
  const { mode, gateway } = exposure;
  if (mode === 'None') return { mode: 'None' };
  const isAuto = mode === 'Auto' && namesGateway(gateway);
  if (mode !== 'Gateway' && !isAuto) return ingressPlan(exposure, facts);
  const plan = gatewayPlan(storeName, gateway, facts.gateway);
  return isAuto && plan.problem === 'GatewayApiNotInstalled'
    ? { ...ingressPlan(exposure, facts), lacksGatewayApi: true }
    : plan;
}

/** Whether something is to lead to the store, be it for want of a controller that nothing does. Pure. */
export function isExposed(plan: ExposurePlan): boolean {
  return plan.mode !== 'None' || plan.problem !== undefined;
}

/** What leads to the store stays as it is for now, and so does the certificate that it names. Pure. */
export function keepsWay(plan: ExposurePlan): boolean {
  return plan.keeps !== undefined || (plan.mode === 'Gateway' && isGatewayUnread(plan));
}

/** The certificate is at listeners that are not the store's, hence not the store's either. Pure. */
export function hasPlatformTls(plan: ExposurePlan, { tls }: Pick<StoreSpec, 'tls'>): boolean {
  return plan.mode === 'Gateway' && plan.attach === 'Route' && tls.mode !== 'Off';
}

/** Controller of the class of an Ingress. Pure. */
export function ingressController(plan: ExposurePlan): string | undefined {
  return plan.mode === 'Ingress' ? plan.controller : undefined;
}
