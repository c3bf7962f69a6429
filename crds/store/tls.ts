// `spec.tls`: where the certificate of the hosts comes from.
import { z } from 'zod';
import { objectNamePattern, patternedString } from './formats.ts';
import { ruled, type Rule } from './rules.ts';

interface Named {
  readonly mode: string;
  readonly secretName: string;
}

const secretIsNamed: Rule<Named> = {
  cel: `self.mode != 'ExistingSecret' || self.secretName != ''`,
  holds: ({ mode, secretName }) => mode !== 'ExistingSecret' || secretName !== '',
  message: 'must name a Secret when mode is ExistingSecret: write secretName, or another mode',
  field: 'secretName',
};

const secretIsUsed: Rule<Named> = {
  cel: `self.mode == 'ExistingSecret' || self.secretName == ''`,
  holds: ({ mode, secretName }) => mode === 'ExistingSecret' || secretName === '',
  message:
    'is read with mode ExistingSecret only: remove secretName, or write mode: ExistingSecret',
  field: 'secretName',
};

/** Schema of `spec.tls`. */
export const tlsSpec = ruled(
  z.object({
    mode: z
      .enum(['Auto', 'SelfSigned', 'ExistingSecret', 'Off'])
      .default('Auto')
      .describe(
        'SelfSigned: the operator makes a certificate that browsers warn about, and renews it. ExistingSecret: yours. "Off" (in quotes: YAML reads a bare Off as false): plain http. Auto is SelfSigned. A route at the listener of a Gateway that is not the store\'s has the certificate of that listener; of the modes only Off counts then.',
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
  }),
  secretIsNamed,
  secretIsUsed,
)
  .prefault({})
  .describe('Where the certificate of the hosts comes from.');

/** `spec.tls` after defaults. */
export type TlsSpec = z.output<typeof tlsSpec>;
