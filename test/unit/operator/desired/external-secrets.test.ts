import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import { externalSecrets } from '../../../../operator/desired/external-secrets.ts';
import { aStore } from '../../../support/a-store.ts';

type Source = NonNullable<NonNullable<StoreSpecInput['secrets']>['externalSecrets']>;

const from = (source: Source) =>
  externalSecrets(
    aStore({ spec: { secrets: { mode: 'ExternalSecrets', externalSecrets: source } } }),
  );
const specs = (source: Source) => from(source).map(({ spec }) => spec);
const region = 'ap-south-1';

describe('what External Secrets is asked for', () => {
  it('is nothing in another mode', () => {
    expect(externalSecrets(aStore())).toEqual([]);
  });

  it.each([
    [60, '1m0s'],
    [90, '1m30s'],
    [900, '15m0s'],
    [3_600, '1h0m0s'],
    [86_461, '24h1m1s'],
  ])('every %d seconds is written as Go prints it: %s', (refreshIntervalSeconds, text) => {
    for (const spec of specs({ storeRef: { name: 'vault' }, refreshIntervalSeconds }))
      expect(spec).toMatchObject({ refreshInterval: text });
  });

  it('comes from the store of the owner, under the names that were chosen', () => {
    const storeRef = { kind: 'ClusterSecretStore', name: 'vault' } as const;
    const asked = specs({ storeRef, prefix: 'shop-' });
    expect(asked).toHaveLength(2);
    expect(asked).toMatchObject([
      { secretStoreRef: storeRef, data: [{ remoteRef: { key: 'shop-jwt' } }] },
      { secretStoreRef: storeRef, data: [{ remoteRef: { key: 'shop-session' } }] },
    ]);
  });

  it('comes from AWS with the identities that are named, and no others', () => {
    const provider = (aws: Omit<NonNullable<Source['awsSecretsManager']>, 'region'>) =>
      specs({ awsSecretsManager: { region, ...aws } })[0];
    const service = 'SecretsManager';
    expect(provider({})).toEqual({ provider: { aws: { service, region } } });
    const role = 'arn:aws:iam::123456789012:role/shop';
    expect(provider({ roleArn: role, serviceAccountName: 'shop' })).toEqual({
      provider: {
        aws: { service, region, role, auth: { jwt: { serviceAccountRef: { name: 'shop' } } } },
      },
    });
  });

  it('goes with its store, and not when the provider loses a value', () => {
    for (const { metadata } of from({ awsSecretsManager: { region } }))
      expect(metadata.ownerReferences).toHaveLength(1);
    for (const spec of specs({ storeRef: { name: 'vault' } }))
      expect(spec).toMatchObject({ target: { creationPolicy: 'Owner', deletionPolicy: 'Retain' } });
  });
});
