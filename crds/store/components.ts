// The two Deployments of a store: `api` (Koa, the seeds' backend) and `web` (nginx and the page, the seeds' frontend).
// Both have the same fields; only the defaults differ, and they are the figures of the project this one replaces.
import { z } from 'zod';
import { objectName, quantity } from './formats.ts';

/** Environment variables that the operator sets itself; a store that names one is refused. */
export const reservedEnvNames = [
  'CONFIG_FILE',
  'JWT_KEYS_FILE',
  'METRICS_PORT',
  'NODE_ENV',
  'PORT',
  'SESSION_SECRET_FILE',
] as const;

/** Beginnings of variable names that belong to the operator, so that later releases can add variables safely. */
export const reservedEnvPrefixes = ['DATABASE_', 'DHAKACART_'] as const;

const scalingPolicy = z.object({
  type: z
    .enum(['Pods', 'Percent'])
    .describe('What the value counts: pods, or percent of the current pods.'),
  value: z
    .int()
    .min(1)
    .max(1000)
    .describe('How many pods or percent may be added or removed in one period.'),
  periodSeconds: z.int().min(1).max(1800).describe('Length of the period in seconds.'),
});

const policies = (defaults: z.infer<typeof scalingPolicy>[]) =>
  z
    .array(scalingPolicy)
    .min(1)
    .max(5)
    .default(defaults)
    .describe('Bounds on the speed of change; the most generous one counts.')
    .meta({ 'x-kubernetes-list-type': 'atomic' });

const behavior = z
  .object({
    scaleUp: z
      .object({
        stabilizationWindowSeconds: z.int().min(0).max(3600).default(0),
        policies: policies([
          { type: 'Percent', value: 100, periodSeconds: 15 },
          { type: 'Pods', value: 4, periodSeconds: 15 },
        ]),
      })
      .prefault({})
      .describe('How fast pods are added. The default doubles, or adds four, each 15 seconds.'),
    scaleDown: z
      .object({
        stabilizationWindowSeconds: z.int().min(0).max(3600).default(300),
        policies: policies([{ type: 'Percent', value: 50, periodSeconds: 60 }]),
      })
      .prefault({})
      .describe('How slowly pods are removed. The default waits five minutes after a peak.'),
  })
  .prefault({})
  .describe('Speed of scaling, as in a HorizontalPodAutoscaler.');

const envVariable = z
  .object({
    name: z
      .string()
      .min(1)
      .max(128)
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/)
      .describe('Name of the variable. Names that the operator sets itself are refused.'),
    value: z.string().max(4096).optional().describe('A literal value; not for secrets.'),
    valueFrom: z
      .object({
        secretKeyRef: z
          .object({ name: objectName(), key: z.string().min(1).max(253) })
          .optional()
          .describe('Takes the value from a key of a Secret in this namespace.'),
        configMapKeyRef: z
          .object({ name: objectName(), key: z.string().min(1).max(253) })
          .optional()
          .describe('Takes the value from a key of a ConfigMap in this namespace.'),
      })
      .optional()
      .describe('Takes the value from a Secret or a ConfigMap.'),
  })
  .describe('One environment variable: a name, and either value or valueFrom.');

const toleration = z.object({
  key: z
    .string()
    .max(316)
    .default('')
    .describe('Taint key; empty with operator Exists matches every taint.'),
  operator: z.enum(['Exists', 'Equal']).default('Equal'),
  value: z.string().max(63).default(''),
  effect: z.enum(['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute']).default(''),
  tolerationSeconds: z.int().min(0).max(86_400).optional(),
});

const scheduling = z
  .object({
    nodeSelector: z
      .record(z.string(), z.string().max(63))
      .default({})
      .describe('Labels that a node must have.')
      .meta({ maxProperties: 20 }),
    tolerations: z
      .array(toleration)
      .max(20)
      .default([])
      .describe('Taints that the pods tolerate.')
      .meta({ 'x-kubernetes-list-type': 'atomic' }),
    priorityClassName: z
      .string()
      .max(253)
      .regex(/^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$/)
      .default('')
      .describe('PriorityClass of the pods; empty for the cluster default.'),
    topologySpread: z
      .enum(['Soft', 'Hard', 'Off'])
      .default('Soft')
      .describe(
        'Spread over zones and hosts: Soft prefers it, Hard demands it, Off does not spread.',
      ),
  })
  .prefault({})
  .describe('Where the pods may run.');

interface ComponentDefaults {
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly cpuUtilization: number;
  readonly memoryUtilization: number;
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly cpu: string; readonly memory: string };
}

const resourcePair = (which: string, defaults: { readonly cpu: string; readonly memory: string }) =>
  z
    .object({
      cpu: quantity().default(defaults.cpu).describe(`CPU ${which}, for example 250m or 1.`),
      memory: quantity().default(defaults.memory).describe(`Memory ${which}, for example 256Mi.`),
    })
    .prefault({});

const component = (defaults: ComponentDefaults) =>
  z.object({
    image: z
      .string()
      .max(512)
      .regex(
        /^([a-z0-9][-a-z0-9.]*(:[0-9]{1,5})?\/)?[a-z0-9][-a-z0-9._/]*(:[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?(@sha256:[a-f0-9]{64})?$|^$/,
      )
      .default('')
      .describe('Image with tag or digest. Empty takes imageRepository and version.'),
    replicas: z
      .int()
      .min(0)
      .max(100)
      .default(defaults.minReplicas)
      .describe('Number of pods while autoscaling is off. 0 is allowed and stops the component.'),
    autoscaling: z
      .object({
        enabled: z
          .boolean()
          .default(true)
          .describe('Let a HorizontalPodAutoscaler choose the number of pods.'),
        minReplicas: z.int().min(1).max(100).default(defaults.minReplicas).describe('Fewest pods.'),
        maxReplicas: z.int().min(1).max(100).default(defaults.maxReplicas).describe('Most pods.'),
        cpuUtilization: z
          .int()
          .min(1)
          .max(100)
          .default(defaults.cpuUtilization)
          .describe('Target CPU use in percent of the request.'),
        memoryUtilization: z
          .int()
          .min(1)
          .max(100)
          .default(defaults.memoryUtilization)
          .describe('Target memory use in percent of the request.'),
        behavior,
      })
      .prefault({})
      .describe('Scaling by load. Needs metrics-server in the cluster.'),
    resources: z
      .object({
        requests: resourcePair('request', defaults.requests).describe(
          'What each pod is guaranteed.',
        ),
        limits: resourcePair('limit', defaults.limits).describe('What each pod may use at most.'),
      })
      .prefault({})
      .describe('CPU and memory of each pod.'),
    env: z
      .array(envVariable)
      .max(50)
      .default([])
      .describe('Further environment variables.')
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
    scheduling,
    disruptionBudget: z
      .object({
        enabled: z
          .boolean()
          .default(true)
          .describe('Protect against draining too many pods at once.'),
        maxUnavailable: z
          .int()
          .min(1)
          .max(100)
          .default(1)
          .describe('Pods that may be evicted at once.'),
      })
      .prefault({})
      .describe('PodDisruptionBudget of the component. None is made for a single pod.'),
  });

/** `spec.api`: the product and auth API, container port 8080, metrics on 9464. */
export const apiSpec = component({
  minReplicas: 3,
  maxReplicas: 10,
  cpuUtilization: 70,
  memoryUtilization: 80,
  requests: { cpu: '250m', memory: '256Mi' },
  limits: { cpu: '1', memory: '512Mi' },
}).describe('The product and auth API (storefront-api).');

/** `spec.web`: nginx with the shopper's page, container port 8080. */
export const webSpec = component({
  minReplicas: 3,
  maxReplicas: 8,
  cpuUtilization: 75,
  memoryUtilization: 85,
  requests: { cpu: '100m', memory: '64Mi' },
  limits: { cpu: '500m', memory: '128Mi' },
}).describe("The shopper's page (storefront-web).");

/** A component's part of the spec after defaults. */
export type ComponentSpec = z.output<typeof apiSpec>;
