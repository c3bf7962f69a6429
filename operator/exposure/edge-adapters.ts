// What each ingress controller can do of the policy, and the annotations that tell it to. Only what a controller documents
// for a single Ingress is here; whatever it cannot do, or does for all stores at once, the shop does itself.
import type { ExposureSpec } from '../../crds/store/exposure.ts';
import type { EdgePolicy } from '../../crds/store/status.ts';
import type { StoreSpec } from '../../crds/store/store.ts';
import { type ComponentName, publicHealthPaths, webHealthPath } from '../names.ts';
import { strictTransportSecurity } from './strict-transport-security.ts';

/** `spec.controller` of the classes that have an adapter. */
export const controllers = {
  alb: 'ingress.k8s.aws/alb',
  haproxy: 'haproxy.org/ingress-controller',
  nginx: 'k8s.io/ingress-nginx',
  traefik: 'traefik.io/ingress-controller',
} as const;

type PolicyPart = keyof EdgePolicy;
type Policy = ExposureSpec['policy'];
type Annotations = Readonly<Record<string, string>>;

interface Adapter {
  /** What the controller sees to by these annotations. */
  readonly parts: readonly PolicyPart[];
  readonly annotations: (policy: Policy, isHttps: boolean) => Annotations;
  /** What the owner should know about the controller. */
  readonly note?: string;
}

const unitBytes: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };

/** A size such as `512Ki` in bytes. */
function sizeBytes(size: string): number {
  return Number(size.slice(0, -2)) * (unitBytes[size.slice(-2)] ?? 1);
}

/**
 * https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/: what an annotation can say is on which
 * entry points a store is served (`web` and `websecure` by the names of its chart). Redirect and limits need Middleware objects.
 */
const traefik: Adapter = {
  parts: [],
  annotations: (_policy, isHttps) => ({
    'traefik.ingress.kubernetes.io/router.entrypoints': isHttps ? 'web,websecure' : 'web',
  }),
};

/** https://github.com/haproxytech/kubernetes-ingress/blob/master/documentation/annotations.md */
const haproxy: Adapter = {
  parts: ['httpsRedirect', 'hsts'],
  annotations: ({ httpsRedirect, hsts }, isHttps) => ({
    'haproxy.org/ssl-redirect': String(httpsRedirect && isHttps),
    ...(httpsRedirect && isHttps && { 'haproxy.org/ssl-redirect-code': '301' }),
    ...(isHttps && {
      'haproxy.org/response-set-header': `Strict-Transport-Security "${strictTransportSecurity(hsts)}"`,
    }),
  }),
};

/** https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/; its HSTS is one for all stores. */
const nginx: Adapter = {
  parts: ['httpsRedirect', 'maxBodySize', 'requestTimeout'],
  annotations: ({ httpsRedirect, maxBodySize, requestTimeoutSeconds }, isHttps) => ({
    'nginx.ingress.kubernetes.io/ssl-redirect': String(httpsRedirect && isHttps),
    'nginx.ingress.kubernetes.io/proxy-body-size': String(sizeBytes(maxBodySize)),
    'nginx.ingress.kubernetes.io/proxy-read-timeout': String(requestTimeoutSeconds),
    'nginx.ingress.kubernetes.io/proxy-send-timeout': String(requestTimeoutSeconds),
  }),
  note: 'its controller ingress-nginx was retired in 2026-03 and gets no security updates: move to another one',
};

/**
 * https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/ingress/annotations/. Targets are pods: with
 * instances a pod that ends would go on getting requests.
 */
const alb: Adapter = {
  parts: ['httpsRedirect'],
  annotations: ({ httpsRedirect }, isHttps) => ({
    'alb.ingress.kubernetes.io/scheme': 'internet-facing',
    'alb.ingress.kubernetes.io/target-type': 'ip',
    'alb.ingress.kubernetes.io/listen-ports': JSON.stringify([
      { HTTP: 80 },
      ...(isHttps ? [{ HTTPS: 443 }] : []),
    ]),
    ...(httpsRedirect && isHttps && { 'alb.ingress.kubernetes.io/ssl-redirect': '443' }),
  }),
  note: 'its controller takes certificates from AWS Certificate Manager by host, not from a Secret',
};

/** A controller that has no adapter gets no annotations: it routes, and the shop sees to the policy. */
const plain: Adapter = { parts: [], annotations: () => ({}) };

const adapters: ReadonlyMap<string | undefined, Adapter> = new Map([
  [controllers.alb, alb],
  [controllers.haproxy, haproxy],
  [controllers.nginx, nginx],
  [controllers.traefik, traefik],
]);

function adapterOf(controller: string | undefined): Adapter {
  return adapters.get(controller) ?? plain;
}

/** Whether the shop is served over https. */
export function isHttps({ tls }: Pick<StoreSpec, 'tls'>): boolean {
  return tls.mode !== 'Off';
}

/** Annotations of the Ingress for a controller; the owner's own win. Pure. */
export function ingressAnnotations(
  spec: Pick<StoreSpec, 'exposure' | 'tls'>,
  controller: string | undefined,
): Annotations {
  const { policy, ingress } = spec.exposure;
  const made = adapterOf(controller).annotations(policy, isHttps(spec));
  return { ...made, ...ingress.annotations };
}

/**
 * Where a load balancer that asks the pods itself finds out whether they serve: on the port of the shoppers, since
 * NetworkPolicies let it in nowhere else. Pure.
 */
export function serviceAnnotations(
  controller: string | undefined,
  component: ComponentName,
): Annotations {
  if (controller !== controllers.alb) return {};
  const path = component === 'api' ? publicHealthPaths.ready : webHealthPath;
  return { 'alb.ingress.kubernetes.io/healthcheck-path': path };
}

/** Who sees to each part of the policy. Pure. */
export function edgePolicy(
  spec: Pick<StoreSpec, 'exposure' | 'tls'>,
  controller: string | undefined,
): EdgePolicy {
  const { parts } = adapterOf(controller);
  const keeper = (part: PolicyPart): 'Edge' | 'App' => (parts.includes(part) ? 'Edge' : 'App');
  const redirects = spec.exposure.policy.httpsRedirect && isHttps(spec);
  return {
    httpsRedirect: redirects ? keeper('httpsRedirect') : 'Off',
    hsts: isHttps(spec) ? keeper('hsts') : 'Off',
    maxBodySize: keeper('maxBodySize'),
    requestTimeout: keeper('requestTimeout'),
  };
}

/** What the owner should know about a controller, or undefined. Pure. */
export function controllerNote(controller: string | undefined): string | undefined {
  return adapterOf(controller).note;
}
