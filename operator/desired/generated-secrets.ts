// The credentials that the operator draws: once, at their creation. Under deletion policy Retain they have no owner, so
// that a store which is made again under its name signs nobody out.
import type { Store } from '../../crds/store/store.ts';
import { fileNames, generatedSecretSuffixes } from '../names.ts';
import { childMetadata, survivingMetadata } from './child-metadata.ts';
import type { GeneratedKey, GeneratedSecret } from './desired-object.ts';

/** 384 bits: above the 256 that HS256 demands (RFC 7518 section 3.2), and a whole number of base64 groups. */
const secretBytes = 48;

function generatedSecret(
  store: Store,
  suffix: (typeof generatedSecretSuffixes)[number],
  key: GeneratedKey,
): GeneratedSecret {
  const metadata = store.spec.deletion.policy === 'Delete' ? childMetadata : survivingMetadata;
  return {
    manifest: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata(store, 'api', suffix),
      type: 'Opaque',
    },
    keys: [key],
  };
}

const keys: Readonly<Record<(typeof generatedSecretSuffixes)[number], GeneratedKey>> = {
  session: { name: fileNames.sessionSecret, format: 'base64url', bytes: secretBytes },
  jwt: { name: fileNames.jwtKeys, format: 'jwks-hs256', bytes: secretBytes },
};

/** The Secrets for session cookies and access tokens of the API. They must exist before the other objects are built. Pure. */
export function generatedSecrets(store: Store): readonly GeneratedSecret[] {
  return generatedSecretSuffixes.map((suffix) => generatedSecret(store, suffix, keys[suffix]));
}
