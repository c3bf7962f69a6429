// Which IngressClass a store uses. A class that vanishes takes nothing away: deleting an Ingress may give its address back
// to the cloud, so the object stays until the owner says None, and the condition tells what is missing.
import type { ExposureSpec } from '../../crds/store/exposure.ts';

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

/** How a store is exposed. */
export interface ExposurePlan {
  readonly mode: 'Ingress' | 'None';
  /** Absent while no class is known: the Ingress that is there, if any, then keeps the one it has. */
  readonly className?: string;
  /** Controller of the class; absent while the class does not exist. */
  readonly controller?: string;
  readonly problem?: 'NoController' | 'ClassNotFound';
}

/** What the plan follows from. */
export interface ExposureFacts {
  readonly classes: readonly IngressClassFact[];
  /** Class of the store's Ingress as it is now; undefined when there is none. */
  readonly liveClassName: string | undefined;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The default class, else the one that serves, else the oldest: a class that is installed later takes no store away.
 * Age alone cannot tell, since creation times are whole seconds.
 */
function ordinaryClass({ classes, liveClassName }: ExposureFacts): IngressClassFact | undefined {
  const byAge = classes.toSorted(
    (a, b) => compare(a.createdAt, b.createdAt) || compare(a.name, b.name),
  );
  return (
    byAge.find(({ isDefault }) => isDefault) ??
    byAge.find(({ name }) => name === liveClassName) ??
    byAge[0]
  );
}

/** Decides how a store is exposed. Pure. */
export function exposurePlan({ mode, ingress }: ExposureSpec, facts: ExposureFacts): ExposurePlan {
  const { classes, liveClassName } = facts;
  if (mode === 'None') return { mode: 'None' };
  const { className } = ingress;
  if (className !== '') {
    const named = classes.find(({ name }) => name === className);
    return named === undefined
      ? { mode: 'Ingress', className, problem: 'ClassNotFound' }
      : { mode: 'Ingress', className, controller: named.controller };
  }
  const chosen = ordinaryClass(facts);
  if (chosen !== undefined) {
    return { mode: 'Ingress', className: chosen.name, controller: chosen.controller };
  }
  return liveClassName === undefined
    ? { mode: 'None', problem: 'NoController' }
    : { mode: 'Ingress', className: liveClassName, problem: 'NoController' };
}
