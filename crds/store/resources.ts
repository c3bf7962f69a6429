// CPU and memory of a component. CPU and memory have formats of their own, tighter than Kubernetes' quantity: that
// refuses the classic `memory: 128m` (an eighth of a byte), and keeps every value exact and below 2^63, so that the
// comparison here and the API server's cannot round differently.
import { z } from 'zod';
import { ruled, type Rule } from './rules.ts';

/** An amount as an owner writes it: `1`, `"250m"`, `"512Mi"`. */
export type Quantity = number | string;

/** CPU in cores with at most three decimals, or in thousandths with `m`. */
export const cpuPattern = '^([0-9]{1,4}(\\.[0-9]{1,3})?|[0-9]{1,7}m)$';

/** Memory in bytes, or in a decimal (k, M, G, T) or binary (Ki, Mi, Gi, Ti) unit. */
export const memoryPattern = '^([0-9]{1,15}|[0-9]{1,6}(\\.[0-9]{1,3})?(k|M|G|T|Ki|Mi|Gi|Ti))$';

/** An exact amount in millionths, or undefined for text that is no amount. `1.5Gi` is 1610612736000000n. */
export function quantityMillionths(quantity: Quantity): bigint | undefined {
  const match = /^([0-9]+)(?:\.([0-9]{1,3}))?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(String(quantity));
  const unit = unitMillionths[match?.[3] ?? ''];
  if (match === null || unit === undefined) return undefined;
  const [, whole = '', decimals = ''] = match;
  return (BigInt(whole + decimals.padEnd(3, '0')) * unit) / 1000n;
}

const unitMillionths: Readonly<Record<string, bigint>> = {
  m: 10n ** 3n,
  '': 10n ** 6n,
  k: 10n ** 9n,
  M: 10n ** 12n,
  G: 10n ** 15n,
  T: 10n ** 18n,
  Ki: 10n ** 6n * 2n ** 10n,
  Mi: 10n ** 6n * 2n ** 20n,
  Gi: 10n ** 6n * 2n ** 30n,
  Ti: 10n ** 6n * 2n ** 40n,
};

/**
 * An amount that has one of the patterns above and is not 0. `string()` takes the integer form too: the field is an
 * integer or a string, as it is in a pod.
 */
export const quantity = (pattern: string, message: string) => {
  const expression = new RegExp(pattern);
  return ruled(
    z.union([z.int(), z.string().max(20)]).meta({ 'x-kubernetes-int-or-string': true }),
    {
      cel: `string(self).matches(r'${pattern}') && quantity(string(self)).isGreaterThan(quantity('0'))`,
      holds: (value) => expression.test(String(value)) && quantityMillionths(value) !== 0n,
      message,
    },
  );
};

interface Amounts {
  readonly cpu: string;
  readonly memory: string;
}

const amounts = (which: string, defaults: Amounts) =>
  z
    .object({
      cpu: quantity(cpuPattern, 'must be a CPU quantity above 0, such as 250m, 1 or "1.5"')
        .default(defaults.cpu)
        .describe(`CPU ${which} of a pod: cores, or thousandths with m; 250m, 1 or "1.5".`),
      memory: quantity(memoryPattern, 'must be a memory quantity above 0, such as 256Mi or 1Gi')
        .default(defaults.memory)
        .describe(`Memory ${which} of a pod: bytes, or with a unit; 256Mi or 1Gi.`),
    })
    .prefault({});

interface Resources {
  readonly requests: { readonly cpu: Quantity; readonly memory: Quantity };
  readonly limits: { readonly cpu: Quantity; readonly memory: Quantity };
}

const requestWithinLimit = (name: 'cpu' | 'memory'): Rule<Resources> => ({
  cel:
    `!isQuantity(string(self.requests.${name})) || !isQuantity(string(self.limits.${name})) || ` +
    `quantity(string(self.requests.${name})).compareTo(quantity(string(self.limits.${name}))) <= 0`,
  holds: ({ requests, limits }) => {
    const request = quantityMillionths(requests[name]);
    const limit = quantityMillionths(limits[name]);
    return request === undefined || limit === undefined || request <= limit;
  },
  message: `must not exceed limits.${name}: lower requests.${name} or raise limits.${name}`,
  messageExpression:
    `'must not exceed limits.${name} (' + string(self.limits.${name}) + '), but is ' + ` +
    `string(self.requests.${name}) + ': lower requests.${name} or raise limits.${name}'`,
  field: `requests.${name}`,
});

/** Schema of `resources` with the given defaults. */
export const resources = (requests: Amounts, limits: Amounts) =>
  ruled(
    z.object({
      requests: amounts('request', requests).describe('What each pod is guaranteed.'),
      limits: amounts('limit', limits).describe('What each pod may use at most.'),
    }),
    requestWithinLimit('cpu'),
    requestWithinLimit('memory'),
  )
    .prefault({})
    .describe('CPU and memory of each pod.');
