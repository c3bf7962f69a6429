// The two Deployments of a store: `api` (Koa, the seeds' backend) and `web` (nginx and the page, the seeds' frontend).
// Both have the same fields; only the defaults differ, and they are the figures of the project this one replaces.
import { z } from 'zod';
import { autoscaling, type AutoscalingDefaults } from './autoscaling.ts';
import { environment } from './environment.ts';
import { patternedString } from './formats.ts';
import { resources } from './resources.ts';
import { ruled, type Rule } from './rules.ts';
import { scheduling } from './scheduling.ts';

// registry[:port]/path, then a tag, a digest, or both. Without either it would mean `latest`, a different image each day.
// No empty path segment and none that ends in a separator: otherwise the mistake shows only when pods cannot start.
const pathSegment = '[a-z0-9]([-a-z0-9._]*[a-z0-9])?';
const imagePattern =
  `^([a-z0-9][-a-z0-9.]*(:[0-9]{1,5})?/)?${pathSegment}(/${pathSegment})*` +
  '(:[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}(@sha256:[a-f0-9]{64})?|@sha256:[a-f0-9]{64})$';

interface ComponentDefaults {
  readonly autoscaling: AutoscalingDefaults;
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu: string; readonly memory: string };
}

interface Guarded {
  readonly autoscaling: { readonly enabled: boolean; readonly minReplicas: number };
  readonly disruptionBudget: { readonly enabled: boolean };
}

const budgetHasTwoPods: Rule<Guarded> = {
  cel: '!self.autoscaling.enabled || !self.disruptionBudget.enabled || self.autoscaling.minReplicas >= 2',
  holds: ({ autoscaling, disruptionBudget }) =>
    !autoscaling.enabled || !disruptionBudget.enabled || autoscaling.minReplicas >= 2,
  message:
    'must be at least 2 while the disruption budget is on, which cannot protect a single pod: ' +
    'write minReplicas: 2 or more, or disruptionBudget.enabled: false',
  field: 'autoscaling.minReplicas',
};

const disruptionBudget = z
  .object({
    enabled: z.boolean().default(true).describe('Protect against draining too many pods at once.'),
    maxUnavailable: z
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe('Pods that may be evicted at once.'),
  })
  .prefault({})
  .describe('PodDisruptionBudget of the component. None is made for a single pod.');

const component = (defaults: ComponentDefaults) =>
  ruled(
    z.object({
      image: patternedString(
        512,
        `^$|${imagePattern}`,
        'must be empty or an image with a tag or digest, such as ghcr.io/shop/storefront:1.2.3',
      )
        .default('')
        .describe('Image with tag or digest. Empty takes imageRepository and version.'),
      replicas: z
        .int()
        .min(0)
        .max(100)
        .default(defaults.autoscaling.minReplicas)
        .describe(
          'Number of pods while autoscaling is off; when it is turned off, however many there were goes to this at once. 0 is allowed and stops the component.',
        ),
      autoscaling: autoscaling(defaults.autoscaling),
      resources: resources(defaults.requests, defaults.limits),
      env: environment,
      scheduling,
      disruptionBudget,
    }),
    budgetHasTwoPods,
  );

/** `spec.api`: the product and auth API, container port 8080, metrics on 9464. */
export const apiSpec = component({
  autoscaling: { minReplicas: 3, maxReplicas: 10, cpuUtilization: 70, memoryUtilization: 80 },
  requests: { cpu: '250m', memory: '256Mi' },
  limits: { cpu: '1', memory: '512Mi' },
}).describe('The product and auth API (storefront-api).');

/** `spec.web`: nginx with the shopper's page, container port 8080. */
export const webSpec = component({
  autoscaling: { minReplicas: 3, maxReplicas: 8, cpuUtilization: 75, memoryUtilization: 85 },
  requests: { cpu: '100m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '128Mi' },
}).describe("The shopper's page (storefront-web).");

/** A component's part of the spec after defaults. */
export type ComponentSpec = z.output<typeof apiSpec>;
