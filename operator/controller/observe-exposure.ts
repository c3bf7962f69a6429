// What the cluster has for the way from shoppers to a store: classes, the Ingress, the Gateway, the certificate.
import type { StoreSpec } from '../../crds/store/store.ts';
import type { Store } from '../../crds/store/store.ts';
import {
  type ExposurePlan,
  exposurePlan,
  hasPlatformTls,
  type IngressClassFact,
} from '../exposure/exposure-plan.ts';
import { childName, tlsSecretName } from '../names.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import { exposureWorks } from '../status/exposure-condition.ts';
import type { LiveIngress, Observations, SeenCertificate } from '../status/observation.ts';
import { findSecret } from './generated-secrets.ts';
import { ingressClassResource, ingressResource, secretResource } from './kinds.ts';
import { gatewayFacts, gatewayObjectsOf, hasRoute } from './observe-gateway.ts';
import { defaultClassAnnotation, type SecretSummary } from './projections.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

type Named = Pick<Store, 'metadata'>;

function classFact({ metadata, spec }: KubeObject): IngressClassFact {
  return {
    name: metadata.name,
    controller: (spec as { controller?: string } | undefined)?.controller ?? '',
    isDefault: metadata.annotations?.[defaultClassAnnotation] === 'true',
    createdAt: metadata.creationTimestamp ?? '',
  };
}

/** The Ingress of a store as it is. */
export function liveIngress({ metadata }: Named, tools: ReconcileTools): LiveIngress | undefined {
  const key = `${metadata.namespace}/${childName(metadata.name, 'ingress')}`;
  return tools.watches.cache(ingressResource).get(key)?.object;
}

/** What the cluster has of the way that a plan describes. */
export function exposureObservations(
  store: Named,
  plan: ExposurePlan,
  tools: ReconcileTools,
): Pick<Observations, 'ingress' | 'gateway'> {
  const ingress = liveIngress(store, tools);
  return {
    ...(ingress && { ingress }),
    ...(plan.mode === 'Gateway' && { gateway: gatewayObjectsOf(store, plan, tools) }),
  };
}

type Planned = Named & { readonly spec: StoreSpec };

/** The other way, if the store has had it and the one of the plan does not work yet: an owner's change is no outage. */
function keptWay(
  store: Planned,
  plan: ExposurePlan,
  tools: ReconcileTools,
): Pick<ExposurePlan, 'keeps'> {
  const isWished = plan.mode !== 'None' || plan.problem !== undefined;
  const other = plan.mode === 'Gateway' ? 'Ingress' : 'Gateway';
  const isThere =
    other === 'Ingress' ? liveIngress(store, tools) !== undefined : hasRoute(store, tools);
  if (!isWished || !isThere) return {};
  const found = exposureObservations(store, plan, tools);
  return exposureWorks(store, plan, found) ? {} : { keeps: other };
}

/** How a store is to be exposed in this cluster. */
export function plannedExposure(store: Planned, tools: ReconcileTools): ExposurePlan {
  const plan = exposurePlan(store.metadata.name, store.spec, {
    classes: tools.watches.objects(ingressClassResource).map(classFact),
    liveClassName: liveIngress(store, tools)?.spec?.ingressClassName,
    gateway: gatewayFacts(store, tools),
  });
  return { ...plan, ...keptWay(store, plan, tools) };
}

function seenIn({ certificate }: SecretSummary): SeenCertificate {
  return certificate === undefined ? { kind: 'unreadable' } : { kind: 'read', certificate };
}

/**
 * The certificate of a store. A Secret of the owner's is read, since it carries no label of ours and is not watched; when
 * that fails nothing is known, and the status keeps what it said before.
 */
export async function seenCertificate(
  store: Named & { readonly spec: StoreSpec | undefined },
  plan: ExposurePlan | undefined,
  tools: ReconcileTools,
): Promise<SeenCertificate> {
  const { metadata, spec } = store;
  if (spec === undefined || spec.tls.mode === 'Off') return { kind: 'unread' };
  if (plan !== undefined && hasPlatformTls(plan, spec)) return { kind: 'unread' };
  const { namespace } = metadata;
  const name = tlsSecretName(metadata.name, spec.tls);
  const isCached = tools.watches.cache(secretResource).get(`${namespace}/${name}`) !== undefined;
  if (!isCached && spec.tls.mode !== 'ExistingSecret') return { kind: 'absent' };
  try {
    const found = await findSecret({ metadata: { namespace, name } }, tools);
    return found === undefined ? { kind: 'absent' } : seenIn(found);
  } catch (error) {
    tools.log.warn({ err: error }, `Secret ${name} cannot be read; its certificate is not judged`);
    return { kind: 'unread' };
  }
}
