// `SecretsReady` and `status.secrets`: whether the Secrets of a store exist and hold what the shop can use, from what they
// say apart from their values. What is wrong with a Secret of the owner's is also why nothing is applied: pods that cannot
// start help nobody.
import type { SecretStatus } from '../../crds/store/status.ts';
import type { Store, StoreSpec } from '../../crds/store/store.ts';
import { keyState, nextSigningAt } from '../jwt/key-ring.ts';
import { minSecretBytes } from '../jwt/key-set.ts';
import {
  childName,
  type CredentialName,
  credentialNames,
  credentialSecretName,
  fileNames,
  wantedSecretSuffixes,
} from '../names.ts';
import { boundedText } from './bounded-text.ts';
import type { Judgement } from './judgement.ts';
import type { Credentials, SeenCredential, StatusInput } from './observation.ts';
import { passwordTrouble } from './owner-password.ts';
import type { Explanation } from './part-health.ts';

/** As much of a store as a sentence about its Secrets needs. */
export type CredentialOwner = {
  readonly metadata: Pick<Store['metadata'], 'name' | 'namespace'>;
  readonly spec: Pick<StoreSpec, 'secrets' | 'database'>;
};

/** What must stand where, and where the owner says so. */
const contents = {
  jwt: {
    key: fileNames.jwtKeys,
    what: 'a JWK Set of symmetric keys for HS256',
    field: 'spec.secrets.existing.jwtSecretName',
  },
  session: {
    key: fileNames.sessionSecret,
    what: `${minSecretBytes} random bytes or more, such as openssl rand -base64 48 writes`,
    field: 'spec.secrets.existing.sessionSecretName',
  },
} as const;

/** Completes "the key of the Secret ..."; undefined when its content can be used. */
function problemOf(credential: CredentialName, seen: SeenCredential): string | undefined {
  if (seen.kind !== 'read') return undefined;
  const { keySet, sizeBytes } = seen;
  if (credential === 'jwt') {
    if (keySet === undefined) return 'is missing';
    return keySet.kind === 'unusable' ? keySet.problem : undefined;
  }
  if (sizeBytes === undefined) return 'is missing';
  return sizeBytes < minSecretBytes ? `has ${sizeBytes} bytes only` : undefined;
}

/** Why External Secrets does not bring a Secret up to date, or undefined when it does or nobody could look. */
function fetchTrouble(
  { metadata, spec }: CredentialOwner,
  credential: CredentialName,
  seen: SeenCredential,
): Explanation | undefined {
  if (seen.kind === 'unread' || seen.fetch === undefined) return undefined;
  const { api, ready } = seen.fetch;
  if (api === 'unlisted') return undefined;
  if (api === 'absent') {
    const remedy =
      'install External Secrets (https://external-secrets.io), or choose another spec.secrets.mode';
    const message = `the cluster does not serve external-secrets.io/v1; ${remedy}`;
    return { reason: 'ExternalSecretsNotInstalled', message };
  }
  if (ready?.status === 'True' && seen.kind === 'read') return undefined;
  const name = credentialSecretName(metadata.name, spec.secrets, credential);
  const state =
    ready === undefined
      ? 'was not looked at yet; see that the controller of External Secrets runs'
      : `${ready.reason ?? 'not Ready'}: ${ready.message ?? 'no message'}`;
  const kept = seen.kind === 'read' ? '; the values of before stay in force' : '';
  const message = `ExternalSecret ${name}: ${state}${kept}`;
  return { reason: 'ExternalSecretNotSynced', message };
}

function troubleOf(
  store: CredentialOwner,
  credential: CredentialName,
  seen: SeenCredential,
): Explanation | undefined {
  const { metadata, spec } = store;
  const { mode } = spec.secrets;
  const { namespace } = metadata;
  const name = credentialSecretName(metadata.name, spec.secrets, credential);
  const { key, what, field } = contents[credential];
  if (seen.kind === 'absent' && mode === 'ExternalSecrets')
    return fetchTrouble(store, credential, seen);
  if (seen.kind === 'absent' && mode === 'Existing') {
    const told = `Secret ${name} does not exist in namespace ${namespace}, but ${field} names it`;
    return {
      reason: 'MissingReference',
      message: `${told}; create it with the key ${key}: ${what}`,
    };
  }
  const problem = problemOf(credential, seen);
  if (problem === undefined) return undefined;
  const remedies = {
    Generated: `delete it, and it is drawn anew: kubectl delete secret ${name} -n ${namespace}`,
    Existing: `store ${what} there`,
    ExternalSecrets: `store ${what} at the provider`,
  } as const;
  const message = `key ${key} of Secret ${name} ${problem}; ${remedies[mode]}`;
  return { reason: 'SecretUnusable', message };
}

/** All that is wrong by one judge, once each. */
function worst(
  judge: typeof troubleOf,
  store: CredentialOwner,
  credentials: Credentials,
): Explanation | undefined {
  const troubles = credentialNames.flatMap(
    (credential) => judge(store, credential, credentials[credential]) ?? [],
  );
  const [first] = troubles;
  if (first === undefined) return undefined;
  const messages = new Set(troubles.map(({ message }) => message));
  return { reason: first.reason, message: boundedText([...messages].join('; ')) };
}

/** Why the shop's API cannot start with its secrets, or undefined. Pure. */
export function credentialTrouble(
  store: CredentialOwner,
  credentials: Credentials,
): Explanation | undefined {
  return worst(troubleOf, store, credentials);
}

/** Nobody could look at the Secret, or at what is to bring it. */
function isUnjudged(seen: SeenCredential): boolean {
  return seen.kind === 'unread' || (seen.kind === 'absent' && seen.fetch?.api === 'unlisted');
}

interface ExpectedSecret {
  readonly name: string;
  readonly source: SecretStatus['source'];
  readonly credential?: CredentialName;
}

/** The Secrets that a store needs, and who makes each. */
function expectedSecrets({ metadata, spec }: CredentialOwner): readonly ExpectedSecret[] {
  const { mode } = spec.secrets;
  return [
    ...credentialNames.map((credential) => ({
      name: credentialSecretName(metadata.name, spec.secrets, credential),
      source: mode,
      credential,
    })),
    ...wantedSecretSuffixes(spec.database, 'Generated')
      .filter((suffix) => !credentialNames.some((name) => name === suffix))
      .map((suffix) => ({
        name: childName(metadata.name, suffix),
        source: 'Generated' as const,
      })),
  ];
}

function createdAtOf(
  { name, credential }: ExpectedSecret,
  { secrets, credentials }: StatusInput['observations'],
): string | undefined {
  if (credential === undefined)
    return secrets.find(({ metadata }) => metadata.name === name)?.metadata.creationTimestamp;
  const seen = credentials[credential];
  return seen.kind === 'read' ? seen.createdAt : undefined;
}

/** Nobody could look: the last judgement stands if it was about the same spec. */
function unjudged({ previous, metadata }: StatusInput): Judgement {
  const last = previous?.conditions?.find(({ type }) => type === 'SecretsReady');
  if (last !== undefined && last.observedGeneration === metadata.generation) {
    const { status, reason, message } = last;
    return { status, reason, message };
  }
  return { status: 'Unknown', reason: 'NotJudgedYet', message: 'the Secrets were not read yet' };
}

/** `SecretsReady`; undefined while the spec is not valid. Pure. */
export function secretsCondition(input: StatusInput): Judgement | undefined {
  const { metadata, spec, observations } = input;
  if (spec === undefined) return undefined;
  const store = { metadata, spec };
  const { credentials } = observations;
  const trouble = credentialTrouble(store, credentials) ?? worst(fetchTrouble, store, credentials);
  if (trouble !== undefined) return { status: 'False', ...trouble };
  if (credentialNames.some((name) => isUnjudged(credentials[name]))) return unjudged(input);
  const expected = expectedSecrets(store);
  const missing = expected.filter((secret) => createdAtOf(secret, observations) === undefined);
  if (missing.length > 0) {
    const message = `missing: ${missing.map(({ name }) => `Secret ${name}`).join(', ')}`;
    return { status: 'False', reason: 'SecretsMissing', message: boundedText(message) };
  }
  const password = passwordTrouble(input);
  if (password !== undefined) return { status: 'False', ...password };
  const message = `Secrets ${expected.map(({ name }) => name).join(', ')} exist`;
  return { status: 'True', reason: 'SecretsPresent', message: boundedText(message) };
}

const timeText = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');

function keysOf(
  seen: SeenCredential,
  { mode, jwt }: StoreSpec['secrets'],
): Pick<SecretStatus, 'keys' | 'nextRotationAt'> {
  if (seen.kind !== 'read' || seen.keySet?.kind !== 'read') return {};
  const { keys: ring } = seen.keySet;
  const keys = ring.map((key, index) => ({
    kid: key.kid,
    state: keyState(key, index),
    createdAt: timeText(key.issuedAt),
  }));
  const signsAt = mode === 'Generated' ? nextSigningAt(ring, jwt) : undefined;
  return { keys, ...(signsAt !== undefined && { nextRotationAt: timeText(signsAt) }) };
}

/** `status.secrets`: names and ages, never values. Pure. */
export function secretsStatus({
  metadata,
  spec,
  previous,
  observations,
}: StatusInput): SecretStatus[] | undefined {
  if (spec === undefined) return previous?.secrets;
  return expectedSecrets({ metadata, spec }).map((secret) => {
    const { name, source, credential } = secret;
    if (credential !== undefined && observations.credentials[credential].kind === 'unread') {
      return previous?.secrets?.find((one) => one.name === name) ?? { name, source };
    }
    const createdAt = createdAtOf(secret, observations);
    const keys = credential === 'jwt' ? keysOf(observations.credentials.jwt, spec.secrets) : {};
    return { name, source, ...(createdAt !== undefined && { createdAt }), ...keys };
  });
}
