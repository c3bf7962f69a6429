// A PostgreSQL that somebody else runs. Everything that leads to it is in Secrets of the owner's, so that a store says
// nothing that may not be read by everybody who may read stores.
import { z } from 'zod';
import { awsRegion, objectName, objectNamePattern, patternedString } from './formats.ts';
import { ruled, type Rule } from './rules.ts';

/** Keys of the Secret that leads to a database, and of one that only names a role. */
export const databaseSecretKeys = ['host', 'port', 'database', 'username', 'password'] as const;
/** What a role signs in with. */
export const roleSecretKeys = ['username', 'password'] as const;
/** Key of a Secret with certificates, as cert-manager and `kubectl create secret` users know it. */
export const caSecretKey = 'ca.crt';

const optionalObjectName = (): z.ZodString =>
  patternedString(
    253,
    `^$|${objectNamePattern}`,
    'must be the name of a Secret in this namespace, or empty',
  );

/** Who signs in, which is the same wherever the database is. */
const roles = {
  secretName: objectName().describe(
    `Secret in this namespace with the keys ${databaseSecretKeys.join(', ')}, none of them empty. Its user owns the database, which is this store's alone; only the migration signs in as it.`,
  ),
  runtimeSecretName: optionalObjectName()
    .default('')
    .describe(
      'Secret with the keys username and password of a role that exists and that the API signs in as; the migration gives it the right to read and write rows. Empty: the migration makes one (Secret <store>-dbrole), for which the user of secretName needs CREATEROLE.',
    ),
};

interface Roles {
  readonly secretName: string;
  readonly runtimeSecretName: string;
}

const twoRoles: Rule<Roles> = {
  cel: 'self.runtimeSecretName != self.secretName',
  holds: ({ secretName, runtimeSecretName }) => runtimeSecretName !== secretName,
  message:
    'must not be secretName: the API must not sign in as the owner of the schema, name a Secret with another role or leave it empty',
  field: 'runtimeSecretName',
};

interface Trust {
  readonly sslMode: string;
  readonly caSecretName: string;
}

const trustRules: readonly Rule<Trust>[] = [
  {
    cel: `self.sslMode != 'verify-ca' || self.caSecretName != ''`,
    holds: ({ sslMode, caSecretName }) => sslMode !== 'verify-ca' || caSecretName !== '',
    message: 'is required with sslMode verify-ca: name the Secret with the certificate to trust',
    field: 'caSecretName',
  },
  {
    cel: `self.sslMode in ['verify-ca', 'verify-full'] || self.caSecretName == ''`,
    holds: ({ sslMode, caSecretName }) =>
      ['verify-ca', 'verify-full'].includes(sslMode) || caSecretName === '',
    message: 'has no effect with this sslMode: leave it empty, or set sslMode to verify-full',
    field: 'caSecretName',
  },
];

/** Schema of `spec.database.external`. */
export const externalDatabase = ruled(
  z.object({
    ...roles,
    sslMode: z
      .enum(['disable', 'require', 'verify-ca', 'verify-full'])
      .default('verify-full')
      .describe(
        'As libpq has it. disable: plain text. require: encrypted, with whoever answers. verify-ca: with a server that caSecretName vouches for. verify-full: for that host.',
      ),
    caSecretName: optionalObjectName()
      .default('')
      .describe(
        `Secret with the certificates to trust, in PEM form under the key ${caSecretKey}. Empty: the public authorities.`,
      ),
  }),
  twoRoles,
  ...trustRules,
).describe('A PostgreSQL (17 or later) that is there already. The operator never deletes from it.');

/** Schema of `spec.database.rds`. */
export const rdsDatabase = ruled(
  z.object({
    instanceIdentifier: patternedString(
      63,
      '^[a-z](-?[a-z0-9])*$',
      'must be the identifier of an RDS instance: lower-case letters, digits and single -, beginning with a letter',
    ).describe(
      'DB instance identifier. Cannot be changed. The host in the Secret must be the endpoint of this instance; for a proxy or a cluster take external.',
    ),
    region: awsRegion().describe(
      'AWS region of the instance, such as ap-south-1. Cannot be changed.',
    ),
    ...roles,
    caSecretName: objectName().describe(
      `Secret with the certificates of RDS under the key ${caSecretKey}; they are those of https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem. The server is always verified (verify-full).`,
    ),
  }),
  twoRoles,
).describe('An instance of Amazon RDS for PostgreSQL. The operator never deletes from it.');

/** `spec.database.external` after defaults. */
export type ExternalDatabase = z.output<typeof externalDatabase>;
