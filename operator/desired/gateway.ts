// The objects of the Gateway API that lead to a store. Their lists are atomic, so what the API server would add to an item by
// default stands here too: else each look would find another list than the one that was applied.
// https://gateway-api.sigs.k8s.io/reference/spec/
import type { Store } from '../../crds/store/store.ts';
import {
  type GatewayPlan,
  hasGatewayApi,
  type OwnListener,
  ownListeners,
  routeSections,
} from '../exposure/gateway-plan.ts';
import { strictTransportSecurity } from '../exposure/strict-transport-security.ts';
import { secretNameOf, type TlsPlan } from '../exposure/tls-plan.ts';
import {
  apiBasePath,
  childName,
  type ChildSuffix,
  type ComponentName,
  ports,
  publicHealthPaths,
} from '../names.ts';
import { ownedMetadata } from './child-metadata.ts';
import type { Facts, Manifest } from './desired-object.ts';

const group = 'gateway.networking.k8s.io';
const apiVersion = `${group}/v1`;

/** What a route names as its parent. */
export interface ParentReference {
  readonly group: string;
  readonly kind: 'Gateway' | 'ListenerSet';
  readonly namespace?: string;
  readonly name: string;
}

/** The object whose listeners the routes belong to: the platform's Gateway, or what the store brings. Pure. */
export function gatewayParent(
  store: Pick<Store, 'metadata'>,
  { attach, gateway }: GatewayPlan,
): ParentReference {
  if (attach === 'ListenerSet') {
    return { group, kind: 'ListenerSet', name: childName(store.metadata.name, 'listeners') };
  }
  return { group, kind: 'Gateway', ...gateway };
}

function parentRefs(store: Store, plan: GatewayPlan, sections: readonly string[]) {
  const ref = gatewayParent(store, plan);
  return sections.length === 0 ? [ref] : sections.map((sectionName) => ({ ...ref, sectionName }));
}

function route(store: Store, suffix: ChildSuffix, spec: object): Manifest {
  return {
    apiVersion,
    kind: 'HTTPRoute',
    metadata: ownedMetadata(store, 'web', suffix),
    spec: { hostnames: [...store.spec.hosts], ...spec },
  };
}

const prefix = (value: string) => ({ path: { type: 'PathPrefix', value } });

function backend(store: Store, component: ComponentName) {
  const name = childName(store.metadata.name, component);
  return { group: '', kind: 'Service', name, port: ports.http.service, weight: 1 };
}

/** The same paths as those of the Ingress. */
function shopRoute(store: Store, plan: GatewayPlan): Manifest {
  const { policy } = store.spec.exposure;
  const { shop, isHttpsOnly } = routeSections(store.spec, plan);
  const set = [{ name: 'Strict-Transport-Security', value: strictTransportSecurity(policy.hsts) }];
  const rule = (component: ComponentName, paths: readonly string[]) => ({
    matches: paths.map(prefix),
    ...(isHttpsOnly &&
      plan.features.headers && {
        filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { set } }],
      }),
    backendRefs: [backend(store, component)],
    ...(plan.features.timeouts && {
      timeouts: { request: `${policy.requestTimeoutSeconds}s` },
    }),
  });
  return route(store, 'route', {
    parentRefs: parentRefs(store, plan, shop),
    rules: [rule('api', [apiBasePath, ...Object.values(publicHealthPaths)]), rule('web', ['/'])],
  });
}

/** Loses against the path of an ACME solver, which is longer. */
function redirectRoute(store: Store, plan: GatewayPlan): readonly Manifest[] {
  const { redirect } = routeSections(store.spec, plan);
  if (redirect.length === 0) return [];
  const requestRedirect = { scheme: 'https', statusCode: 301 };
  const filters = [{ type: 'RequestRedirect', requestRedirect }];
  return [
    route(store, 'redirect', {
      parentRefs: parentRefs(store, plan, redirect),
      rules: [{ matches: [prefix('/')], filters }],
    }),
  ];
}

function listener({ name, protocol, port, hostname }: OwnListener, tls: TlsPlan) {
  const certificate = { group: '', kind: 'Secret', name: secretNameOf(tls, hostname) };
  return {
    name,
    protocol,
    port,
    hostname,
    ...(protocol === 'HTTPS' && { tls: { mode: 'Terminate', certificateRefs: [certificate] } }),
  };
}

/** What the routes are attached to, where it is the store's. */
function listenersObject(store: Store, plan: GatewayPlan, tls: TlsPlan): readonly Manifest[] {
  const { attach, gateway, className } = plan;
  const listeners = ownListeners(store.spec).map((own) => listener(own, tls));
  if (attach === 'Route') return [];
  if (attach === 'ListenerSet') {
    return [
      {
        apiVersion,
        kind: 'ListenerSet',
        metadata: ownedMetadata(store, 'web', 'listeners'),
        spec: { parentRef: { group, kind: 'Gateway', ...gateway }, listeners },
      },
    ];
  }
  return [
    {
      apiVersion,
      kind: 'Gateway',
      metadata: ownedMetadata(store, 'web', 'gateway'),
      spec: { gatewayClassName: className, listeners },
    },
  ];
}

/** What leads to a store by way of a Gateway; nothing when the plan is another one, or the cluster cannot take it. Pure. */
export function gatewayObjects(store: Store, { exposure, tls }: Facts): readonly Manifest[] {
  if (exposure.mode !== 'Gateway' || !hasGatewayApi(exposure)) return [];
  return [
    ...listenersObject(store, exposure, tls),
    shopRoute(store, exposure),
    ...redirectRoute(store, exposure),
  ];
}
