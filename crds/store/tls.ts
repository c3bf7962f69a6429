// `spec.tls`: where the certificate of the hosts comes from.
import { z } from 'zod';
import { acmeSpec } from './acme.ts';
import { objectName, objectNamePattern, patternedString } from './formats.ts';
import { ruled, type Rule } from './rules.ts';

/** API group of cert-manager. */
export const certManagerGroup = 'cert-manager.io';

interface Issuer {
  readonly kind: string;
  readonly group: string;
}

const kindIsKnown: Rule<Issuer> = {
  cel: `self.group != '${certManagerGroup}' || self.kind in ['Issuer', 'ClusterIssuer']`,
  holds: ({ kind, group }) =>
    group !== certManagerGroup || kind === 'Issuer' || kind === 'ClusterIssuer',
  message: 'must be Issuer or ClusterIssuer, or of another group: write group too',
  field: 'kind',
};

const issuerRef = ruled(
  z.object({
    name: objectName().describe('Name of the issuer.'),
    kind: patternedString(63, '^[A-Z][A-Za-z0-9]*$', 'must be a kind such as ClusterIssuer')
      .default('Issuer')
      .describe('Issuer: of this namespace. ClusterIssuer: of the cluster.'),
    group: patternedString(
      253,
      objectNamePattern,
      `must be an API group such as ${certManagerGroup}`,
    )
      .default(certManagerGroup)
      .describe('API group of the kind; other groups are issuers beside cert-manager.'),
  }),
  kindIsKnown,
).describe('An issuer of cert-manager that is there; it is read, never written.');

interface Sources {
  readonly mode: string;
  readonly secretName: string;
  readonly issuerRef?: object | undefined;
  readonly acme?: object | undefined;
}

const secretIsNamed: Rule<Sources> = {
  cel: `self.mode != 'ExistingSecret' || self.secretName != ''`,
  holds: ({ mode, secretName }) => mode !== 'ExistingSecret' || secretName !== '',
  message: 'must name a Secret when mode is ExistingSecret: write secretName, or another mode',
  field: 'secretName',
};

const secretIsUsed: Rule<Sources> = {
  cel: `self.mode == 'ExistingSecret' || self.secretName == ''`,
  holds: ({ mode, secretName }) => mode === 'ExistingSecret' || secretName === '',
  message:
    'is read with mode ExistingSecret only: remove secretName, or write mode: ExistingSecret',
  field: 'secretName',
};

const oneIssuer: Rule<Sources> = {
  cel: '!has(self.issuerRef) || !has(self.acme)',
  holds: ({ issuerRef: named, acme }) => named === undefined || acme === undefined,
  message: 'must not stand beside issuerRef: remove one of them',
  field: 'acme',
};

const issuerIsNamed: Rule<Sources> = {
  cel: `self.mode != 'CertManager' || has(self.issuerRef) || has(self.acme)`,
  holds: ({ mode, issuerRef: named, acme }) =>
    mode !== 'CertManager' || named !== undefined || acme !== undefined,
  message: 'needs to know who issues: write issuerRef or acme, or another mode',
  field: 'mode',
};

const issuerIsUsed: Rule<Sources> = {
  cel: `self.mode in ['Auto', 'CertManager'] || (!has(self.issuerRef) && !has(self.acme))`,
  holds: ({ mode, issuerRef: named, acme }) =>
    mode === 'Auto' || mode === 'CertManager' || (named === undefined && acme === undefined),
  message: 'reads neither issuerRef nor acme: remove them, or write mode: CertManager or Auto',
  field: 'mode',
};

/** Schema of `spec.tls`. */
export const tlsSpec = ruled(
  z.object({
    mode: z
      .enum(['Auto', 'CertManager', 'SelfSigned', 'ExistingSecret', 'Off'])
      .default('Auto')
      .describe(
        'CertManager: cert-manager gets one from issuerRef or acme; until then SelfSigned keeps https alive. SelfSigned: the operator makes one that browsers warn about, and renews it. ExistingSecret: yours. "Off" (in quotes: YAML reads a bare Off as false): plain http, for TLS that ends in front of the ingress, at a load balancer for example; over plain http nobody can buy. Auto: CertManager when it is installed and issuerRef or acme is written, else SelfSigned. A route at the listener of a Gateway that is not the store\'s has the certificate of that listener; of the modes only Off counts then.',
      ),
    secretName: patternedString(
      253,
      `^$|${objectNamePattern}`,
      'must be the name of a Secret, or empty',
    )
      .default('')
      .describe(
        'With ExistingSecret: a Secret of type kubernetes.io/tls in this namespace whose certificate names every host. It is read, never written.',
      ),
    issuerRef: issuerRef.optional(),
    acme: acmeSpec.optional(),
  }),
  secretIsNamed,
  secretIsUsed,
  oneIssuer,
  issuerIsNamed,
  issuerIsUsed,
)
  .prefault({})
  .describe('Where the certificate of the hosts comes from.');

/** `spec.tls` after defaults. */
export type TlsSpec = z.output<typeof tlsSpec>;
