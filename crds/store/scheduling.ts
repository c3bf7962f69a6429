// Where a component's pods may run. The rules on tolerations and selectors are Kubernetes' own (core validation of a
// pod), so that a mistake is refused when the store is written and not later, when no pod appears.
import { z } from 'zod';
import {
  isQualifiedName,
  labelValue,
  labelValuePattern,
  maxQualifiedNameLength,
  objectNamePattern,
  patternedString,
  qualifiedNameCel,
  qualifiedNameFormat as keyFormat,
} from './formats.ts';
import { ruled, type Rule } from './rules.ts';

interface Toleration {
  readonly key: string;
  readonly operator: string;
  readonly value: string;
  readonly effect: string;
  readonly tolerationSeconds?: number | undefined;
}

const tolerationRules: readonly Rule<Toleration>[] = [
  {
    cel: `self.operator == 'Exists' || self.key != ''`,
    holds: ({ operator, key }) => operator === 'Exists' || key !== '',
    message: 'must be Exists when key is empty: write a key, or operator: Exists',
    field: 'operator',
  },
  {
    cel: `self.operator != 'Exists' || self.value == ''`,
    holds: ({ operator, value }) => operator !== 'Exists' || value === '',
    message: 'must be empty with operator Exists: remove value, or write operator: Equal',
    field: 'value',
  },
  {
    cel: `!has(self.tolerationSeconds) || self.effect == 'NoExecute'`,
    holds: ({ tolerationSeconds, effect }) =>
      tolerationSeconds === undefined || effect === 'NoExecute',
    message: 'must be NoExecute when tolerationSeconds is set: write effect: NoExecute',
    field: 'effect',
  },
];

const toleration = ruled(
  z.object({
    key: ruled(z.string().max(maxQualifiedNameLength), {
      cel: `self == '' || (${qualifiedNameCel('self')})`,
      holds: (key) => key === '' || isQualifiedName(key),
      message: `must be empty or a taint key: ${keyFormat}`,
    })
      .default('')
      .describe('Taint key; empty with operator Exists matches every taint.'),
    operator: z
      .enum(['Exists', 'Equal'])
      .default('Equal')
      .describe('Exists tolerates every value of the key, Equal only the given one.'),
    value: labelValue().default('').describe('Taint value, with operator Equal.'),
    effect: z
      .enum(['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute'])
      .default('')
      .describe('Taint effect; empty matches every effect.'),
    tolerationSeconds: z
      .int()
      .min(0)
      .max(86_400)
      .optional()
      .describe('How long a pod stays once the taint appears; only with effect NoExecute.'),
  }),
  ...tolerationRules,
).describe('One taint that the pods tolerate, as in a pod.');

// One rule on the map covers keys and values: a rule on each value could not name the key in its message.
const labelValueExpression = new RegExp(labelValuePattern);
const nodeSelector = ruled(
  z.record(z.string(), z.string().max(63)).meta({ maxProperties: 20 }),
  {
    cel: 'self.size() <= 20',
    holds: (labels) => Object.keys(labels).length <= 20,
    message: 'must have at most 20 labels',
  },
  {
    cel: `self.all(key, ${qualifiedNameCel('key')})`,
    holds: (labels) => Object.keys(labels).every(isQualifiedName),
    message: `must have label keys: ${keyFormat}`,
  },
  {
    cel: `self.all(key, self[key].matches(r'${labelValuePattern}'))`,
    holds: (labels) => Object.values(labels).every((value) => labelValueExpression.test(value)),
    message:
      'must have label values: letters, digits, -, _ and ., beginning and ending with a letter or digit',
  },
);

/** Schema of `scheduling`. */
export const scheduling = z
  .object({
    nodeSelector: nodeSelector.default({}).describe('Labels that a node must have.'),
    tolerations: z
      .array(toleration)
      .max(20)
      .meta({ 'x-kubernetes-list-type': 'atomic' })
      .default([])
      .describe('Taints that the pods tolerate.'),
    priorityClassName: patternedString(
      253,
      `^$|${objectNamePattern}`,
      'must be the name of a PriorityClass, or empty for the default of the cluster',
    )
      .default('')
      .describe('PriorityClass of the pods; empty for the default of the cluster.'),
    topologySpread: z
      .enum(['Soft', 'Hard', 'Off'])
      .default('Soft')
      .describe(
        'Spread over zones and hosts: Soft prefers it, Hard demands it and needs nodes with zone labels, "Off" (in quotes) does not spread.',
      ),
  })
  .prefault({})
  .describe('Where the pods may run.');
