// Every name that the operator gives to something, once. Rule that keeps two stores of one namespace apart: a child is
// `<store>-<suffix>`, and a suffix never contains a hyphen. The text after the last hyphen is then always the suffix and
// the text before it always the store, so `dhaka` and `dhaka-api` cannot make the same name. Selectors carry the whole
// store name as a label of its own, so they cannot meet either.
// One exception is the migration Job, `<store>-migrate-<hash>`: nothing else of ours is a Job, and the hash has a fixed
// length and no hyphen, so that of two equal names the text before `-migrate-<hash>` is equal too, and that is the store.
// The other is the Issuer of an ACME account and its Secret, `<store>-letsencrypt-staging` and its like: no suffix is
// `staging`, `production` or `server`, so that the text before `-letsencrypt-staging` is the store there, too.
import { databaseElsewhere, type DatabaseSpec } from '../crds/store/database.ts';
import type { Store } from '../crds/store/store.ts';

/** Field manager of every server-side apply, and User-Agent prefix: what `managedFields` and the audit log show. */
export const fieldManager = 'dhakacart-operator';

/** Finalizer on a store; domain-qualified, as https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/ asks. */
export const storeFinalizer = 'dhakacart.io/finalizer';

/** The recommended labels, https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/. */
export const labelKeys = {
  /** The product: always `dhakacart`. */
  name: 'app.kubernetes.io/name',
  /** The store's name. */
  instance: 'app.kubernetes.io/instance',
  /** One of `partNames`. */
  component: 'app.kubernetes.io/component',
  /** The whole the object is part of: always `dhakacart`. */
  partOf: 'app.kubernetes.io/part-of',
  /** Always `dhakacart-operator`; the operator's watches select on it. */
  managedBy: 'app.kubernetes.io/managed-by',
  /** The storefront release; never in a selector, since selectors are immutable. */
  version: 'app.kubernetes.io/version',
  /** UID of the store: tells a store from a later one of the same name. */
  storeUid: 'dhakacart.io/store-uid',
  /** On the claim of the database: the major version of PostgreSQL that its files are of. */
  databaseVersion: 'dhakacart.io/database-version',
} as const;

/** Value of `app.kubernetes.io/name` and `part-of`. */
export const productName = 'dhakacart';

/** Label selector of every watch on children: what the operator made, whichever the store. */
export const managedSelector = `${labelKeys.managedBy}=${fieldManager}`;

/** Annotations. On pod templates a changed value starts a rollout. */
export const annotationKeys = {
  /** Checksum of the component's ConfigMap. */
  configChecksum: 'dhakacart.io/config-checksum',
  /** Checksum over the salted checksums of the Secrets that the component uses. */
  secretsChecksum: 'dhakacart.io/secrets-checksum',
  /** The same for the ConfigMaps of the owner that its environment refers to. */
  configMapsChecksum: 'dhakacart.io/config-maps-checksum',
  /** On a store, written by its owner: a new value starts the migration anew. On the Job: a checksum of that value. */
  retryMigration: 'dhakacart.io/retry-migration',
  /** On a store, written by its owner: a new value rotates the keys of access tokens. On the Secret: a checksum of that value. */
  rotateJwt: 'dhakacart.io/rotate-jwt',
  /** On a store, written by its owner: the kid of a key that must go at once. */
  revokeJwt: 'dhakacart.io/revoke-jwt',
} as const;

/** The components that run pods, in the order of a rollout. */
export const componentNames = ['api', 'web'] as const;

/** One of the components. */
export type ComponentName = (typeof componentNames)[number];

/** What a store consists of, as the label `app.kubernetes.io/component` tells it. */
export const partNames = [...componentNames, 'database', 'migration'] as const;

/** One of the parts. */
export type PartName = (typeof partNames)[number];

/** Suffixes of child names. None contains a hyphen (see the head of this file). */
export const childSuffixes = [
  'api',
  'web',
  'jwt',
  'session',
  'db',
  'dbowner',
  'dbrole',
  'migrate',
  'ingress',
  'route',
  'redirect',
  'listeners',
  'gateway',
  'tls',
  'cert',
  'deny',
  'extjwt',
  'extsession',
  'secretstore',
] as const;

/** One of the suffixes. */
export type ChildSuffix = (typeof childSuffixes)[number];

/** Name of a child: `<store>-<suffix>`; the kinds that belong to one component share its name. */
export function childName(storeName: string, suffix: ChildSuffix): string {
  return `${storeName}-${suffix}`;
}

/** Suffixes of the NetworkPolicies: the one that denies everything first. */
export const networkPolicySuffixes = [
  'deny',
  'api',
  'web',
  'db',
  'migrate',
] as const satisfies readonly ChildSuffix[];

/** `spec.database`, or undefined when the spec is not valid: then only what every store has is wanted. */
type KnownDatabase = DatabaseSpec | undefined;

/** Suffixes of the NetworkPolicies of a store: a database that somebody else runs gets none. */
export function wantedPolicySuffixes(
  database: KnownDatabase,
): readonly (typeof networkPolicySuffixes)[number][] {
  const isManaged = database !== undefined && databaseElsewhere(database) === undefined;
  return networkPolicySuffixes.filter((suffix) => suffix !== 'db' || isManaged);
}

/** Names of the NetworkPolicies of a store. */
export function networkPolicyNames(storeName: string, database: KnownDatabase): readonly string[] {
  return wantedPolicySuffixes(database).map((suffix) => childName(storeName, suffix));
}

const migrationHashLength = 10;

/** Name of the Job that a checksum of its content identifies. */
export function migrationJobName(storeName: string, contentChecksum: string): string {
  return `${childName(storeName, 'migrate')}-${contentChecksum.slice(0, migrationHashLength)}`;
}

/** Suffixes of the Secrets that the API uses while the operator runs the database. */
export const apiSecretSuffixes = ['session', 'jwt', 'db'] as const satisfies readonly ChildSuffix[];

/** Suffixes of the Secrets whose data the operator draws once. */
export const generatedSecretSuffixes = [
  ...apiSecretSuffixes,
  'dbowner',
  'dbrole',
] as const satisfies readonly ChildSuffix[];

type SecretSuffix = (typeof generatedSecretSuffixes)[number];

/** Suffixes of the Secrets that are drawn for a store: any of them may be its owner's. */
export function wantedSecretSuffixes(
  database: KnownDatabase,
  secretsMode: Store['spec']['secrets']['mode'] = 'Generated',
): readonly SecretSuffix[] {
  const elsewhere = database && databaseElsewhere(database);
  const isOurs: Readonly<Record<SecretSuffix, boolean>> = {
    session: secretsMode === 'Generated',
    jwt: secretsMode === 'Generated',
    db: database !== undefined && elsewhere === undefined,
    dbowner: database !== undefined && elsewhere === undefined,
    dbrole: elsewhere?.runtimeSecretName === '',
  };
  return generatedSecretSuffixes.filter((suffix) => isOurs[suffix]);
}

/** The secrets of the API whose source an owner chooses. */
export const credentialNames = ['jwt', 'session'] as const;

/** One of them. */
export type CredentialName = (typeof credentialNames)[number];

/** Suffixes of the Secrets that External Secrets makes: their own, so that a change of mode overwrites nothing. */
const externalSuffixes = { jwt: 'extjwt', session: 'extsession' } as const;

/** Name of the Secret with a credential: the one that the operator draws, the owner's own, or the one that is fetched. */
export function credentialSecretName(
  storeName: string,
  { mode, existing }: Store['spec']['secrets'],
  credential: CredentialName,
): string {
  if (mode === 'ExternalSecrets') return childName(storeName, externalSuffixes[credential]);
  const name = credential === 'jwt' ? existing?.jwtSecretName : existing?.sessionSecretName;
  return mode === 'Existing' && name !== undefined ? name : childName(storeName, credential);
}

/** Which directory an Issuer of ours asks, as its name and the name of its account tell it. */
const acmeNames = { Staging: 'letsencrypt-staging', Production: 'letsencrypt-production' } as const;

/**
 * Name of the Issuer with an account of the store, and of the Secret with the key of that account: each authority has its
 * own, so that a move from one to the other gets new certificates and keeps both accounts.
 */
export function acmeIssuerName(
  storeName: string,
  { environment, server }: NonNullable<Store['spec']['tls']['acme']>,
): string {
  return `${storeName}-${server === '' ? acmeNames[environment] : 'acme-server'}`;
}

/** Names and numbers of ports. Containers listen above 1024, since they do not run as root. */
export const ports = {
  /** Where both components serve. */
  http: { name: 'http', container: 8080, service: 80 },
  /** The API's operations port: metrics and health, never on the public way. */
  metrics: { name: 'metrics', container: 9464, service: 9464 },
  /** Where PostgreSQL listens. */
  postgres: { name: 'postgres', container: 5432, service: 5432 },
} as const;

/** Where the API reports its health, on the metrics port. */
export const apiHealthPaths = {
  startup: '/health/startup',
  ready: '/health/ready',
  live: '/health/live',
} as const;

/** Where nginx of the web component answers as long as it runs, on the http port. */
export const webHealthPath = '/healthz';

/** Path below the shop's own origin under which the page finds the API. */
export const apiBasePath = '/api';

/** Where the API says to the outside that it lives and that it is ready, and nothing else, on the http port. */
export const publicHealthPaths = { live: '/health', ready: '/ready' } as const;

/** File names inside ConfigMaps and Secrets; they are also the keys. */
export const fileNames = {
  config: 'config.json',
  /** Directives for the server block of the web image's nginx. */
  webServer: 'store.conf',
  /** What shoppers see while the shop is closed. */
  maintenancePage: 'maintenance.html',
  /** A JWK Set, RFC 7517. */
  jwtKeys: 'jwks.json',
  sessionSecret: 'secret',
} as const;

/** Keys of the Secrets of the database. The one of the owner has the last two only. */
export const databaseKeys = {
  host: 'host',
  port: 'port',
  database: 'database',
  username: 'username',
  password: 'password',
} as const;

/** How long a start of the operator's PostgreSQL may take, in seconds: it includes the recovery after a crash. */
export const databaseStartSeconds = 15 * 60;

/** How `migrate` of the API ends when the database is to blame, after sysexits.h; a contract test keeps the two in step. */
export const migrationExitCodes = {
  /** The server cannot be reached, has no connection left, goes away in the middle, or cannot prove who it is. */
  unreachable: 69,
  /** The server does not let a role in, or has no such database. */
  refused: 77,
} as const;

/** Reasons of errors, and of `DatabaseReady`, that the Secrets of an owner's database give. */
export const databaseSecretReasons = {
  missing: 'DatabaseSecretMissing',
  invalid: 'DatabaseSecretInvalid',
} as const;

/** Folders inside the containers. Whole folders are mounted, not single files: the kubelet updates only those. */
export const mountPaths = {
  config: '/etc/dhakacart/config',
  jwt: '/etc/dhakacart/jwt',
  session: '/etc/dhakacart/session',
  db: '/etc/dhakacart/db',
  dbowner: '/etc/dhakacart/dbowner',
  /** Certificates of the authorities of a database that somebody else runs. */
  dbca: '/etc/dhakacart/dbca',
  /** The one place that a container may write to. */
  temporary: '/tmp',
} as const;

/** Repository names of the images, below `spec.imageRepository`. */
export const imageNames = { api: 'storefront-api', web: 'storefront-web' } as const;

/** The image of a component: its own, or the release's. */
export function componentImage(spec: Store['spec'], component: ComponentName): string {
  const { imageRepository, version } = spec;
  return spec[component].image || `${imageRepository}/${imageNames[component]}:${version}`;
}

/** What names and labels need to know of a store. */
export interface NamedStore {
  readonly metadata: Pick<Store['metadata'], 'name' | 'uid'>;
  readonly spec: Pick<Store['spec'], 'version'>;
}

const maxLabelLength = 63;

/**
 * A release as a label value. Semantic versions may be longer than a label value and may end in a hyphen, label values
 * may not: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set.
 */
export function versionLabel(version: string): string {
  return version.slice(0, maxLabelLength).replace(/[^A-Za-z0-9]+$/, '');
}

/** Labels that select all pods of one store. */
export function storeSelector(storeName: string): Record<string, string> {
  return { [labelKeys.name]: productName, [labelKeys.instance]: storeName };
}

/** Labels that select the pods of one part of one store. They never change, since selectors are immutable. */
export function selectorLabels(storeName: string, part: PartName): Record<string, string> {
  return {
    ...storeSelector(storeName),
    [labelKeys.component]: part,
  };
}

/** Labels of every child: the selector's, and what people and the operator's watches look for. */
export function storeLabels(store: NamedStore, part: PartName): Record<string, string> {
  return {
    ...selectorLabels(store.metadata.name, part),
    [labelKeys.partOf]: productName,
    [labelKeys.managedBy]: fieldManager,
    [labelKeys.version]: versionLabel(store.spec.version),
    [labelKeys.storeUid]: store.metadata.uid,
  };
}

/** The same without the release: for pods that a new one must not replace. */
export function releaselessLabels(store: NamedStore, part: PartName): Record<string, string> {
  const { [labelKeys.version]: _version, ...labels } = storeLabels(store, part);
  return labels;
}
