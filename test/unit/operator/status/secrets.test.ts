import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import type { Observations, SeenCredential } from '../../../../operator/status/observation.ts';
import { setOwnerPassword } from '../../../../operator/status/owner-password.ts';
import { storeStatus } from '../../../../crds/store/status.ts';
import {
  absentCredentials,
  aJob,
  aSecret,
  conditionOf,
  firstMoment,
  healthy,
  jobComplete,
  jobFailed,
  laterMoment,
  soundCredentials,
  statusOf,
} from './status-inputs.ts';

const existing: Partial<StoreSpecInput> = {
  secrets: {
    mode: 'Existing',
    existing: { jwtSecretName: 'shop-keys', sessionSecretName: 'shop-session' },
  },
};
const aws: Partial<StoreSpecInput> = {
  secrets: {
    mode: 'ExternalSecrets',
    externalSecrets: { awsSecretsManager: { region: 'ap-south-1' } },
  },
};
const unread: SeenCredential = { kind: 'unread' };
const unusable: SeenCredential = {
  kind: 'read',
  createdAt: firstMoment,
  keySet: { kind: 'unusable', problem: 'is not JSON' },
};
const withCredentials = (changes: Partial<Observations['credentials']>): Observations =>
  healthy({ credentials: { ...soundCredentials, ...changes } });
const judged = (observations: Observations, spec?: Partial<StoreSpecInput>) =>
  conditionOf(statusOf({ observations, ...(spec && { spec }) }), 'SecretsReady');

describe('SecretsReady', () => {
  it('names the Secrets when all exist', () => {
    expect(judged(healthy())).toMatchObject({
      status: 'True',
      reason: 'SecretsPresent',
      message: 'Secrets dhaka-jwt, dhaka-session, dhaka-db, dhaka-dbowner exist',
    });
  });

  it('names the Secret that is missing', () => {
    const observations = healthy({
      secrets: [aSecret('dhaka-db')],
      credentials: { ...soundCredentials, jwt: { kind: 'absent' } },
    });
    expect(judged(observations)).toMatchObject({
      status: 'False',
      reason: 'SecretsMissing',
      message: 'missing: Secret dhaka-jwt, Secret dhaka-dbowner',
    });
  });

  it.each<[string, Partial<StoreSpecInput>, Partial<Observations['credentials']>, string, string]>([
    [
      'missing',
      existing,
      { jwt: { kind: 'absent' } },
      'MissingReference',
      'Secret shop-keys does not exist in namespace shop, but spec.secrets.existing.jwtSecretName names it; create it with the key jwks.json: a JWK Set of symmetric keys for HS256',
    ],
    [
      'without its key',
      existing,
      { session: { kind: 'read', createdAt: firstMoment } },
      'SecretUnusable',
      'key secret of Secret shop-session is missing; store 32 random bytes or more, such as openssl rand -base64 48 writes there',
    ],
    [
      'too short',
      existing,
      { session: { kind: 'read', createdAt: firstMoment, sizeBytes: 31 } },
      'SecretUnusable',
      'key secret of Secret shop-session has 31 bytes only; store 32 random bytes',
    ],
    [
      'no key set',
      existing,
      { jwt: unusable },
      'SecretUnusable',
      'key jwks.json of Secret shop-keys is not JSON; store a JWK Set of symmetric keys for HS256 there',
    ],
    [
      'no key set, drawn here',
      {},
      { jwt: unusable },
      'SecretUnusable',
      'delete it, and it is drawn anew: kubectl delete secret dhaka-jwt -n shop',
    ],
    [
      'no key set, fetched',
      aws,
      { jwt: unusable },
      'SecretUnusable',
      'key jwks.json of Secret dhaka-extjwt is not JSON; store a JWK Set of symmetric keys for HS256 at the provider',
    ],
  ])('tells what is wrong and what to do: %s', (_, spec, credentials, reason, message) => {
    const found = judged(withCredentials(credentials), spec);
    expect(found).toMatchObject({ status: 'False', reason });
    expect(found?.message).toContain(message);
  });

  it('tells of both Secrets', () => {
    const message = judged(healthy({ credentials: absentCredentials }), existing)?.message;
    expect(message).toMatch(
      /Secret shop-keys does not exist.*; Secret shop-session does not exist/,
    );
  });

  it('stays as it was judged when a Secret could not be read, until the spec is another one', () => {
    const spec = existing;
    const previous = statusOf({ spec });
    const observations = withCredentials({ session: unread });
    const again = statusOf({ spec, observations, previous, now: laterMoment });
    expect(conditionOf(again, 'SecretsReady')).toEqual(conditionOf(previous, 'SecretsReady'));
    expect(again.secrets).toEqual(previous.secrets);
    const edited = statusOf({ spec, observations, previous, generation: 2, now: laterMoment });
    expect(conditionOf(edited, 'SecretsReady')).toMatchObject({ status: 'Unknown' });
  });
});

describe('status.secrets', () => {
  const dated = (name: string, source: string) => ({ name, source, createdAt: firstMoment });

  it('tells names, ages, the keys of access tokens and when the next one signs', () => {
    const { secrets } = storeStatus.parse(statusOf());
    expect(secrets).toEqual([
      {
        ...dated('dhaka-jwt', 'Generated'),
        keys: [{ kid: 'k1', state: 'Active', createdAt: firstMoment }],
        nextRotationAt: '2026-01-31T00:05:00Z',
      },
      dated('dhaka-session', 'Generated'),
      dated('dhaka-db', 'Generated'),
      dated('dhaka-dbowner', 'Generated'),
    ]);
  });

  it('tells of the Secrets of the owner, whose rotation is not known, and of those that are fetched', () => {
    expect(statusOf({ spec: existing }).secrets?.slice(0, 2)).toEqual([
      {
        ...dated('shop-keys', 'Existing'),
        keys: [{ kid: 'k1', state: 'Active', createdAt: firstMoment }],
      },
      dated('shop-session', 'Existing'),
    ]);
    const names = statusOf({ spec: aws }).secrets?.map(({ name, source }) => `${source} ${name}`);
    expect(names?.slice(0, 2)).toEqual([
      'ExternalSecrets dhaka-extjwt',
      'ExternalSecrets dhaka-extsession',
    ]);
  });

  it('has no age for what does not exist', () => {
    const observations = healthy({ secrets: [], credentials: absentCredentials });
    expect(statusOf({ observations }).secrets?.map(({ createdAt }) => createdAt)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('the password of the owner of the schema', () => {
  const judgedWith = (changes: Partial<Observations>, spec?: Partial<StoreSpecInput>) =>
    judged(
      healthy({
        secrets: [
          aSecret('dhaka-db'),
          { metadata: { name: 'dhaka-dbowner', creationTimestamp: laterMoment } },
        ],
        claimCreatedAt: firstMoment,
        migration: aJob(jobFailed),
        ...changes,
      }),
      spec,
    );

  it('is named with its remedy when its Secret was drawn after the database and the migration fails', () => {
    const found = judgedWith({});
    expect(found).toMatchObject({ status: 'False', reason: 'DatabasePasswordUnknown' });
    expect(found?.message).toContain(
      `Secret dhaka-dbowner is younger than the database, which may know another password of its owner; restore the Secret, or set the new one: kubectl exec -n shop dhaka-db-0 -- sh -c '${setOwnerPassword}'`,
    );
    expect(found?.message).toContain('dhakacart.io/retry-migration');
  });

  it.each<[string, Partial<Observations>]>([
    ['the migration succeeds', { migration: aJob(jobComplete) }],
    ['the migration runs', { migration: aJob() }],
    ['the Secret is as old as the volume', { claimCreatedAt: laterMoment }],
  ])('is no trouble when %s', (_, changes) => {
    expect(judgedWith(changes)).toMatchObject({ status: 'True' });
  });

  it('is no trouble of a store whose database is elsewhere', () => {
    const secrets = [aSecret('dhaka-dbrole'), aSecret('dhaka-dbowner')];
    const database = { external: { secretName: 'shop-db' } };
    expect(judgedWith({ secrets }, { database })).toMatchObject({ status: 'True' });
  });
});
