// `spec.secrets`: where the two secrets of the shop's API are from, its keys of access tokens and its session secret. The
// secrets of the database belong to `spec.database`.
import { z } from 'zod';
import { awsRegion, objectName, objectNamePattern, patternedString, roleArn } from './formats.ts';
import { ruled, type Rule } from './rules.ts';

const daySeconds = 86_400;

const jwt = z
  .object({
    rotateEverySeconds: z
      .int()
      .min(0)
      .max(365 * daySeconds)
      .default(30 * daySeconds)
      .describe(
        'With Generated: how long a key signs before the next one does; 0, or a day and more. Nobody is signed out. 0: only when the annotation dhakacart.io/rotate-jwt gets a new value. dhakacart.io/revoke-jwt with a kid drops that key at once.',
      ),
  })
  .prefault({})
  .describe('Keys of access tokens.');

const existing = z
  .object({
    jwtSecretName: objectName().describe(
      'Secret with the key jwks.json: a JWK Set (RFC 7517) of kty oct for HS256, 32 bytes or more each. The first signs, all verify; pods read it anew within two minutes.',
    ),
    sessionSecretName: objectName().describe(
      'Secret with the key secret: 32 bytes or more. Another value replaces the pods and empties the carts of guests; accounts stay signed in.',
    ),
  })
  .describe('With Existing: your Secrets in this namespace. They are read, never written.');

const storeRef = z
  .object({
    kind: z
      .enum(['SecretStore', 'ClusterSecretStore'])
      .default('SecretStore')
      .describe('A SecretStore of this namespace, or one of the cluster.'),
    name: objectName().describe('Its name.'),
  })
  .describe('A store of External Secrets that is there already.');

const awsSecretsManager = z
  .object({
    region: awsRegion().describe('Region of AWS.'),
    roleArn: roleArn().default('').describe('Role to assume; empty for none.'),
    serviceAccountName: patternedString(
      253,
      `^$|${objectNamePattern}`,
      'must be the name of a ServiceAccount, or empty',
    )
      .default('')
      .describe(
        'ServiceAccount of this namespace whose role reads (IRSA); empty: the identity of External Secrets itself.',
      ),
  })
  .describe(
    'AWS Secrets Manager, through a SecretStore <store>-secretstore that the operator makes.',
  );

const exactlyOneStore: Rule<{ storeRef?: unknown; awsSecretsManager?: unknown }> = {
  cel: 'has(self.storeRef) != has(self.awsSecretsManager)',
  holds: (from) => (from.storeRef === undefined) !== (from.awsSecretsManager === undefined),
  message: 'must have exactly one of storeRef and awsSecretsManager: write one of them',
};

const externalSecrets = ruled(
  z.object({
    storeRef: storeRef.optional(),
    awsSecretsManager: awsSecretsManager.optional(),
    prefix: patternedString(
      400,
      '^[-_.+=@/A-Za-z0-9]*$',
      'must have letters, digits and -_.+=@/ only',
    )
      .default('')
      .describe(
        'What the names at the provider begin with; empty: dhakacart/<namespace>/<store>/. The whole value of <prefix>jwt is the JWK Set, of <prefix>session the secret, as with existing.',
      ),
    refreshIntervalSeconds: z
      .int()
      .min(60)
      .max(7 * daySeconds)
      .default(900)
      .describe('How often the values are read anew.'),
  }),
  exactlyOneStore,
).describe('With ExternalSecrets: where External Secrets (external-secrets.io) finds them.');

interface Sources {
  readonly mode: string;
  readonly existing?: unknown;
  readonly externalSecrets?: unknown;
}

const blockOfMode = (mode: string, block: 'existing' | 'externalSecrets'): Rule<Sources> => ({
  cel: `(self.mode == '${mode}') == has(self.${block})`,
  holds: (sources) => (sources.mode === mode) === (sources[block] !== undefined),
  message: `is needed with mode ${mode} and read with no other: write both, or neither`,
  field: block,
});

const rotationIsSlow: Rule<{ readonly jwt: { readonly rotateEverySeconds: number } }> = {
  cel: `self.jwt.rotateEverySeconds == 0 || self.jwt.rotateEverySeconds >= ${daySeconds}`,
  holds: ({ jwt: { rotateEverySeconds } }) =>
    rotateEverySeconds === 0 || rotateEverySeconds >= daySeconds,
  message: `must be 0 or at least ${daySeconds}, since a key that was replaced verifies for a day`,
  field: 'jwt.rotateEverySeconds',
};

/** Schema of `spec.secrets`. */
export const secretsSpec = ruled(
  z.object({
    mode: z
      .enum(['Generated', 'Existing', 'ExternalSecrets'])
      .default('Generated')
      .describe(
        'Generated: the operator draws them and rotates the keys of access tokens. Existing: yours. ExternalSecrets: External Secrets fetches them. Another mode replaces the pods; with other values guests lose their carts, accounts stay signed in.',
      ),
    jwt,
    existing: existing.optional(),
    externalSecrets: externalSecrets.optional(),
  }),
  blockOfMode('Existing', 'existing'),
  blockOfMode('ExternalSecrets', 'externalSecrets'),
  rotationIsSlow,
)
  .prefault({})
  .describe("Where the API's keys of access tokens and its session secret are from.");

/** `spec.secrets` after defaults. */
export type SecretsSpec = z.output<typeof secretsSpec>;
