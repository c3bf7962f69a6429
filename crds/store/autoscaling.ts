// `autoscaling` of a component: what a HorizontalPodAutoscaler (autoscaling/v2) needs, with the speeds of change that
// suit a shop: up at once when shoppers come, down slowly after them.
import { z } from 'zod';
import { ruled, type Rule } from './rules.ts';

/** Bounds and targets that differ between components. */
export interface AutoscalingDefaults {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly cpuUtilization: number;
  readonly memoryUtilization: number;
}

const scalingPolicy = z
  .object({
    type: z
      .enum(['Pods', 'Percent'])
      .describe('What the value counts: pods, or percent of the current pods.'),
    value: z
      .int()
      .min(1)
      .max(1000)
      .describe('How many pods or percent may be added or removed in one period.'),
    periodSeconds: z.int().min(1).max(1800).describe('Length of the period in seconds.'),
  })
  .describe('One bound on the speed of change.');

const direction = (
  stabilizationWindowSeconds: number,
  policies: readonly z.infer<typeof scalingPolicy>[],
) =>
  z
    .object({
      stabilizationWindowSeconds: z
        .int()
        .min(0)
        .max(3600)
        .default(stabilizationWindowSeconds)
        .describe('Seconds of past advice that are looked at; the most cautious one counts.'),
      policies: z
        .array(scalingPolicy)
        .min(1)
        .max(5)
        .meta({ 'x-kubernetes-list-type': 'atomic' })
        .default([...policies])
        .describe('Bounds on the speed of change; the most generous one counts.'),
    })
    .prefault({});

const behavior = z
  .object({
    scaleUp: direction(0, [
      { type: 'Percent', value: 100, periodSeconds: 15 },
      { type: 'Pods', value: 4, periodSeconds: 15 },
    ]).describe('How fast pods are added. The default doubles, or adds four, each 15 seconds.'),
    scaleDown: direction(300, [{ type: 'Percent', value: 50, periodSeconds: 60 }]).describe(
      'How slowly pods are removed. The default waits five minutes after a peak.',
    ),
  })
  .prefault({})
  .describe('Speed of scaling, as in a HorizontalPodAutoscaler.');

interface Bounds {
  readonly minReplicas: number;
  readonly maxReplicas: number;
}

// The message names the default, since an owner may have written maxReplicas alone. No `messageExpression`: the API
// server takes the text of an integer for unbounded and refuses the cost.
const minWithinMax = (defaultMin: number): Rule<Bounds> => ({
  cel: 'self.minReplicas <= self.maxReplicas',
  holds: ({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas,
  message: `must not exceed maxReplicas: lower minReplicas (${defaultMin} when absent) or raise maxReplicas`,
  field: 'minReplicas',
});

/** Schema of `autoscaling` with the given defaults. */
export const autoscaling = (defaults: AutoscalingDefaults) =>
  ruled(
    z.object({
      enabled: z
        .boolean()
        .default(true)
        .describe('Let a HorizontalPodAutoscaler choose the number of pods.'),
      minReplicas: z
        .int()
        .min(1)
        .max(100)
        .default(defaults.minReplicas)
        .describe('Fewest pods. At least 2 while the disruption budget is on.'),
      maxReplicas: z.int().min(1).max(100).default(defaults.maxReplicas).describe('Most pods.'),
      cpuUtilization: z
        .int()
        .min(1)
        .max(100)
        .default(defaults.cpuUtilization)
        .describe('CPU use that scaling aims for, in percent of the request.'),
      memoryUtilization: z
        .int()
        .min(1)
        .max(100)
        .default(defaults.memoryUtilization)
        .describe('Memory use that scaling aims for, in percent of the request.'),
      behavior,
    }),
    minWithinMax(defaults.minReplicas),
  )
    .prefault({})
    .describe('Scaling by load. Needs metrics-server in the cluster.');
