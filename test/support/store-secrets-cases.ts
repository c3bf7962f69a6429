// Accepted and refused examples for `spec.secrets`; the table is read with the others of store-cases.ts.
import type { StoreCase } from './store-cases.ts';

const rotation = (rotateEverySeconds: number): object => ({
  secrets: { jwt: { rotateEverySeconds } },
});
const names = { jwtSecretName: 'shop-jwt', sessionSecretName: 'shop.session' };
const external = (fields: object): object => ({
  secrets: { mode: 'ExternalSecrets', externalSecrets: fields },
});
const aws = (fields: object = {}): object =>
  external({ awsSecretsManager: { region: 'ap-south-1', ...fields } });
const storeRef = { name: 'vault' };
const path = 'secrets.externalSecrets';

/** All of them. */
export const secretsCases: readonly StoreCase[] = [
  ...[1, 86_399].map((seconds) => ({
    title: `secrets: not rotated every ${seconds} seconds`,
    accepted: rotation(seconds === 1 ? 0 : 86_400),
    refused: rotation(seconds),
    path: 'secrets.jwt.rotateEverySeconds',
    message: 'must be 0 or at least 86400, since a key that was replaced verifies for a day',
  })),
  {
    title: 'secrets: Existing names them',
    accepted: { secrets: { mode: 'Existing', existing: names } },
    refused: { secrets: { mode: 'Existing' } },
    path: 'secrets.existing',
    message: 'is needed with mode Existing and read with no other: write both, or neither',
  },
  ...['Generated', 'ExternalSecrets'].map((mode) => ({
    title: `secrets: ${mode} reads none of the owner's`,
    accepted: mode === 'Generated' ? { secrets: { mode } } : external({ storeRef }),
    refused: { secrets: { mode, existing: names, externalSecrets: { storeRef } } },
    path: 'secrets.existing',
    message: 'is needed with mode Existing and read with no other: write both, or neither',
  })),
  {
    title: 'secrets: ExternalSecrets says where they are',
    accepted: external({ storeRef }),
    refused: { secrets: { mode: 'ExternalSecrets' } },
    path,
    message: 'is needed with mode ExternalSecrets and read with no other: write both, or neither',
  },
  {
    title: 'secrets: Generated fetches none',
    accepted: { secrets: {} },
    refused: { secrets: { externalSecrets: { storeRef } } },
    path,
    message: 'is needed with mode ExternalSecrets and read with no other: write both, or neither',
  },
  ...[{}, { storeRef, awsSecretsManager: { region: 'ap-south-1' } }].map((from) => ({
    title: `secrets: from one place, not ${Object.keys(from).length}`,
    accepted: external({ storeRef: { kind: 'ClusterSecretStore', name: 'vault' } }),
    refused: external(from),
    path,
    message: 'must have exactly one of storeRef and awsSecretsManager: write one of them',
  })),
  ...['jwtSecretName', 'sessionSecretName'].map((field) => ({
    title: `secrets: the name in ${field}`,
    accepted: { secrets: { mode: 'Existing', existing: names } },
    refused: { secrets: { mode: 'Existing', existing: { ...names, [field]: 'Shop' } } },
    path: `secrets.existing.${field}`,
    message: 'must be the name of an object',
  })),
  {
    title: 'secrets: the name in storeRef',
    accepted: external({ storeRef: { name: 'vault.example.com' } }),
    refused: external({ storeRef: { name: 'Vault' } }),
    path: `${path}.storeRef.name`,
    message: 'must be the name of an object',
  },
  ...['Mumbai', 'ap-south', 'ap_south_1', 'https://x'].map((region) => ({
    title: `secrets: no region ${region}`,
    accepted: aws({ region: 'us-gov-west-1' }),
    refused: aws({ region }),
    path: `${path}.awsSecretsManager.region`,
    message: 'must be an AWS region such as ap-south-1',
  })),
  ...['shop', 'arn:aws:iam::1:role/shop', 'arn:aws:iam::123456789012:user/shop'].map((roleArn) => ({
    title: `secrets: no role ${roleArn}`,
    accepted: aws({ roleArn: 'arn:aws-cn:iam::123456789012:role/team/shop' }),
    refused: aws({ roleArn }),
    path: `${path}.awsSecretsManager.roleArn`,
    message: 'must be the ARN of a role such as arn:aws:iam::123456789012:role/shop, or empty',
  })),
  {
    title: 'secrets: the name of the ServiceAccount',
    accepted: aws({ serviceAccountName: 'shop' }),
    refused: aws({ serviceAccountName: 'Shop' }),
    path: `${path}.awsSecretsManager.serviceAccountName`,
    message: 'must be the name of a ServiceAccount, or empty',
  },
  {
    title: 'secrets: the prefix at the provider',
    accepted: external({ storeRef, prefix: 'prod/shop-' }),
    refused: external({ storeRef, prefix: 'prod shop' }),
    path: `${path}.prefix`,
    message: 'must have letters, digits and -_.+=@/ only',
  },
];
