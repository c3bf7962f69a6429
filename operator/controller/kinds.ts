// The kinds that the controller reads or writes. Pruning looks at `prunedKinds` and nothing else: a closed list.
import { group, storeKind, storePlural, version } from '../../crds/store/store.ts';
import { certManagerGroup } from '../../crds/store/tls.ts';
import type { KubeObject, ResourceKind } from '../runtime/kube-object.ts';

/** A kind whose objects are in namespaces. */
export type NamespacedKind = ResourceKind & { readonly namespaced: true };

const namespaced = (apiVersion: string, kind: string, plural: string): NamespacedKind => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
});

/** The store itself. */
export const storeResource = namespaced(`${group}/${version}`, storeKind, storePlural);

/** Secrets are children, but hold data that is drawn once: they are finalized, never pruned. */
export const secretResource = namespaced('v1', 'Secret', 'secrets');

/** ConfigMaps: children, and objects of the owner that environments refer to. */
export const configMapResource = namespaced('v1', 'ConfigMap', 'configmaps');

/** Services, whose families of addresses say where nginx listens. */
export const serviceResource = namespaced('v1', 'Service', 'services');

/** Pods are never written; their waiting reasons explain why a rollout does not end. */
export const podResource = namespaced('v1', 'Pod', 'pods');

/** Deployments, looked up by name where status is judged. */
export const deploymentResource = namespaced('apps/v1', 'Deployment', 'deployments');

/** StatefulSets, looked up by name where status is judged. */
export const statefulSetResource = namespaced('apps/v1', 'StatefulSet', 'statefulsets');

/** Migration Jobs: judged by their conditions, and pruned when another one takes their place. */
export const jobResource = namespaced('batch/v1', 'Job', 'jobs');

/** Claims of databases: finalized like Secrets, never pruned. */
export const claimResource = namespaced('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims');

/** HorizontalPodAutoscalers, looked up by name where status is judged. */
export const autoscalerResource = namespaced(
  'autoscaling/v2',
  'HorizontalPodAutoscaler',
  'horizontalpodautoscalers',
);

/** Ingresses, looked up by name where status is judged. */
export const ingressResource = namespaced('networking.k8s.io/v1', 'Ingress', 'ingresses');

/** Belong to the cluster; few, and all of them matter to every store. */
export const ingressClassResource: ResourceKind = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
};

/** NetworkPolicies, whose presence is judged. */
export const networkPolicyResource = namespaced(
  'networking.k8s.io/v1',
  'NetworkPolicy',
  'networkpolicies',
);

const gatewayApi = 'gateway.networking.k8s.io/v1';

/** HTTPRoutes of stores. */
export const httpRouteResource = namespaced(gatewayApi, 'HTTPRoute', 'httproutes');

/** ListenerSets of stores. */
export const listenerSetResource = namespaced(gatewayApi, 'ListenerSet', 'listenersets');

/** Gateways: the platform's, and those of stores. */
export const gatewayResource = namespaced(gatewayApi, 'Gateway', 'gateways');

/** Classes of Gateways. */
export const gatewayClassResource: ResourceKind = {
  apiVersion: gatewayApi,
  kind: 'GatewayClass',
  plural: 'gatewayclasses',
  namespaced: false,
};

/** What External Secrets is asked to fetch: https://external-secrets.io. */
export const externalSecretResource = namespaced(
  'external-secrets.io/v1',
  'ExternalSecret',
  'externalsecrets',
);

/** Where External Secrets fetches from. */
export const secretStoreResource = namespaced(
  'external-secrets.io/v1',
  'SecretStore',
  'secretstores',
);
const certManagerApi = `${certManagerGroup}/v1`;

/** Certificates of stores. */
export const certificateResource = namespaced(certManagerApi, 'Certificate', 'certificates');

/** Issuers: those with the accounts of stores, and those that owners name. */
export const issuerResource = namespaced(certManagerApi, 'Issuer', 'issuers');

/** Issuers of the cluster, which owners name. */
export const clusterIssuerResource: ResourceKind = {
  apiVersion: certManagerApi,
  kind: 'ClusterIssuer',
  plural: 'clusterissuers',
  namespaced: false,
};

/** A kind of a CRD that the cluster may have or not; it comes and goes at run time. */
export interface OptionalKind {
  readonly kind: ResourceKind;
  /**
   * `store`: made, labelled and pruned by us. `others`: only read; they belong to the cluster, and a change concerns every
   * store. `either`: there are some of both.
   */
  readonly belongsTo: 'store' | 'others' | 'either';
}

/** Watched while the cluster serves them. Whoever reads one asks `StoreWatches.availability` first, or takes none for an answer. */
export const optionalKinds: readonly OptionalKind[] = [
  { kind: httpRouteResource, belongsTo: 'store' },
  { kind: listenerSetResource, belongsTo: 'store' },
  { kind: gatewayResource, belongsTo: 'either' },
  { kind: gatewayClassResource, belongsTo: 'others' },
  { kind: externalSecretResource, belongsTo: 'store' },
  { kind: secretStoreResource, belongsTo: 'store' },
  { kind: certificateResource, belongsTo: 'store' },
  { kind: issuerResource, belongsTo: 'either' },
  { kind: clusterIssuerResource, belongsTo: 'others' },
];

const kindsOf = (...owners: readonly OptionalKind['belongsTo'][]): readonly ResourceKind[] =>
  optionalKinds.flatMap(({ kind, belongsTo }) => (owners.includes(belongsTo) ? [kind] : []));

/** Kinds of which some objects are of others. They are watched whole, not by label. */
export const sharedKinds: readonly ResourceKind[] = [
  ingressClassResource,
  ...kindsOf('others', 'either'),
];

/** Kinds that are applied and pruned in every cluster. */
export const childKinds: readonly ResourceKind[] = [
  namespaced('v1', 'ServiceAccount', 'serviceaccounts'),
  configMapResource,
  serviceResource,
  deploymentResource,
  jobResource,
  autoscalerResource,
  namespaced('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  ingressResource,
  networkPolicyResource,
];

/** Kinds that are pruned. */
export const prunedKinds: readonly ResourceKind[] = [...childKinds, ...kindsOf('store', 'either')];

/** Kinds that are applied and never pruned, since a shop's data hangs on them. */
export const lastingKinds: readonly ResourceKind[] = [
  secretResource,
  claimResource,
  statefulSetResource,
];

/** Read to find out whether the cluster knows the fields that this operator knows. */
export const crdResource: ResourceKind = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
};

/** Names a kind in maps: `apps/v1/Deployment`. */
export function kindId(object: Pick<KubeObject, 'apiVersion' | 'kind'>): string {
  return `${object.apiVersion}/${object.kind}`;
}

/** Whether a cluster may lack the kind of an object. */
export function isOptional(object: Pick<KubeObject, 'apiVersion' | 'kind'>): boolean {
  return optionalKinds.some(({ kind }) => kindId(kind) === kindId(object));
}
