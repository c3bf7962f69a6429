// What External Secrets (https://external-secrets.io) is asked for: one ExternalSecret for each secret of the API, and for AWS
// Secrets Manager a SecretStore of the store's own, so that two stores of one namespace never read with one role. Defaults of
// list items are written out: a list is owned as a whole, and the API server fills them in.
import type { Store } from '../../crds/store/store.ts';
import {
  childName,
  type CredentialName,
  credentialNames,
  credentialSecretName,
  fileNames,
} from '../names.ts';
import { ownedMetadata } from './child-metadata.ts';
import type { Manifest } from './desired-object.ts';

const apiVersion = 'external-secrets.io/v1';

const contentKeys: Readonly<Record<CredentialName, string>> = {
  jwt: fileNames.jwtKeys,
  session: fileNames.sessionSecret,
};

const suffixes = { jwt: 'extjwt', session: 'extsession' } as const;

type ExternalSource = NonNullable<Store['spec']['secrets']['externalSecrets']>;

/** As Go prints a duration, so that External Secrets, which reads and writes the object, does not change it. */
function goDuration(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  return `${hours > 0 ? `${hours}h` : ''}${minutes}m${seconds % 60}s`;
}

function secretStore(
  store: Store,
  aws: NonNullable<ExternalSource['awsSecretsManager']>,
): Manifest {
  const { region, roleArn, serviceAccountName } = aws;
  return {
    apiVersion,
    kind: 'SecretStore',
    metadata: ownedMetadata(store, 'api', 'secretstore'),
    spec: {
      provider: {
        aws: {
          service: 'SecretsManager',
          region,
          ...(roleArn !== '' && { role: roleArn }),
          ...(serviceAccountName !== '' && {
            auth: { jwt: { serviceAccountRef: { name: serviceAccountName } } },
          }),
        },
      },
    },
  };
}

/** The Secret gets the labels of the ExternalSecret, since there is no template: that is how the operator's watch sees it. */
function externalSecret(
  store: Store,
  credential: CredentialName,
  source: ExternalSource,
): Manifest {
  const { namespace, name } = store.metadata;
  const { prefix, refreshIntervalSeconds, storeRef } = source;
  return {
    apiVersion,
    kind: 'ExternalSecret',
    metadata: ownedMetadata(store, 'api', suffixes[credential]),
    spec: {
      refreshInterval: goDuration(refreshIntervalSeconds),
      secretStoreRef: storeRef ?? { kind: 'SecretStore', name: childName(name, 'secretstore') },
      target: {
        name: credentialSecretName(name, store.spec.secrets, credential),
        creationPolicy: 'Owner',
        // A value that is gone at the provider must not end the shop.
        deletionPolicy: 'Retain',
      },
      data: [
        {
          secretKey: contentKeys[credential],
          remoteRef: {
            key: `${prefix || `dhakacart/${namespace}/${name}/`}${credential}`,
            conversionStrategy: 'Default',
            decodingStrategy: 'None',
            metadataPolicy: 'None',
          },
        },
      ],
    },
  };
}

/** What External Secrets is asked for; nothing in another mode. The Secrets exist some time after it. Pure. */
export function externalSecrets(store: Store): readonly Manifest[] {
  const { mode, externalSecrets: source } = store.spec.secrets;
  if (mode !== 'ExternalSecrets' || source === undefined) return [];
  const { awsSecretsManager } = source;
  return [
    ...(awsSecretsManager === undefined ? [] : [secretStore(store, awsSecretsManager)]),
    ...credentialNames.map((credential) => externalSecret(store, credential, source)),
  ];
}
