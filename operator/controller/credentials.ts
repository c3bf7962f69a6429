// What is under the names of the two Secrets of the API, whoever makes them.
import type { Store, StoreSpec } from '../../crds/store/store.ts';
import { mapChecksum } from '../desired/checksum.ts';
import { referenceId } from '../desired/references.ts';
import { WaitingError } from '../errors.ts';
import { type CredentialName, credentialNames, credentialSecretName } from '../names.ts';
import type { KubeObject } from '../runtime/kube-object.ts';
import type {
  Credentials,
  LiveCondition,
  SeenCredential,
  SeenFetch,
} from '../status/observation.ts';
import { credentialTrouble } from '../status/secrets-condition.ts';
import { findSecret } from './generated-secrets.ts';
import { externalSecretResource, secretResource } from './kinds.ts';
import { type SecretSummary, storedChecksums } from './projections.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

type ValidStore = Pick<Store, 'metadata'> & { readonly spec: StoreSpec };

interface LiveExternalSecret {
  readonly status?: { readonly conditions?: readonly LiveCondition[] };
}

type Found = (KubeObject & SecretSummary) | undefined;

function secretOf(
  store: ValidStore,
  credential: CredentialName,
  tools: ReconcileTools,
): Promise<Found> {
  const { namespace, name: storeName } = store.metadata;
  const name = credentialSecretName(storeName, store.spec.secrets, credential);
  return findSecret({ metadata: { namespace, name } }, tools);
}

/** The ExternalSecret has the name of its Secret. */
function fetchOf(store: ValidStore, credential: CredentialName, tools: ReconcileTools) {
  const { metadata, spec } = store;
  if (spec.secrets.mode !== 'ExternalSecrets') return {};
  const name = credentialSecretName(metadata.name, spec.secrets, credential);
  const api = tools.watches.availability(externalSecretResource, metadata.namespace);
  const cache = tools.watches.cache(externalSecretResource);
  const live = cache.get(`${metadata.namespace}/${name}`)?.object as LiveExternalSecret | undefined;
  const ready = live?.status?.conditions?.find(({ type }) => type === 'Ready');
  return { fetch: { api, ...(ready && { ready }) } };
}

function seenIn(secret: Found, fetch: { readonly fetch?: SeenFetch }): SeenCredential {
  if (secret === undefined) return { kind: 'absent', ...fetch };
  const { metadata, keySet, sizeBytes } = secret;
  return {
    kind: 'read',
    ...fetch,
    createdAt: metadata.creationTimestamp ?? '',
    ...(keySet && { keySet }),
    ...(sizeBytes !== undefined && { sizeBytes }),
  };
}

/**
 * For the status of a store whose facts were not gathered: what cannot be read is not judged, and what the operator draws is
 * where the watch sees it.
 */
export async function seenCredentials(
  store: Pick<Store, 'metadata'> & { readonly spec: StoreSpec | undefined },
  tools: ReconcileTools,
): Promise<Credentials> {
  const { metadata, spec } = store;
  const look = async (credential: CredentialName): Promise<SeenCredential> => {
    if (spec === undefined) return { kind: 'unread' };
    const name = credentialSecretName(metadata.name, spec.secrets, credential);
    const cached = tools.watches.cache(secretResource).get(`${metadata.namespace}/${name}`);
    if (spec.secrets.mode === 'Generated') return seenIn(cached?.object, {});
    try {
      const valid = { metadata, spec };
      return seenIn(await secretOf(valid, credential, tools), fetchOf(valid, credential, tools));
    } catch (error) {
      tools.log.warn({ err: error }, 'a Secret cannot be read and is not judged');
      return { kind: 'unread' };
    }
  };
  return { jwt: await look('jwt'), session: await look('session') };
}

/** A Secret as `Facts.checksums` has it. */
export function secretChecksum(secret: KubeObject): readonly [id: string, checksum: string] {
  const id = referenceId({ kind: 'Secret', name: secret.metadata.name });
  return [id, mapChecksum(storedChecksums(secret))];
}

/** What was found under both names, looked at once. */
export interface UsableCredentials {
  /** As `Facts.checksums` has them. */
  readonly checksums: Readonly<Record<string, string>>;
  /** For the status. */
  readonly seen: Credentials;
}

/**
 * The two Secrets, for pods that are to start with them.
 * @throws WaitingError when one is missing or cannot be used: rolling pods that cannot start helps nobody
 */
export async function usableCredentials(
  store: Store,
  tools: ReconcileTools,
): Promise<UsableCredentials> {
  const [jwt, session] = await Promise.all(
    credentialNames.map((credential) => secretOf(store, credential, tools)),
  );
  const seen: Credentials = {
    jwt: seenIn(jwt, fetchOf(store, 'jwt', tools)),
    session: seenIn(session, fetchOf(store, 'session', tools)),
  };
  const trouble = credentialTrouble(store, seen);
  if (trouble !== undefined) throw new WaitingError(trouble.reason, trouble.message);
  const checksums = Object.fromEntries(
    [jwt, session].flatMap((secret) => (secret === undefined ? [] : [secretChecksum(secret)])),
  );
  return { checksums, seen };
}
