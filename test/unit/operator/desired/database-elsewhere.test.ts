// A database that somebody else runs: what is made for it, and what is not.
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../../crds/store/store.ts';
import type { Facts } from '../../../../operator/desired/desired-object.ts';
import { desiredObjects } from '../../../../operator/desired/desired-objects.ts';
import { generatedSecrets } from '../../../../operator/desired/generated-secrets.ts';
import { migrationJob } from '../../../../operator/desired/migration-job.ts';
import { referenceId, storeReferences } from '../../../../operator/desired/references.ts';
import { type DatabaseInput, external, rds, storeOf } from './databases-elsewhere.ts';
import { allObjects, completeFacts, settledFacts } from './sample-stores.ts';

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

interface Template {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly { readonly env: readonly Variable[] }[];
    readonly volumes: readonly {
      readonly name: string;
      readonly secret?: { readonly secretName: string; readonly items?: readonly object[] };
    }[];
  };
}

function templateOf(store: Store, kind: 'Deployment' | 'Job', facts?: Facts): Template {
  const found = allObjects(store, facts).find(
    ({ manifest }) => manifest.kind === kind && /-api$|-migrate-/.test(manifest.metadata.name),
  );
  if (found === undefined) throw new Error(`no ${kind}`);
  return (found.manifest['spec'] as { template: Template }).template;
}

/** What a pod is told of Secrets: `NAME=Secret/key`, and mounted ones as `folder=Secret/key`, or all of it. */
function told({ spec }: Template): readonly string[] {
  const [container] = spec.containers;
  const variables = (container?.env ?? []).flatMap(({ name, valueFrom }) =>
    valueFrom === undefined
      ? []
      : [`${name}=${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}`],
  );
  const volumes = spec.volumes.flatMap(({ name, secret }) => {
    if (secret === undefined) return [];
    const items = (secret.items ?? [{ key: '*' }]) as readonly { key: string }[];
    return items.map(({ key }) => `${name}=${secret.secretName}/${key}`);
  });
  return [...variables, ...volumes];
}

const literal = ({ spec }: Template, variable: string): string | undefined =>
  spec.containers[0]?.env.find(({ name }) => name === variable)?.value;

describe('a store whose database is elsewhere', () => {
  it.each([
    ['external', external()],
    ['rds', rds()],
  ])('has no database objects of its own: %s', (_block, database) => {
    const names = allObjects(storeOf(database)).map(
      ({ manifest }) => `${manifest.kind} ${manifest.metadata.name}`,
    );
    expect(names.filter((name) => /StatefulSet|Claim|-db$|-dbowner$|-dbrole$/.test(name))).toEqual([
      'Secret dhaka-dbrole',
    ]);
    expect(names.filter((name) => name.startsWith('Job '))).toHaveLength(1);
  });

  it('migrates as soon as it can, with nothing to wait for', () => {
    const store = storeOf(external());
    const rollout = { serving: {}, jobs: {}, isDatabaseReady: true, isApiRolledOut: false };
    const kinds = desiredObjects(store, { ...settledFacts(store), rollout }).map(
      ({ manifest }) => manifest.kind,
    );
    expect(kinds).toContain('Job');
    expect(kinds).not.toContain('Deployment');
  });

  it('draws a role of its own name for its API: roles belong to a server, which others may use too', () => {
    const [role, ...others] = generatedSecrets(storeOf(external())).filter(({ manifest }) =>
      manifest.metadata.name.includes('-db'),
    );
    expect(others).toEqual([]);
    expect(role?.keys).toEqual([
      { name: 'username', format: 'fixed', value: 'dhaka_6f1c2d3e' },
      { name: 'password', format: 'base64url', bytes: 48 },
    ]);
  });

  it('draws none when its owner names one', () => {
    const store = storeOf(external({ runtimeSecretName: 'shop-app' }));
    expect(generatedSecrets(store).map(({ manifest }) => manifest.metadata.name)).toEqual([
      'dhaka-session',
      'dhaka-jwt',
    ]);
  });
});

describe('the migration', () => {
  it('signs in as the owner of the schema, and makes the role of the API', () => {
    const job = templateOf(storeOf(external()), 'Job');
    expect(told(job)).toEqual([
      'PGHOST=shop-db/host',
      'PGPORT=shop-db/port',
      'PGDATABASE=shop-db/database',
      'PGUSER=shop-db/username',
      'DATABASE_RUNTIME_ROLE=dhaka-dbrole/username',
      'db=dhaka-dbrole/password',
      'dbowner=shop-db/password',
    ]);
    expect(literal(job, 'DATABASE_RUNTIME_ROLE_MODE')).toBeUndefined();
  });

  it('only tries a role that its owner names', () => {
    const job = templateOf(storeOf(rds({ runtimeSecretName: 'shop-app' })), 'Job');
    expect(literal(job, 'DATABASE_RUNTIME_ROLE_MODE')).toBe('existing');
    expect(told(job)).toEqual(
      expect.arrayContaining([
        'DATABASE_RUNTIME_ROLE=shop-app/username',
        'db=shop-app/password',
        'dbca=rds-ca/ca.crt',
      ]),
    );
  });
});

describe('the API', () => {
  it.each<[string, DatabaseInput, readonly string[]]>([
    [
      'a role that is made',
      external(),
      ['PGUSER=dhaka-dbrole/username', 'db=dhaka-dbrole/password'],
    ],
    [
      'a role that is there',
      external({ runtimeSecretName: 'shop-app' }),
      ['PGUSER=shop-app/username', 'db=shop-app/password'],
    ],
    [
      'rds',
      rds(),
      ['PGUSER=dhaka-dbrole/username', 'db=dhaka-dbrole/password', 'dbca=rds-ca/ca.crt'],
    ],
  ])(
    'is told the address and its own role, and nothing of the owner: %s',
    (_title, database, rest) => {
      const [user = '', ...volumes] = rest;
      expect(told(templateOf(storeOf(database), 'Deployment'))).toEqual([
        'PGHOST=shop-db/host',
        'PGPORT=shop-db/port',
        'PGDATABASE=shop-db/database',
        user,
        'session=dhaka-session/*',
        'jwt=dhaka-jwt/*',
        ...volumes,
      ]);
    },
  );

  it.each<[DatabaseInput, string, string | undefined]>([
    [external(), 'verify-full', undefined],
    [external({ sslMode: 'disable' }), 'disable', undefined],
    [external({ caSecretName: 'ca' }), 'verify-full', '/etc/dhakacart/dbca/ca.crt'],
    [rds(), 'verify-full', '/etc/dhakacart/dbca/ca.crt'],
  ])('trusts as the store says: %j', (database, mode, file) => {
    for (const kind of ['Deployment', 'Job'] as const) {
      const template = templateOf(storeOf(database), kind);
      expect(literal(template, 'DATABASE_SSL_MODE')).toBe(mode);
      expect(literal(template, 'DATABASE_CA_FILE')).toBe(file);
    }
  });
});

describe('a change of a Secret', () => {
  const store = storeOf(rds({ runtimeSecretName: 'shop-app' }));
  const idOf = (name: string, keys: number): string => {
    const found = storeReferences(store).find(
      (one) => one.name === name && one.needed?.keys.length === keys,
    );
    if (found === undefined) throw new Error(`nobody refers to ${name}`);
    return referenceId(found);
  };
  const facts = completeFacts(store);
  const changed = (id: string): Facts => ({
    ...facts,
    checksums: { ...facts.checksums, [id]: 'another' },
  });
  const rolls = (id: string): readonly [boolean, boolean] => [
    templateOf(store, 'Deployment', changed(id)).metadata.annotations?.[
      'dhakacart.io/secrets-checksum'
    ] !==
      templateOf(store, 'Deployment', facts).metadata.annotations?.[
        'dhakacart.io/secrets-checksum'
      ],
    migrationJob(store, changed(id)).metadata.name !== migrationJob(store, facts).metadata.name,
  ];

  it.each<[string, string, readonly [boolean, boolean]]>([
    [
      'the password of the owner migrates again and leaves the API alone',
      idOf('shop-db', 5),
      [false, true],
    ],
    ['the address rolls the API', idOf('shop-db', 3), [true, false]],
    ['the role of the API rolls it and is tried', idOf('shop-app', 2), [true, true]],
    ['the authority rolls it and is tried', idOf('rds-ca', 1), [true, true]],
  ])('%s', (_title, id, expected) => {
    expect(rolls(id)).toEqual(expected);
  });
});
