// What is kept of the objects of the Gateway API; see projections.ts.
import type { KubeObject } from '../runtime/kube-object.ts';
import { type Json, pick, trimmed } from './projections.ts';

interface GatewayApiStatus {
  readonly parents?: readonly Json[];
  readonly conditions?: readonly Json[];
  readonly listeners?: readonly Json[];
  readonly addresses?: readonly Json[];
  readonly supportedFeatures?: readonly Json[];
}

/** With the generation that each tells of. */
function datedConditions(list: unknown): readonly Json[] {
  const kept = ['type', 'status', 'reason', 'message', 'observedGeneration'];
  return ((list ?? []) as readonly Json[]).map((condition) => pick(condition, kept));
}

/** What each parent says of it. */
export function keepHttpRoute(object: KubeObject): KubeObject {
  const { parents = [] } = (object['status'] ?? {}) as GatewayApiStatus;
  return trimmed(object, {
    status: {
      parents: parents.map(({ parentRef, conditions: list }) => ({
        parentRef,
        conditions: datedConditions(list),
      })),
    },
  });
}

/** Not how many routes a listener has: that changes with each store. */
function listenerStatus({ conditions: list, listeners = [] }: GatewayApiStatus): Json {
  return {
    conditions: datedConditions(list),
    listeners: listeners.map(({ name, conditions: each }) => ({
      name,
      conditions: datedConditions(each),
    })),
  };
}

/** What is told of its listeners. */
export function keepListenerSet(object: KubeObject): KubeObject {
  return trimmed(object, { status: listenerStatus(object['status'] ?? {}) });
}

/** Class, listeners, addresses, and what is told of them. */
export function keepGateway(object: KubeObject): KubeObject {
  const status = (object['status'] ?? {}) as GatewayApiStatus;
  const { listeners = [] } = (object['spec'] ?? {}) as GatewayApiStatus;
  return trimmed(object, {
    spec: {
      ...pick(object['spec'], ['gatewayClassName']),
      listeners: listeners.map((listener) => pick(listener, ['name', 'protocol'])),
    },
    status: {
      ...listenerStatus(status),
      addresses: (status.addresses ?? []).map((address) => pick(address, ['value'])),
    },
  });
}

/** Its controller, and what that can do. */
export function keepGatewayClass(object: KubeObject): KubeObject {
  const { supportedFeatures = [] } = (object['status'] ?? {}) as GatewayApiStatus;
  return trimmed(object, {
    spec: pick(object['spec'], ['controllerName']),
    status: { supportedFeatures: supportedFeatures.map((feature) => pick(feature, ['name'])) },
  });
}
