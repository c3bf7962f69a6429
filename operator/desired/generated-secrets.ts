// The credentials that the operator draws: once, at their creation. Under deletion policy Retain they have no owner, so
// that a store which is made again under its name signs nobody out, and finds its database open.
import type { Store } from '../../crds/store/store.ts';
import {
  childName,
  databaseKeys,
  fileNames,
  generatedSecretSuffixes,
  type PartName,
  ports,
  wantedSecretSuffixes,
} from '../names.ts';
import { ownedMetadata, survivingMetadata } from './child-metadata.ts';
import type { GeneratedKey, GeneratedSecret } from './desired-object.ts';

type SecretSuffix = (typeof generatedSecretSuffixes)[number];

/** 384 bits: above the 256 that HS256 demands (RFC 7518 section 3.2), and a whole number of base64 groups. */
export const secretBytes = 48;

/** The database, and its two users: the one that serves, and the one that owns the schema. */
const shopDatabase = { name: 'shop', user: 'shop', owner: 'shop_owner' } as const;

const fixed = (name: string, value: string): GeneratedKey => ({ name, format: 'fixed', value });
const drawn = (name: string): GeneratedKey => ({ name, format: 'base64url', bytes: secretBytes });

/**
 * The role that serves from a database elsewhere. Roles belong to a server, which may have databases of other stores: so
 * the name is this store's alone. It stays as it was drawn, like the password.
 */
function ownRole({ metadata: { name, uid } }: Store): readonly GeneratedKey[] {
  return [fixed(databaseKeys.username, `${name}_${uid.slice(0, 8)}`), drawn(databaseKeys.password)];
}

/** Where the database is and who serves from it: what a client needs, all in one Secret. */
function databaseClient({ metadata }: Store): readonly GeneratedKey[] {
  const host = `${childName(metadata.name, 'db')}.${metadata.namespace}.svc`;
  return [
    fixed(databaseKeys.host, host),
    fixed(databaseKeys.port, String(ports.postgres.service)),
    fixed(databaseKeys.database, shopDatabase.name),
    fixed(databaseKeys.username, shopDatabase.user),
    drawn(databaseKeys.password),
  ];
}

const contents: Readonly<
  Record<
    SecretSuffix,
    { readonly part: PartName; readonly keys: (store: Store) => readonly GeneratedKey[] }
  >
> = {
  session: { part: 'api', keys: () => [drawn(fileNames.sessionSecret)] },
  jwt: {
    part: 'api',
    keys: () => [{ name: fileNames.jwtKeys, format: 'jwks-hs256', bytes: secretBytes }],
  },
  db: { part: 'database', keys: databaseClient },
  dbowner: {
    part: 'database',
    keys: () => [fixed(databaseKeys.username, shopDatabase.owner), drawn(databaseKeys.password)],
  },
  dbrole: { part: 'api', keys: ownRole },
};

function generatedSecret(store: Store, suffix: SecretSuffix): GeneratedSecret {
  const metadata = store.spec.deletion.policy === 'Delete' ? ownedMetadata : survivingMetadata;
  const { part, keys } = contents[suffix];
  return {
    manifest: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata(store, part, suffix),
      type: 'Opaque',
    },
    keys: keys(store),
  };
}

/** The Secrets that the operator draws. They must exist before the other objects are built. Pure. */
export function generatedSecrets(store: Store): readonly GeneratedSecret[] {
  const { database, secrets } = store.spec;
  return wantedSecretSuffixes(database, secrets.mode).map((suffix) =>
    generatedSecret(store, suffix),
  );
}

/** All that it may ever have drawn for a store, whatever its spec says now. Pure. */
export function possibleSecrets(store: Store): readonly GeneratedSecret[] {
  return generatedSecretSuffixes.map((suffix) => generatedSecret(store, suffix));
}
