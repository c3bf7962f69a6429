// What the cluster has for the way from shoppers to a store: classes, the Ingress, the certificate.
import type { StoreSpec } from '../../crds/store/store.ts';
import type { Store } from '../../crds/store/store.ts';
import {
  type ExposurePlan,
  exposurePlan,
  type IngressClassFact,
} from '../exposure/exposure-plan.ts';
import { childName, tlsSecretName } from '../names.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type { LiveIngress, SeenCertificate } from '../status/observation.ts';
import { findSecret } from './generated-secrets.ts';
import { ingressClassResource, ingressResource, secretResource } from './kinds.ts';
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

/** How a store is to be exposed in this cluster. */
export function plannedExposure(
  store: Named & { readonly spec: StoreSpec },
  tools: ReconcileTools,
): ExposurePlan {
  return exposurePlan(store.spec.exposure, {
    classes: tools.watches.objects(ingressClassResource).map(classFact),
    liveClassName: liveIngress(store, tools)?.spec?.ingressClassName,
  });
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
  tools: ReconcileTools,
): Promise<SeenCertificate> {
  const { metadata, spec } = store;
  if (spec === undefined || spec.tls.mode === 'Off') return { kind: 'unread' };
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
