// Examples of `spec.database`: of what may be written, and of what may be changed once it was.
import type { StoreCase } from './store-cases.ts';

const managed = (fields: object): object => ({ database: { managed: fields } });
const storage = (fields: object): object => managed({ storage: fields });
const migration = (fields: object): object => ({ database: { migration: fields } });
const requests = (fields: object): object => managed({ resources: { requests: fields } });
const limits = (fields: object): object => managed({ resources: { limits: fields } });

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

/** Rules on changes. */
export const changeCases: readonly ChangeCase[] = [
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
    title: 'database: the storage class stays',
    before: storage({ className: 'fast' }),
    accepted: storage({ className: 'fast', size: '9Gi' }),
    refused: storage({ className: 'slow' }),
    path: 'database.managed.storage.className',
    message: 'cannot be changed, since a volume stays in its class',
  },
  {
    title: 'database: the volume may grow and not shrink, across units',
    before: storage({ size: '1Ti' }),
    accepted: storage({ size: '1025Gi' }),
    refused: storage({ size: '1023Gi' }),
    path: 'database.managed.storage.size',
    message: 'may grow and not shrink: write the size of before, or a larger one',
  },
];
