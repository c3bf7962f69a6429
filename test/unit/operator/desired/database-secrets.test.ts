// What the Secrets of a database that somebody else runs must say.
import { describe, expect, it } from 'vitest';
import {
  databaseSecretFault,
  portElsewhere,
} from '../../../../operator/desired/database-secrets.ts';
import { neededReferences, referenceId } from '../../../../operator/desired/references.ts';
import { aStore } from '../../../support/a-store.ts';
import { rds, storeOf } from './databases-elsewhere.ts';

describe('the Secrets of a database elsewhere', () => {
  const pem = '-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n';
  const good = {
    host: 'shop.c9akciq32.ap-south-1.rds.amazonaws.com',
    port: '5433',
    database: 'shop',
    username: 'shop_owner',
    password: 'open sesame\n',
  };
  const secrets = {
    'shop-db': good,
    'shop-app': { username: 'shop_app', password: 'x' },
    'rds-ca': { 'ca.crt': pem },
  };
  type Secrets = Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;

  const dataOf =
    (all: Secrets) =>
    (name: string): Readonly<Record<string, string>> | undefined => {
      const data = all[name];
      return (
        data &&
        Object.fromEntries(
          Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
        )
      );
    };
  const store = storeOf(rds({ runtimeSecretName: 'shop-app' }));
  const fault = (changes: Secrets, of = store) =>
    databaseSecretFault(of, dataOf({ ...secrets, ...changes }));
  const named = 'Secret shop-db, which spec.database.rds.secretName names';

  it('are good when they say everything', () => {
    expect(fault({})).toBeUndefined();
    expect(portElsewhere(store, dataOf(secrets))).toBe(5433);
    expect(databaseSecretFault(aStore(), dataOf({}))).toBeUndefined();
    expect(portElsewhere(aStore(), dataOf({}))).toBeUndefined();
  });

  it.each<[string, Secrets, string]>([
    [
      'no Secret',
      { 'shop-db': undefined },
      `${named}, does not exist in namespace shop; create it with host, port, database, username, password`,
    ],
    [
      'no Secret of the role',
      { 'shop-app': undefined },
      'Secret shop-app, which spec.database.rds.runtimeSecretName names, does not exist in namespace shop; create it with username, password',
    ],
    [
      'no password',
      { 'shop-db': { ...good, password: '\n' } },
      `${named}: key password is missing or empty; it needs host, port, database, username, password`,
    ],
    [
      'two keys missing',
      { 'shop-db': { host: good.host, database: 'shop', username: 'a' } },
      `${named}: keys port, password are missing or empty; it needs`,
    ],
    [
      'a line too much',
      { 'shop-db': { ...good, host: `${good.host}\n` } },
      `${named}: key host begins or ends with white space; take it away (echo -n)`,
    ],
    [
      'no port',
      { 'shop-db': { ...good, port: '70000' } },
      `${named}: key port is not a number from 1 to 65535`,
    ],
    [
      'another instance',
      { 'shop-db': { ...good, host: 'other.c9akciq32.ap-south-1.rds.amazonaws.com' } },
      `${named}: key host is not the endpoint of RDS instance shop in ap-south-1`,
    ],
    [
      'another region',
      { 'shop-db': { ...good, host: 'shop.c9akciq32.eu-west-1.rds.amazonaws.com' } },
      'is not the endpoint of RDS instance shop in ap-south-1',
    ],
    [
      'no certificate',
      { 'rds-ca': { 'ca.crt': 'x' } },
      'Secret rds-ca, which spec.database.rds.caSecretName names: key ca.crt has no certificate in PEM form',
    ],
  ])('are refused with a sentence: %s', (title, changes, sentence) => {
    const reason = title.startsWith('no Secret')
      ? 'DatabaseSecretMissing'
      : 'DatabaseSecretInvalid';
    expect(fault(changes)).toMatchObject({ reason });
    expect(fault(changes)?.message).toContain(sentence);
  });

  it('are never repeated', () => {
    const values = {
      host: 'secret-1 ',
      port: 'secret-2',
      database: 'secret-3 ',
      username: 'secret-4 ',
    };
    for (const key of Object.keys(values) as (keyof typeof values)[]) {
      const told = fault({ 'shop-db': { ...good, [key]: values[key] } })?.message;
      expect(told).toBeDefined();
      expect(told).not.toContain('secret-');
    }
  });

  it.each([
    ['shop.abc.rds.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['SHOP.abc.us-gov-west-1.rds.amazonaws.com', 'us-gov-west-1'],
  ])('may lead to other partitions: %s', (host, region) => {
    const elsewhere = storeOf(rds({ region, runtimeSecretName: 'shop-app' }));
    expect(fault({ 'shop-db': { ...good, host } }, elsewhere)).toBeUndefined();
  });

  it('are needed in the order in which they are missed', () => {
    expect(neededReferences(store).map(referenceId)).toEqual([
      'Secret/shop-db#host,port,database,username,password',
      'Secret/shop-app#username,password',
      'Secret/rds-ca#ca.crt',
      'Secret/shop-db#host,port,database',
      'Secret/shop-app#username,password',
      'Secret/rds-ca#ca.crt',
    ]);
  });
});
