// Further environment variables of a component. Names that the operator sets are refused rather than overridden in
// silence: a variable that is written and then ignored is the worst kind of setting.
import { z } from 'zod';
import { dataKey, freeText, objectName, patternedString } from './formats.ts';
import { celString, ruled, type Rule } from './rules.ts';

/** Environment variables that the operator sets itself; a store that names one is refused. */
export const reservedEnvNames = [
  'CONFIG_FILE',
  'JWT_KEYS_FILE',
  'METRICS_PORT',
  'NODE_ENV',
  'PGDATABASE',
  'PGHOST',
  'PGPASSWORD',
  'PGPASSWORD_FILE',
  'PGPORT',
  'PGUSER',
  'PORT',
  'SESSION_SECRET_FILE',
] as const;

/** Beginnings of variable names that belong to the operator, so that later releases can add variables safely. */
export const reservedEnvPrefixes = ['DATABASE_', 'DHAKACART_'] as const;

const exactlyOneSource = {
  cel: 'has(self.secretKeyRef) != has(self.configMapKeyRef)',
  holds: (source: { secretKeyRef?: unknown; configMapKeyRef?: unknown }) =>
    (source.secretKeyRef === undefined) !== (source.configMapKeyRef === undefined),
  message: 'must have exactly one of secretKeyRef and configMapKeyRef: write one of them',
};

const reference = (kind: string) =>
  z.object({
    name: objectName().describe(`Name of the ${kind}.`),
    key: dataKey().describe(`Key inside the ${kind}.`),
  });

const valueFrom = ruled(
  z.object({
    secretKeyRef: reference('Secret')
      .optional()
      .describe('Takes the value from a key of a Secret in this namespace.'),
    configMapKeyRef: reference('ConfigMap')
      .optional()
      .describe('Takes the value from a key of a ConfigMap in this namespace.'),
  }),
  exactlyOneSource,
);

interface Named {
  readonly name: string;
}

const exactlyOneValue: Rule<Named & { value?: unknown; valueFrom?: unknown }> = {
  cel: 'has(self.value) != has(self.valueFrom)',
  holds: (variable) => (variable.value === undefined) !== (variable.valueFrom === undefined),
  message: 'must have exactly one of value and valueFrom: write one of them',
  messageExpression: `'variable ' + self.name + ' must have exactly one of value and valueFrom: write one of them'`,
};

const nameIsFree: Rule<Named> = {
  cel: `!(self.name in [${reservedEnvNames.map((name) => celString(name)).join(', ')}])`,
  holds: ({ name }) => !(reservedEnvNames as readonly string[]).includes(name),
  message: 'is set by the operator itself: remove the variable, or choose another name',
  messageExpression: `self.name + ' is set by the operator itself: remove the variable, or choose another name'`,
  field: 'name',
};

const reservedBeginnings = reservedEnvPrefixes.join(' or ');
const prefixIsFree: Rule<Named> = {
  cel: reservedEnvPrefixes
    .map((prefix) => `!self.name.startsWith(${celString(prefix)})`)
    .join(' && '),
  holds: ({ name }) => !reservedEnvPrefixes.some((prefix) => name.startsWith(prefix)),
  message: `must not begin with ${reservedBeginnings}, which belong to the operator: choose another name`,
  messageExpression: `self.name + ' must not begin with ${reservedBeginnings}, which belong to the operator: choose another name'`,
  field: 'name',
};

const variable = ruled(
  z.object({
    name: patternedString(
      128,
      '^[A-Za-z_][A-Za-z0-9_]*$',
      'must be a variable name such as LOG_LEVEL: letters, digits and _, not beginning with a digit',
    ).describe('Name of the variable. Names that the operator sets itself are refused.'),
    value: freeText(4096)
      .optional()
      .describe('A literal value. Anybody who may read the store can read it: no secrets here.'),
    valueFrom: valueFrom.optional().describe('Takes the value from a Secret or a ConfigMap.'),
  }),
  exactlyOneValue,
  nameIsFree,
  prefixIsFree,
).describe('One environment variable: a name, and either value or valueFrom.');

/** Schema of `env`. */
export const environment = z
  .array(variable)
  .max(50)
  .refine((variables) => new Set(variables.map(({ name }) => name)).size === variables.length, {
    error: 'must name each variable once: remove the repetition',
  })
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] })
  .default([])
  .describe('Further environment variables.');
