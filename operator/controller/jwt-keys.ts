// Rotates the keys of access tokens in the Secret that the operator draws. When and which is decided in `jwt/`; here is the
// file. The resource version is the lock: two replicas of the operator never rotate twice.
import { randomBytes } from 'node:crypto';
import type { Store } from '../../crds/store/store.ts';
import { checksum } from '../desired/checksum.ts';
import { secretBytes } from '../desired/generated-secrets.ts';
import { nextRing, nextRingChangeAt, type RingStep, type RingWishes } from '../jwt/key-ring.ts';
import { jwk, keySetText, parseKeySet } from '../jwt/key-set.ts';
import { annotationKeys, credentialSecretName, fileNames } from '../names.ts';
import { type KubeObject, objectPath } from '../runtime/kube-object.ts';
import { dataManager, findSecret, newKid, readSecret } from './generated-secrets.ts';
import { secretResource } from './kinds.ts';
import { keepSecret, type SecretSummary } from './projections.ts';
import type { ReconcileTools } from './reconcile-tools.ts';

type SeenSecret = KubeObject & SecretSummary;

/** A checksum of the owner's last wish: whatever it says, it is not shown a second time. */
function askedRotation(store: Store): string | undefined {
  const asked = store.metadata.annotations?.[annotationKeys.rotateJwt];
  return asked === undefined ? undefined : checksum(asked);
}

function wishesOf(store: Store, { metadata }: SeenSecret): RingWishes {
  const asked = askedRotation(store);
  return {
    rotateEverySeconds: store.spec.secrets.jwt.rotateEverySeconds,
    isRotationAsked:
      asked !== undefined && metadata.annotations?.[annotationKeys.rotateJwt] !== asked,
    revokedKid: store.metadata.annotations?.[annotationKeys.revokeJwt],
  };
}

type NamedStep = RingStep & { readonly kid: string };

/** Undefined when the Secret holds no key set: `gather-facts.ts` says so. */
function stepOf(store: Store, secret: SeenSecret, now: number): NamedStep | undefined {
  const { keySet } = secret;
  if (keySet?.kind !== 'read') return undefined;
  const kid = newKid();
  return { kid, ...nextRing(keySet.keys, wishesOf(store, secret), { now, kid }) };
}

const isDue = ({ changes, isRotationBegun }: RingStep): boolean =>
  changes.length > 0 || isRotationBegun;

/** The data is read now, since no cache holds secrets, and judged again, since it may be newer. */
async function writeStep(
  store: Store,
  name: string,
  { now, tools }: { readonly now: number; readonly tools: ReconcileTools },
): Promise<NamedStep | undefined> {
  const { namespace } = store.metadata;
  const live = await readSecret({ metadata: { namespace, name } }, tools);
  const step = stepOf(store, keepSecret(live), now);
  if (step === undefined || !isDue(step)) return step;
  const data = live['data'] as Readonly<Record<string, string>>;
  const jwks = parseKeySet(Buffer.from(data[fileNames.jwtKeys] ?? '', 'base64').toString('utf8'));
  const text = keySetText(step.keys, [...jwks, jwk(step.kid, randomBytes(secretBytes))]);
  const asked = askedRotation(store);
  const answer = await tools.client.request<KubeObject>({
    method: 'PATCH',
    patchType: 'merge',
    path: objectPath({ kind: secretResource, namespace, name }),
    query: { fieldManager: dataManager },
    body: {
      metadata: {
        resourceVersion: live.metadata.resourceVersion,
        ...(step.isRotationBegun && { annotations: { [annotationKeys.rotateJwt]: asked } }),
      },
      data: { [fileNames.jwtKeys]: Buffer.from(text).toString('base64') },
    },
    signal: tools.signal,
  });
  tools.watches.cache(secretResource).written(answer);
  return step;
}

const words = {
  Added: 'is new',
  Activated: 'signs now',
  Retired: 'verifies on',
  Removed: 'has ended',
  Revoked: 'was revoked',
} as const;

function tell(store: Store, { changes }: RingStep, tools: ReconcileTools): void {
  const name = credentialSecretName(store.metadata.name, store.spec.secrets, 'jwt');
  if (changes.length === 0) return;
  const said = changes.map(({ kid, kind }) => `${kid} ${words[kind]}`).join(', ');
  const isRevocation = changes.some(({ kind }) => kind === 'Revoked');
  const reason = isRevocation ? 'JwtKeyRevoked' : 'JwtKeysRotated';
  const note = `keys of access tokens in Secret ${name}: ${said}`;
  tools.event({ store, type: 'Normal', reason, action: 'Rotate', note });
}

/**
 * Brings the keys of access tokens that the operator draws to what the time and the owner ask for. The Secret must exist.
 * @returns when they change by themselves, in milliseconds since the epoch; undefined when they do not
 * @throws KubeError when the API server refuses, or somebody else wrote the Secret meanwhile
 */
export async function rotateJwtKeys(
  store: Store,
  tools: ReconcileTools,
): Promise<number | undefined> {
  const { secrets } = store.spec;
  if (secrets.mode !== 'Generated') return undefined;
  const { name: storeName, namespace } = store.metadata;
  const name = credentialSecretName(storeName, secrets, 'jwt');
  const secret = await findSecret({ metadata: { namespace, name } }, tools);
  const now = Math.floor(tools.clock.now() / 1000);
  let step = secret && stepOf(store, secret, now);
  if (step !== undefined && isDue(step)) {
    step = await writeStep(store, name, { now, tools });
    if (step !== undefined) tell(store, step, tools);
  }
  const changeAt = step && nextRingChangeAt(step.keys, secrets.jwt);
  return changeAt === undefined ? undefined : changeAt * 1000;
}
