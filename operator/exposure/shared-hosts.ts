// One host in the Ingresses of two stores: a controller serves either, and tells nobody. So the stores tell it: the host
// belongs to the older one. Listeners of a Gateway need no such rule, they say `Conflicted` themselves.
import { namesGateway } from '../../crds/store/gateway.ts';
import type { StoreSpec } from '../../crds/store/store.ts';

/** What tells the age of a store; times are RFC 3339 in whole seconds. */
export interface Aged {
  readonly creationTimestamp?: string;
  readonly uid?: string;
}

/** A host that belongs to another store. */
export interface TakenHost {
  readonly host: string;
  /** `namespace/name`. */
  readonly by: string;
}

/** Whether one store is older than another; of two of the same second the UID decides. Pure. */
export function isOlder(one: Aged, other: Aged): boolean {
  const [made = '', otherMade = ''] = [one.creationTimestamp, other.creationTimestamp];
  return made === otherMade ? (one.uid ?? '') < (other.uid ?? '') : made < otherMade;
}

/** The hosts that a store asks an ingress controller for; one that names a Gateway is taken to get it. Pure. */
export function ingressHosts({
  hosts,
  exposure: { mode, gateway },
}: Pick<StoreSpec, 'hosts' | 'exposure'>): readonly string[] {
  const isByIngress = mode === 'Ingress' || (mode === 'Auto' && !namesGateway(gateway));
  return isByIngress ? hosts : [];
}
