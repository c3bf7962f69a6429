// Stores on a real API server, through kubectl.
import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { mustRun } from './cluster.ts';
import { listObjects, readObject } from './live-objects.ts';

/** An object as the API server returned it. */
export interface LiveObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly { readonly uid: string }[];
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
  };
  // The tests look into all kinds, so the rest is as kubectl prints it.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly [field: string]: any;
}

/** Kinds of a store's children, as kubectl takes them. */
export const childResources =
  'serviceaccounts,configmaps,secrets,services,deployments,horizontalpodautoscalers,poddisruptionbudgets,' +
  'statefulsets,jobs,persistentvolumeclaims,ingresses,networkpolicies';

/** What deletion policy Retain leaves of a store. */
export const keptChildren = (store: string): readonly string[] => [
  ...['db', 'dbowner', 'jwt', 'session'].map((suffix) => `Secret/${store}-${suffix}`),
  `PersistentVolumeClaim/${store}-db`,
];

/** A store to be applied. */
export function storeManifest(name: string, namespace: string, spec: object = {}): string {
  return JSON.stringify({
    apiVersion: 'dhakacart.io/v1alpha1',
    kind: 'DhakaCartStore',
    metadata: { name, namespace },
    spec: { version: '1.0.0', hosts: [`${name}.example.com`], ...spec },
  });
}

/** Objects of some kinds in a namespace. */
export function list(
  cluster: ClusterAccess,
  resources: string,
  args: readonly string[],
): Promise<readonly LiveObject[]> {
  return listObjects(cluster, resources, args) as Promise<readonly LiveObject[]>;
}

/** One object. */
export function read(cluster: ClusterAccess, args: readonly string[]): Promise<LiveObject> {
  return readObject(cluster, args) as Promise<LiveObject>;
}

/** The children of a store, by label. */
export function children(
  cluster: ClusterAccess,
  namespace: string,
  store: string,
): Promise<readonly LiveObject[]> {
  return list(cluster, childResources, [
    '-n',
    namespace,
    '-l',
    `app.kubernetes.io/instance=${store}`,
  ]);
}

const onePod = { autoscaling: { minReplicas: 1 }, disruptionBudget: { enabled: false } };

/** One pod of each component: most tests need no more, and each new one has to stay ready for a while in a rollout. */
export const smallShop = { api: onePod, web: onePod };

/** Applies a small store and waits until it is Ready; `spec` says what is different. */
export async function readyStore(
  cluster: ClusterAccess,
  namespace: string,
  name: string,
  spec: object = {},
): Promise<void> {
  const manifest = storeManifest(name, namespace, { ...smallShop, ...spec });
  await mustRun(cluster, ['apply', '-f', '-'], manifest);
  await mustRun(cluster, [
    'wait',
    '--for=condition=Ready',
    `dcs/${name}`,
    '-n',
    namespace,
    '--timeout=60s',
  ]);
}

/** A condition of a store. */
export function condition(
  store: LiveObject,
  type: string,
): { status: string; reason: string; message: string } | undefined {
  return store['status']?.conditions?.find((entry: { type: string }) => entry.type === type);
}

/** Makes the cluster look as if an ingress controller were installed. */
export async function installIngressClass(
  cluster: ClusterAccess,
  name: string,
  { controller, isDefault = false }: { readonly controller: string; readonly isDefault?: boolean },
): Promise<void> {
  const annotations = { 'ingressclass.kubernetes.io/is-default-class': String(isDefault) };
  const manifest = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name, annotations },
    spec: { controller },
  };
  await mustRun(cluster, ['apply', '-f', '-'], JSON.stringify(manifest));
}
