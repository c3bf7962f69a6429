// What the Secrets of an owner's database must say before anything is made from them. A pod with half of it would fail in
// its own words, one after the other; this says it once, for people, and never repeats a value.
import { databaseElsewhere } from '../../crds/store/database.ts';
import { caSecretKey } from '../../crds/store/external-database.ts';
import type { Store } from '../../crds/store/store.ts';
import { databaseKeys, databaseSecretReasons } from '../names.ts';
import { neededReferences, type Reference } from './references.ts';

/** What is wrong with a Secret, as an error says it. */
export interface SecretFault {
  readonly reason: string;
  readonly message: string;
}

/** Data of a Secret in base64, as the API server has it; undefined: there is no such Secret. */
export type SecretData = (name: string) => Readonly<Record<string, string>> | undefined;

interface Read {
  readonly reference: Reference & { readonly needed: NonNullable<Reference['needed']> };
  readonly text: (key: string) => string;
}

const maxPort = 65_535;
const pemHead = '-----BEGIN CERTIFICATE-----';

function invalid({ reference }: Read, told: string): SecretFault {
  const { name, needed } = reference;
  return {
    reason: databaseSecretReasons.invalid,
    message: `Secret ${name}, which ${needed.field} names: ${told}`,
  };
}

/** Passwords and certificates are files, whose end the API trims; these are variables, taken as they are. */
const trimmedKeys: readonly string[] = [
  databaseKeys.host,
  databaseKeys.port,
  databaseKeys.database,
  databaseKeys.username,
];

function keyFault(read: Read): SecretFault | undefined {
  const { keys } = read.reference.needed;
  const absent = keys.filter((key) => read.text(key).trim() === '');
  if (absent.length > 0) {
    const named = absent.length === 1 ? `key ${absent[0]} is` : `keys ${absent.join(', ')} are`;
    return invalid(read, `${named} missing or empty; it needs ${keys.join(', ')}`);
  }
  const padded = keys
    .filter((key) => trimmedKeys.includes(key))
    .find((key) => read.text(key) !== read.text(key).trim());
  if (padded === undefined) return undefined;
  return invalid(read, `key ${padded} begins or ends with white space; take it away (echo -n)`);
}

/** The port that a text names, or undefined. Pure. */
function portOf(text: string): number | undefined {
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port >= 1 && port <= maxPort ? port : undefined;
}

/** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_ConnectToPostgreSQLInstance.html */
function isEndpointOf(host: string, { instanceIdentifier, region }: Instance): boolean {
  const [first, ...labels] = host.toLowerCase().split('.');
  return first === instanceIdentifier && labels.includes(region) && labels.includes('rds');
}

type Instance = NonNullable<Store['spec']['database']['rds']>;

function contentFault(read: Read, { spec }: Store): SecretFault | undefined {
  const { keys } = read.reference.needed;
  if (keys.includes(databaseKeys.port) && portOf(read.text(databaseKeys.port)) === undefined) {
    return invalid(read, `key port is not a number from 1 to ${maxPort}`);
  }
  const { rds } = spec.database;
  const isWrongHost =
    rds !== undefined &&
    keys.includes(databaseKeys.host) &&
    !isEndpointOf(read.text(databaseKeys.host), rds);
  if (isWrongHost) {
    return invalid(
      read,
      `key host is not the endpoint of RDS instance ${rds.instanceIdentifier} in ${rds.region}; ` +
        'copy it from the instance, or write spec.database.external in a new store for a proxy or a cluster',
    );
  }
  if (keys.includes(caSecretKey) && !read.text(caSecretKey).includes(pemHead)) {
    return invalid(read, `key ${caSecretKey} has no certificate in PEM form`);
  }
  return undefined;
}

/** The first thing that is wrong with the Secrets of an owner's database, or undefined. Pure. */
export function databaseSecretFault(store: Store, dataOf: SecretData): SecretFault | undefined {
  for (const { needed, ...reference } of neededReferences(store)) {
    if (needed === undefined) continue;
    const data = dataOf(reference.name);
    if (data === undefined) {
      const { namespace } = store.metadata;
      const message = `Secret ${reference.name}, which ${needed.field} names, does not exist in namespace ${namespace}; create it with ${needed.keys.join(', ')}`;
      return { reason: databaseSecretReasons.missing, message };
    }
    const text = (key: string): string => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
    const read: Read = { reference: { ...reference, needed }, text };
    const fault = keyFault(read) ?? contentFault(read, store);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** Where an owner's database listens, from Secrets that were found good; undefined for one that the operator runs. Pure. */
export function portElsewhere({ spec }: Store, dataOf: SecretData): number | undefined {
  const elsewhere = databaseElsewhere(spec.database);
  const text = elsewhere && dataOf(elsewhere.secretName)?.[databaseKeys.port];
  return text === undefined ? undefined : portOf(Buffer.from(text, 'base64').toString('utf8'));
}
