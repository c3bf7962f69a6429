// What is kept of each watched kind.
import type { KubeObject, ResourceKind } from '../runtime/kube-object.ts';
import {
  keepGateway,
  keepGatewayClass,
  keepHttpRoute,
  keepListenerSet,
} from './gateway-projections.ts';
import {
  autoscalerResource,
  certificateResource,
  claimResource,
  clusterIssuerResource,
  deploymentResource,
  externalSecretResource,
  gatewayClassResource,
  gatewayResource,
  httpRouteResource,
  ingressClassResource,
  ingressResource,
  issuerResource,
  jobResource,
  kindId,
  listenerSetResource,
  podResource,
  secretResource,
  serviceResource,
  statefulSetResource,
  storeResource,
} from './kinds.ts';
import {
  keepAutoscaler,
  keepClaim,
  keepDeployment,
  keepExternalSecret,
  keepCertificate,
  keepIngress,
  keepIngressClass,
  keepIssuer,
  keepJob,
  keepMetadata,
  keepNameAndRevision,
  keepPod,
  keepSecret,
  keepService,
  keepStatefulSet,
  keepStore,
} from './projections.ts';
import { referencedKinds } from './referenced-objects.ts';

const projections = new Map<string, (object: KubeObject) => KubeObject>([
  [kindId(deploymentResource), keepDeployment],
  [kindId(statefulSetResource), keepStatefulSet],
  [kindId(jobResource), keepJob],
  [kindId(claimResource), keepClaim],
  [kindId(autoscalerResource), keepAutoscaler],
  [kindId(secretResource), keepSecret],
  [kindId(serviceResource), keepService],
  [kindId(externalSecretResource), keepExternalSecret],
  [kindId(ingressResource), keepIngress],
  [kindId(ingressClassResource), keepIngressClass],
  [kindId(httpRouteResource), keepHttpRoute],
  [kindId(listenerSetResource), keepListenerSet],
  [kindId(gatewayResource), keepGateway],
  [kindId(gatewayClassResource), keepGatewayClass],
  [kindId(certificateResource), keepCertificate],
  [kindId(issuerResource), keepIssuer],
  [kindId(clusterIssuerResource), keepIssuer],
  [kindId(podResource), keepPod],
  [kindId(storeResource), keepStore],
  ...referencedKinds.map(({ kind }) => [kindId(kind), keepNameAndRevision] as const),
]);

/** How an object of a kind is trimmed; of most nothing but what we applied matters. */
export function projectionOf(kind: ResourceKind): (object: KubeObject) => KubeObject {
  return projections.get(kindId(kind)) ?? keepMetadata;
}
