// What the cluster has of the certificates of a store: the Secrets that hold them, and what cert-manager says.
import { certManagerGroup } from '../../crds/store/tls.ts';
import type { Store, StoreSpec } from '../../crds/store/store.ts';
import { issuerReference } from '../desired/certificate.ts';
import { WaitingError } from '../errors.ts';
import type { ExposurePlan } from '../exposure/exposure-plan.ts';
import { type TlsPlan, tlsPlan } from '../exposure/tls-plan.ts';
import { childName, labelKeys } from '../names.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type {
  CertManagerObservation,
  LiveCertificate,
  LiveConditioned,
  SeenCertificate,
  SeenIssuer,
} from '../status/observation.ts';
import { findSecret } from './generated-secrets.ts';
import {
  certificateResource,
  clusterIssuerResource,
  issuerResource,
  secretResource,
} from './kinds.ts';
import type { SecretSummary } from './projections.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

type Named = Pick<Store, 'metadata'> & { readonly spec: StoreSpec };

function cachedSecret(
  { metadata: { namespace } }: Pick<Store, 'metadata'>,
  secretName: string,
  tools: ReconcileTools,
): (KubeObject & SecretSummary) | undefined {
  return tools.watches.cache(secretResource).get(`${namespace}/${secretName}`)?.object;
}

function seenIn(secret: SecretSummary | undefined): SeenCertificate {
  if (secret === undefined) return { kind: 'absent' };
  const { certificate } = secret;
  return certificate === undefined ? { kind: 'unreadable' } : { kind: 'read', certificate };
}

/** What is in the Secret that cert-manager writes; it carries the labels that the Certificate asks for. */
export function issuedCertificate(store: Named, tools: ReconcileTools): SeenCertificate {
  return seenIn(cachedSecret(store, childName(store.metadata.name, 'cert'), tools));
}

/** Where the certificates of a store come from in this cluster. */
export function plannedTls(store: Named, exposure: ExposurePlan, tools: ReconcileTools): TlsPlan {
  const issued = issuedCertificate(store, tools);
  return tlsPlan(store, {
    exposure,
    certManager: tools.watches.availability(certificateResource, store.metadata.namespace),
    issued: issued.kind === 'read' ? issued.certificate : undefined,
    nowMs: tools.clock.now(),
  });
}

/**
 * cert-manager overwrites whatever has the name that a Certificate gives it.
 * @throws WaitingError when the Secret is somebody else's
 */
export async function assertSecretIsFree(
  store: Store,
  plan: TlsPlan,
  tools: ReconcileTools,
): Promise<void> {
  const { namespace, name } = store.metadata;
  const secretName = childName(name, 'cert');
  if (!plan.isRequested) return;
  const secret = await findSecret({ metadata: { namespace, name: secretName } }, tools);
  if (secret === undefined || secret.metadata.labels?.[labelKeys.instance] === name) return;
  throw new WaitingError(
    'NameConflict',
    `Secret ${secretName} exists and is not of this store, so cert-manager must not write its certificate there; ` +
      'delete it, or give it another name',
  );
}

/**
 * The certificate that serves the main host. A Secret of the owner's is read, since it carries no label of ours; when that
 * fails nothing is known, and the status keeps what it said before.
 */
export async function seenCertificate(
  store: Pick<Store, 'metadata'>,
  plan: TlsPlan | undefined,
  tools: ReconcileTools,
): Promise<SeenCertificate> {
  const secretName = plan?.secrets[0]?.secretName;
  if (plan === undefined || secretName === undefined) return { kind: 'unread' };
  const cached = cachedSecret(store, secretName, tools);
  if (cached !== undefined || plan.mode !== 'ExistingSecret') return seenIn(cached);
  try {
    const { namespace } = store.metadata;
    return seenIn(await findSecret({ metadata: { namespace, name: secretName } }, tools));
  } catch (error) {
    tools.log.warn(
      { err: error },
      `Secret ${secretName} cannot be read; its certificate is not judged`,
    );
    return { kind: 'unread' };
  }
}

function seenIssuer(store: Named, tools: ReconcileTools): SeenIssuer {
  const reference = issuerReference(store);
  if (reference?.group !== certManagerGroup) return { kind: 'unread' };
  const { name, kind } = reference;
  const resource = kind === 'ClusterIssuer' ? clusterIssuerResource : issuerResource;
  const { namespace } = store.metadata;
  const availability = tools.watches.availability(resource, namespace);
  if (availability === 'unwatched') return { kind: 'unwatched' };
  if (availability !== 'served') return { kind: 'unread' };
  const key = kind === 'ClusterIssuer' ? name : `${namespace}/${name}`;
  const issuer = tools.watches.cache(resource).get(key)?.object as LiveConditioned | undefined;
  return issuer === undefined ? { kind: 'absent' } : { kind: 'read', issuer };
}

/** What cert-manager does for a store. */
export function observedCertManager(store: Named, tools: ReconcileTools): CertManagerObservation {
  const { namespace, name } = store.metadata;
  const key = `${namespace}/${childName(name, 'tls')}`;
  const certificate = tools.watches.cache(certificateResource).get(key)?.object as
    | LiveCertificate
    | undefined;
  return {
    state: tools.watches.availability(certificateResource, namespace),
    issued: issuedCertificate(store, tools),
    ...(certificate && { certificate }),
    issuer: seenIssuer(store, tools),
  };
}
