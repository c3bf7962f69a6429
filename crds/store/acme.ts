// `spec.tls.acme`: an account with an authority that speaks ACME (RFC 8555), Let's Encrypt unless another is named. Names
// and limits are those of cert-manager's Issuer: https://cert-manager.io/docs/reference/api-docs/#acme.cert-manager.io/v1.
import { z } from 'zod';
import { awsRegion, objectNamePattern, patternedString, roleArn } from './formats.ts';
import { ruled, type Rule } from './rules.ts';

interface Credentials {
  readonly roleArn: string;
  readonly serviceAccountName: string;
  readonly secretName: string;
}

const oneCredential: Rule<Credentials> = {
  cel: `self.serviceAccountName == '' || self.secretName == ''`,
  holds: ({ serviceAccountName, secretName }) => serviceAccountName === '' || secretName === '',
  message: 'must not stand beside serviceAccountName: remove one of them',
  field: 'secretName',
};

const roleIsNamed: Rule<Credentials> = {
  cel: `self.serviceAccountName == '' || self.roleArn != ''`,
  holds: ({ serviceAccountName, roleArn: arn }) => serviceAccountName === '' || arn !== '',
  message: 'must name the IAM role that serviceAccountName takes: write roleArn',
  field: 'roleArn',
};

const optionalName = (what: string) =>
  patternedString(253, `^$|${objectNamePattern}`, `must be the name of a ${what}, or empty`);

const route53 = ruled(
  z.object({
    region: awsRegion().describe('Region in which requests to AWS are signed.'),
    hostedZoneID: patternedString(
      32,
      '^[A-Z0-9]*$',
      'must be the id of a hosted zone such as Z0123456789ABCDEFGHIJ, or empty',
    )
      .default('')
      .describe('Hosted zone of the hosts; empty looks it up by name, which is one more right.'),
    roleArn: roleArn().default('').describe('IAM role that may write TXT records of the zone.'),
    serviceAccountName: optionalName('ServiceAccount')
      .default('')
      .describe('ServiceAccount of this namespace that takes the role; nothing secret is stored.'),
    secretName: optionalName('Secret')
      .default('')
      .describe(
        'Secret of this namespace with the keys access-key-id and secret-access-key. Without it and serviceAccountName, cert-manager needs rights of its own.',
      ),
  }),
  oneCredential,
  roleIsNamed,
).describe('Amazon Route 53, where the zone of the hosts is.');

interface Solved {
  readonly solver: string;
  readonly route53?: object | undefined;
}

const zoneIsNamed: Rule<Solved> = {
  cel: `self.solver != 'DNS01' || has(self.route53)`,
  holds: ({ solver, route53: zone }) => solver !== 'DNS01' || zone !== undefined,
  message: 'must be there with solver DNS01: write route53, or solver: HTTP01',
  field: 'route53',
};

const zoneIsUsed: Rule<Solved> = {
  cel: `self.solver == 'DNS01' || !has(self.route53)`,
  holds: ({ solver, route53: zone }) => solver === 'DNS01' || zone === undefined,
  message: 'is read with solver DNS01 only: remove route53, or write solver: DNS01',
  field: 'route53',
};

/** Schema of `spec.tls.acme`. */
export const acmeSpec = ruled(
  z.object({
    email: patternedString(
      254,
      '^[-+.%_A-Za-z0-9]{1,64}@([A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z]{2,63}$',
      'must be an e-mail address such as tls@example.com',
    ).describe('Contact of the account.'),
    environment: z
      .enum(['Staging', 'Production'])
      .default('Production')
      .describe(
        "Of Let's Encrypt. Staging for tries: browsers do not trust it, and its limits are wide. Production allows five certificates a week for the same hosts.",
      ),
    server: patternedString(
      512,
      '^$|^https://[-.A-Za-z0-9]+(:[0-9]{1,5})?/[-._~/A-Za-z0-9]*$',
      'must be an https address of a directory (RFC 8555), or empty',
    )
      .default('')
      .describe("Directory of another authority in the place of Let's Encrypt's."),
    profile: patternedString(
      64,
      '^[-._A-Za-z0-9]*$',
      'must be the name of a profile: letters, digits, -, _ and .',
    )
      .default('')
      .describe('Kind of certificate that the authority offers, such as tlsserver or shortlived.'),
    solver: z
      .enum(['HTTP01', 'DNS01'])
      .default('HTTP01')
      .describe(
        'How the hosts are proven to be yours. HTTP01: the authority asks them over http. DNS01: by a record in their zone.',
      ),
    route53: route53.optional(),
  }),
  zoneIsNamed,
  zoneIsUsed,
).describe(
  "Certificates of Let's Encrypt through an Issuer that the operator makes in this namespace.",
);

/** `spec.tls.acme` after defaults. */
export type AcmeSpec = z.output<typeof acmeSpec>;
