// `spec.database`: where the shop's data is. Of the blocks that say where, at most one is written; none means `managed`
// with its defaults, so `managed` has no default of its own: it would stand beside every other block.
//
// What the data depends on cannot be changed: a PostgreSQL of another major version does not read the files of this one,
// and a claim stays in its storage class. The size is no such thing: a claim can grow and never shrinks
// (https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims), so a smaller one
// changes nothing, and takes back one that the storage class refused.
import { z } from 'zod';
import { type ExternalDatabase, externalDatabase, rdsDatabase } from './external-database.ts';
import { objectNamePattern, patternedString } from './formats.ts';
import { memoryPattern, quantity, resources } from './resources.ts';
import { changeRuled, type ChangeRule, type Rule, ruled } from './rules.ts';

/** Major versions of PostgreSQL that the operator runs. */
export const postgresVersions = { oldest: 17, newest: 18 } as const;

const storage = z
  .object({
    size: quantity(memoryPattern, 'must be an amount of storage above 0, such as 8Gi or 1Ti')
      .default('8Gi')
      .describe(
        'Size of the volume. It may grow, if the storage class allows that. A smaller size is for the next volume: the one that is there keeps its own.',
      ),
    className: patternedString(
      253,
      `^$|${objectNamePattern}`,
      'must be the name of a StorageClass, or empty for the default of the cluster',
    )
      .default('')
      .describe(
        'StorageClass of the volume; empty for the default of the cluster. Cannot be changed.',
      ),
  })
  .prefault({})
  .describe('The volume with the data.');

const managed = z
  .object({
    version: z
      .int()
      .min(postgresVersions.oldest)
      .max(postgresVersions.newest)
      .default(postgresVersions.newest)
      .describe('Major version of PostgreSQL. Cannot be changed: the files are of one version.'),
    storage,
    resources: resources({ cpu: '250m', memory: '256Mi' }, { cpu: '1', memory: '1Gi' }),
  })
  .describe(
    'One PostgreSQL that the operator runs beside the shop, with a volume of its own. It has the priorityClassName and the tolerations of api.scheduling; a change of these restarts it.',
  );

const migration = z
  .object({
    timeoutSeconds: z
      .int()
      .min(30)
      .max(86_400)
      .default(600)
      .describe('How long all tries together may take, in seconds.'),
    retries: z
      .int()
      .min(0)
      .max(10)
      .default(2)
      .describe(
        'Tries after the first one failed. A database that cannot be reached and a pod that its node lost do not count: they are tried again as long as timeoutSeconds allows.',
      ),
  })
  .prefault({})
  .describe(
    'The Job that brings the database up to date before a release serves. While it runs, and after it failed, the pods of before go on; the annotation dhakacart.io/retry-migration, with a new value, starts it anew.',
  );

// At least one for reads and one for the rest; far above the most, one process of Node gains nothing.
const connectionsPerPod = z
  .int()
  .min(2)
  .max(50)
  .default(10)
  .describe(
    'Most connections of one pod of the API. A server elsewhere must take those of all pods: api.autoscaling.maxReplicas, and more than twice as many during a rollout, while those of before end. The managed one is set up for them: it restarts when their number passes a multiple of 300, and needs about 4Mi of memory for each one at work.',
  );

const blocks = ['managed', 'external', 'rds'] as const;

const oneBlock: Rule<Readonly<Partial<Record<(typeof blocks)[number], unknown>>>> = {
  cel: `[${blocks.map((block) => `has(self.${block})`).join(', ')}].filter(is, is).size() <= 1`,
  holds: (database) => blocks.filter((block) => database[block] !== undefined).length <= 1,
  message: 'must have at most one of managed, external and rds: write one of them',
};

/** Whether a block is there before and after, or neither. */
const stays = (block: 'external' | 'rds'): string => `has(self.${block}) == has(oldSelf.${block})`;
const samePlace = `${stays('external')} && ${stays('rds')}`;

/** A rule on a database that stays where it was: a move is refused once, not for each field. */
const whereItStays = (cel: string): string => `!(${samePlace}) || (${cel})`;

/** The value of a field of `managed`, present or not, as the two sides of a change. */
function unchanged(field: string, fallback: string): string {
  const of = (side: string): string =>
    `(has(${side}.managed) ? ${side}.managed.${field} : ${fallback})`;
  return whereItStays(`${of('self')} == ${of('oldSelf')}`);
}

const unchangedInstance = (field: 'instanceIdentifier' | 'region'): ChangeRule => ({
  cel: `!has(self.rds) || !has(oldSelf.rds) || self.rds.${field} == oldSelf.rds.${field}`,
  message:
    'cannot be changed, since the data is in that instance: set it back, and move the data into a new store',
  field: `rds.${field}`,
});

const changes: readonly ChangeRule[] = [
  {
    cel: samePlace,
    message:
      'cannot change between managed, external and rds, since the shop would begin empty elsewhere: set it back, make a new store there, and move the data into it',
  },
  unchangedInstance('instanceIdentifier'),
  unchangedInstance('region'),
  {
    cel: unchanged('version', String(postgresVersions.newest)),
    message:
      'cannot be changed, since the files are of one major version: set it back, and move the data into a new store',
    field: 'managed.version',
  },
  {
    cel: unchanged('storage.className', "''"),
    message:
      'cannot be changed, since a volume stays in its class: set it back, and move the data into a new store',
    field: 'managed.storage.className',
  },
];

/** Schema of `spec.database`. */
export const databaseSpec = changeRuled(
  ruled(
    z.object({
      managed: managed.optional(),
      external: externalDatabase.optional(),
      rds: rdsDatabase.optional(),
      connectionsPerPod,
      migration,
    }),
    oneBlock,
  ),
  ...changes,
)
  .prefault({})
  .describe(
    'Where the data is (managed, external or rds, which cannot be changed later), and how it is brought up to date. Nothing said: managed.',
  );

/** `spec.database` after defaults. */
export type DatabaseSpec = z.output<typeof databaseSpec>;
/** `spec.database.managed` after defaults. */
export type ManagedDatabase = z.output<typeof managed>;

const managedDefaults: ManagedDatabase = managed.parse({});

/** A database that somebody else runs, whichever the block: `spec.database.<block>`. */
export interface DatabaseElsewhere extends ExternalDatabase {
  readonly block: 'external' | 'rds';
}

/** The database that somebody else runs for a store; undefined when the operator does. Pure. */
export function databaseElsewhere({ external, rds }: DatabaseSpec): DatabaseElsewhere | undefined {
  if (rds !== undefined) {
    const { secretName, runtimeSecretName, caSecretName } = rds;
    return { block: 'rds', secretName, runtimeSecretName, caSecretName, sslMode: 'verify-full' };
  }
  return external && { block: 'external', ...external };
}

/** The database that the operator runs for a store; undefined when somebody else does. Pure. */
export function managedDatabase(database: DatabaseSpec): ManagedDatabase | undefined {
  if (databaseElsewhere(database) !== undefined) return undefined;
  return database.managed ?? managedDefaults;
}
