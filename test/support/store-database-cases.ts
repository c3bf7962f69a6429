// Examples of `spec.database`: of what may be written, and of what may be changed once it was.
import type { StoreCase } from './store-cases.ts';

const managed = (fields: object): object => ({ database: { managed: fields } });
const storage = (fields: object): object => managed({ storage: fields });
const migration = (fields: object): object => ({ database: { migration: fields } });
const requests = (fields: object): object => managed({ resources: { requests: fields } });
const limits = (fields: object): object => managed({ resources: { limits: fields } });

const external = (fields: object = {}): { readonly database: object } => ({
  database: { external: { secretName: 'shop-db', ...fields } },
});
const rds = (fields: object = {}): { readonly database: object } => ({
  database: {
    rds: {
      instanceIdentifier: 'shop',
      region: 'ap-south-1',
      secretName: 'shop-db',
      caSecretName: 'rds-ca',
      ...fields,
    },
  },
});

const oneBlock = 'must have at most one of managed, external and rds: write one of them';
const maybeSecret = 'must be the name of a Secret in this namespace, or empty';
const secretName = 'must be the name of an object';

/** Two blocks beside each other, and what is the same in both. */
const elsewhereCases: readonly StoreCase[] = (
  [
    ['external', external],
    ['rds', rds],
  ] as const
).flatMap(([block, of]) => [
  {
    title: `database: ${block} or managed`,
    accepted: of(),
    refused: { database: { ...of().database, managed: {} } },
    path: 'database',
    message: oneBlock,
  },
  {
    title: `database: secretName of ${block}`,
    accepted: of({ secretName: 'shop.db' }),
    refused: of({ secretName: 'Shop' }),
    path: `database.${block}.secretName`,
    message: secretName,
  },
  {
    title: `database: runtimeSecretName of ${block}`,
    accepted: of({ runtimeSecretName: 'shop-app' }),
    refused: of({ runtimeSecretName: 'Shop' }),
    path: `database.${block}.runtimeSecretName`,
    message: maybeSecret,
  },
  {
    title: `database: two roles of ${block}`,
    accepted: of({ runtimeSecretName: '' }),
    refused: of({ runtimeSecretName: 'shop-db' }),
    path: `database.${block}.runtimeSecretName`,
    message: 'the API must not sign in as the owner of the schema',
  },
]);

/** What only one of the two has. */
const trustCases: readonly StoreCase[] = [
  {
    title: 'database: external and rds',
    accepted: rds(),
    refused: { database: { ...rds().database, ...external().database } },
    path: 'database',
    message: oneBlock,
  },
  {
    title: 'database: caSecretName of external',
    accepted: external({ caSecretName: 'shop-ca' }),
    refused: external({ caSecretName: 'Shop' }),
    path: 'database.external.caSecretName',
    message: maybeSecret,
  },
  {
    title: 'database: caSecretName of rds',
    accepted: rds({ caSecretName: 'ca' }),
    refused: rds({ caSecretName: '' }),
    path: 'database.rds.caSecretName',
    message: secretName,
  },
  {
    title: 'database: verify-ca has certificates to verify with',
    accepted: external({ sslMode: 'verify-ca', caSecretName: 'shop-ca' }),
    refused: external({ sslMode: 'verify-ca' }),
    path: 'database.external.caSecretName',
    message: 'is required with sslMode verify-ca',
  },
  ...['disable', 'require'].map((sslMode) => ({
    title: `database: ${sslMode} verifies nothing`,
    accepted: external({ sslMode }),
    refused: external({ sslMode, caSecretName: 'shop-ca' }),
    path: 'database.external.caSecretName',
    message: 'has no effect with this sslMode: leave it empty, or set sslMode to verify-full',
  })),
  ...['Shop', '1shop', 'shop-', 'shop--db', 'shop_db'].map((instanceIdentifier) => ({
    title: `database: the instance is not ${instanceIdentifier}`,
    accepted: rds({ instanceIdentifier: 'shop-db-1' }),
    refused: rds({ instanceIdentifier }),
    path: 'database.rds.instanceIdentifier',
    message: 'must be the identifier of an RDS instance',
  })),
  ...['ap-south', 'AP-south-1', 'dhaka'].map((region) => ({
    title: `database: the region is not ${region}`,
    accepted: rds({ region: 'us-gov-west-1' }),
    refused: rds({ region }),
    path: 'database.rds.region',
    message: 'must be an AWS region such as ap-south-1',
  })),
  {
    title: 'database: databaseCIDRs are of a database elsewhere',
    accepted: { ...external(), networkPolicy: { databaseCIDRs: ['10.2.0.0/24'] } },
    refused: { networkPolicy: { databaseCIDRs: ['10.2.0.0/24'] } },
    path: 'networkPolicy.databaseCIDRs',
    message: 'has no effect on a database that the operator runs',
  },
  {
    title: 'database: databaseCIDRs are blocks',
    accepted: { ...rds(), networkPolicy: { databaseCIDRs: ['10.2.0.7/32'] } },
    refused: { ...rds(), networkPolicy: { databaseCIDRs: ['10.2.0.7'] } },
    path: 'networkPolicy.databaseCIDRs[0]',
    message: 'must be a block of addresses such as 10.0.0.0/16',
  },
];

const amountCases: readonly StoreCase[] = (['requests', 'limits'] as const).flatMap((which) => {
  const amounts = which === 'requests' ? requests : limits;
  return [
    {
      title: `database: ${which}.cpu is a CPU quantity`,
      accepted: amounts({ cpu: '999m' }),
      refused: amounts({ cpu: '1 core' }),
      path: `database.managed.resources.${which}.cpu`,
      message: 'must be a CPU quantity above 0',
    },
    {
      title: `database: ${which}.memory is a memory quantity`,
      accepted: amounts({ memory: '512Mi' }),
      refused: amounts({ memory: '128m' }),
      path: `database.managed.resources.${which}.memory`,
      message: 'must be a memory quantity above 0',
    },
  ];
});

/** Rules of `database`. */
export const databaseCases: readonly StoreCase[] = [
  {
    title: 'database: versions of PostgreSQL, from',
    accepted: managed({ version: 17 }),
    refused: managed({ version: 16 }),
    path: 'database.managed.version',
    message: 'should be greater than or equal to 17',
    guard: '>=17',
  },
  {
    title: 'database: versions of PostgreSQL, to',
    accepted: managed({ version: 18 }),
    refused: managed({ version: 19 }),
    path: 'database.managed.version',
    message: 'should be less than or equal to 18',
    guard: '<=18',
  },
  {
    title: 'database: size of the volume',
    accepted: storage({ size: '1.5Ti' }),
    refused: storage({ size: '8gi' }),
    path: 'database.managed.storage.size',
    message: 'must be an amount of storage above 0, such as 8Gi or 1Ti',
  },
  {
    title: 'database: class of the volume',
    accepted: storage({ className: 'fast-ssd' }),
    refused: storage({ className: 'Fast' }),
    path: 'database.managed.storage.className',
    message: 'must be the name of a StorageClass, or empty for the default of the cluster',
  },
  ...amountCases,
  ...elsewhereCases,
  ...trustCases,
  {
    title: 'database: requests.cpu <= limits.cpu',
    accepted: requests({ cpu: '1' }),
    refused: requests({ cpu: '1001m' }),
    path: 'database.managed.resources.requests.cpu',
    message: 'must not exceed limits.cpu (1), but is 1001m',
    guard: 'must not exceed limits.cpu: lower requests.cpu or raise limits.cpu',
  },
  {
    title: 'database: requests.memory <= limits.memory',
    accepted: requests({ memory: '1Gi' }),
    refused: requests({ memory: '2Gi' }),
    path: 'database.managed.resources.requests.memory',
    message: 'must not exceed limits.memory (1Gi), but is 2Gi',
    guard: 'must not exceed limits.memory: lower requests.memory or raise limits.memory',
  },
  {
    title: 'database: connections of a pod, from',
    accepted: { database: { connectionsPerPod: 2 } },
    refused: { database: { connectionsPerPod: 1 } },
    path: 'database.connectionsPerPod',
    message: 'should be greater than or equal to 2',
    guard: '>=2',
  },
  {
    title: 'database: connections of a pod, to',
    accepted: { database: { ...external().database, connectionsPerPod: 50 } },
    refused: { database: { connectionsPerPod: 51 } },
    path: 'database.connectionsPerPod',
    message: 'should be less than or equal to 50',
    guard: '<=50',
  },
  {
    title: 'database: time of a migration',
    accepted: migration({ timeoutSeconds: 30 }),
    refused: migration({ timeoutSeconds: 29 }),
    path: 'database.migration.timeoutSeconds',
    message: 'should be greater than or equal to 30',
    guard: '>=30',
  },
  {
    title: 'database: retries of a migration',
    accepted: migration({ retries: 0 }),
    refused: migration({ retries: 11 }),
    path: 'database.migration.retries',
    message: 'should be less than or equal to 10',
    guard: '<=10',
  },
];

/** A change of a stored spec: what it is, what it may become, and what it may not. */
export interface ChangeCase extends Omit<StoreCase, 'guard'> {
  readonly before: object;
}

const elsewhere = ['external', 'rds'];

const places: Readonly<Record<string, object>> = {
  nothing: {},
  managed: managed({ version: 17, storage: { className: 'fast' } }),
  external: external(),
  rds: rds(),
};

/** From everywhere to everywhere else, but from nothing said to managed, which is the same place. */
const moveCases: readonly ChangeCase[] = Object.entries(places).flatMap(([from, before]) =>
  Object.entries(places)
    .filter(([to]) => to !== from && [from, to].some((place) => elsewhere.includes(place)))
    .map(([to, refused]) => ({
      title: `database: the data does not move from ${from} to ${to}`,
      before,
      accepted: { ...before, paused: true },
      refused,
      path: 'database',
      message: 'cannot change between managed, external and rds, since the shop would begin empty',
    })),
);

/** Rules on changes. */
export const changeCases: readonly ChangeCase[] = [
  ...moveCases,
  {
    title: 'database: the instance stays, its Secrets may change',
    before: rds(),
    accepted: rds({ secretName: 'new-db', runtimeSecretName: 'shop-app', caSecretName: 'ca' }),
    refused: rds({ instanceIdentifier: 'shop-2' }),
    path: 'database.rds.instanceIdentifier',
    message: 'cannot be changed, since the data is in that instance',
  },
  {
    title: 'database: the region stays',
    before: rds(),
    accepted: rds(),
    refused: rds({ region: 'eu-west-1' }),
    path: 'database.rds.region',
    message: 'cannot be changed, since the data is in that instance',
  },
  {
    title: 'database: nothing said is what it says by default',
    before: {},
    accepted: managed({ version: 18, storage: { size: '8Gi', className: '' } }),
    refused: managed({ version: 17 }),
    path: 'database.managed.version',
    message: 'cannot be changed, since the files are of one major version',
  },
  {
    title: 'database: the version stays, also when the block is taken away',
    before: managed({ version: 17 }),
    accepted: managed({ version: 17, resources: { limits: { cpu: '2' } } }),
    refused: {},
    path: 'database.managed.version',
    message: 'cannot be changed, since the files are of one major version',
  },
  {
    title: 'database: the storage class stays, and the size may be taken back',
    before: storage({ className: 'fast' }),
    accepted: storage({ className: 'fast', size: '7Gi' }),
    refused: storage({ className: 'slow' }),
    path: 'database.managed.storage.className',
    message: 'cannot be changed, since a volume stays in its class',
  },
];
