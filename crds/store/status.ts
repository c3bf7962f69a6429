// `status`: the contract with the people who run stores. Everything in it is judged from live objects; nothing is
// remembered there that could not be found out again, except transition times.
import { z } from 'zod';

const condition = z
  .object({
    type: z.string().min(1).max(64).describe('Name of the condition.'),
    status: z
      .enum(['True', 'False', 'Unknown'])
      .describe('Whether the condition holds; Unknown when it cannot be told.'),
    reason: z.string().min(1).max(128).describe('One word in CamelCase, stable for programs.'),
    message: z.string().max(4096).describe('A sentence for people that names the objects.'),
    lastTransitionTime: z
      .string()
      .max(40)
      .meta({ format: 'date-time' })
      .describe('When the status last changed.'),
    observedGeneration: z
      .int()
      .min(0)
      .describe('Generation of the spec that this was judged against.'),
  })
  .describe(
    'One aspect of the state, https://kubernetes.io/docs/reference/using-api/api-concepts/.',
  );

const componentStatus = z.object({
  ready: z.int().min(0).describe('Pods that serve.'),
  desired: z.int().min(0).describe('Pods that should serve.'),
  updated: z.int().min(0).describe('Pods of the newest revision.'),
  pods: z
    .string()
    .max(16)
    .describe('Ready and desired pods as one text, for example 3/3, for kubectl get.'),
  message: z.string().max(1024).describe('What is wrong, or empty.'),
});

const autoscalingStatus = z.object({
  current: z.int().min(0).describe('Pods now.'),
  desired: z.int().min(0).describe('Pods that the load asks for, within min and max.'),
  min: z.int().min(0).describe('Fewest pods allowed.'),
  max: z.int().min(0).describe('Most pods allowed.'),
  limited: z.boolean().describe('The load asks for more pods than max allows.'),
});

const migrationStatus = z.object({
  version: z.string().max(64).optional().describe('Release that the database is brought to.'),
  state: z
    .enum(['Pending', 'Running', 'Succeeded', 'Failed'])
    .describe('Pending: not begun, for the reason in the message.'),
  startedAt: z
    .string()
    .max(40)
    .optional()
    .meta({ format: 'date-time' })
    .describe('When the first try began.'),
  finishedAt: z
    .string()
    .max(40)
    .optional()
    .meta({ format: 'date-time' })
    .describe('When it ended, well or not.'),
  exitCode: z
    .int()
    .min(0)
    .max(255)
    .optional()
    .describe(
      'How the last try ended; 69: the database cannot be reached, 77: it does not let the role in.',
    ),
  message: z.string().max(1024).describe('What it waits for, or how it failed, or empty.'),
});

/** Who sees to one part of `spec.exposure.policy`. */
const keeper = (what: string) =>
  z
    .enum(['Edge', 'App', 'Off'])
    .describe(
      `${what}: the ingress controller or Gateway (Edge), the shop itself (App), or nobody (Off).`,
    );

const exposureStatus = z.object({
  mode: z.enum(['Ingress', 'Gateway', 'None']).describe('How the store is exposed.'),
  className: z
    .string()
    .max(253)
    .optional()
    .describe('IngressClass of the Ingress, or GatewayClass of the Gateway.'),
  gateway: z.string().max(317).optional().describe('Gateway, as namespace/name.'),
  controller: z
    .string()
    .max(300)
    .optional()
    .describe('Controller of that class, for example traefik.io/ingress-controller.'),
  urls: z
    .array(z.string().max(300))
    .max(20)
    .optional()
    .describe('Address of the shop at each host.')
    .meta({ 'x-kubernetes-list-type': 'atomic' }),
  addresses: z
    .array(z.string().max(253))
    .max(20)
    .optional()
    .describe(
      'IP addresses and names of the ingress controller or Gateway, to which the hosts must resolve.',
    )
    .meta({ 'x-kubernetes-list-type': 'atomic' }),
  edgePolicy: z
    .object({
      httpsRedirect: keeper('Sends visitors of http to https'),
      hsts: keeper('Sends Strict-Transport-Security'),
      maxBodySize: keeper('Refuses larger bodies'),
      requestTimeout: keeper('Ends requests that take too long'),
    })
    .optional()
    .describe('Who sees to each part of spec.exposure.policy.'),
});

const tlsStatus = z.object({
  mode: z
    .enum(['CertManager', 'SelfSigned', 'ExistingSecret', 'Platform', 'Off'])
    .describe(
      "Where the certificate is from; Platform: it is at a Gateway that is not the store's.",
    ),
  secretName: z
    .string()
    .max(253)
    .optional()
    .describe('Secret with the certificate that the first host serves.'),
  issuer: z.string().max(200).optional().describe('Who issued the certificate.'),
  notBefore: z.string().max(40).optional().describe('From when the certificate holds.'),
  notAfter: z.string().max(40).optional().describe('Until when the certificate holds.'),
  renewalTime: z.string().max(40).optional().describe('When cert-manager renews the certificate.'),
  failedIssuanceAttempts: z
    .int()
    .min(0)
    .optional()
    .describe('Tries of cert-manager that failed since the last certificate.'),
  hosts: z
    .array(z.string().max(253))
    .max(100)
    .optional()
    .describe('Names on the certificate.')
    .meta({ 'x-kubernetes-list-type': 'atomic' }),
});

const secretStatus = z.object({
  name: z.string().max(253).describe('Name of the Secret.'),
  source: z
    .enum(['Generated', 'Existing', 'ExternalSecrets'])
    .describe('Who makes it: the operator, the owner, or External Secrets.'),
  createdAt: z
    .string()
    .max(40)
    .optional()
    .meta({ format: 'date-time' })
    .describe('When it was made; absent while it does not exist.'),
  keys: z
    .array(
      z.object({
        kid: z.string().max(128).describe('Name of the key; no secret.'),
        state: z
          .enum(['Pending', 'Active', 'Retiring'])
          .describe('Active signs; the others verify, before they sign and after they did.'),
        createdAt: z
          .string()
          .max(40)
          .meta({ format: 'date-time' })
          .describe('When the key was made.'),
      }),
    )
    .max(10)
    .optional()
    .describe('Keys of access tokens.')
    .meta({ 'x-kubernetes-list-type': 'atomic' }),
  nextRotationAt: z
    .string()
    .max(40)
    .optional()
    .meta({ format: 'date-time' })
    .describe('When the next key begins to sign.'),
});

/**
 * `observedGeneration` of a store that no operator has looked at yet: without it, kstatus takes a resource that has no
 * status for one that is done, https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md.
 */
export const neverObserved = -1;

/** Schema of `status`. */
export const storeStatus = z
  .object({
    observedGeneration: z
      .int()
      .min(neverObserved)
      .optional()
      .describe('Generation that the conditions describe; -1 before the first was judged.'),
    conditions: z
      .array(condition)
      .max(32)
      .optional()
      .describe('Ready, Reconciling, Stalled and one condition for each part.')
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] }),
    version: z.string().max(64).optional().describe('Release that serves now.'),
    url: z.string().max(300).optional().describe('Address of the shop.'),
    images: z
      .object({
        api: z.string().max(512).optional().describe('Image of the API.'),
        web: z.string().max(512).optional().describe('Image of the page.'),
      })
      .optional()
      .describe('Images that serve now.'),
    components: z
      .object({
        api: componentStatus.optional().describe('Pods of the API.'),
        web: componentStatus.optional().describe('Pods of the page.'),
        database: componentStatus
          .optional()
          .describe('Pod of the database; absent when somebody else runs it.'),
      })
      .optional()
      .describe('Pods of each component.'),
    autoscaling: z
      .object({
        api: autoscalingStatus.optional().describe('Scaling of the API.'),
        web: autoscalingStatus.optional().describe('Scaling of the page.'),
      })
      .optional()
      .describe('What each HorizontalPodAutoscaler does.'),
    migration: migrationStatus
      .optional()
      .describe('The Job that brings the database up to date for the present spec.'),
    exposure: exposureStatus.optional().describe('How shoppers reach the store.'),
    tls: tlsStatus.optional().describe('The certificate of the hosts.'),
    secrets: z
      .array(secretStatus)
      .max(16)
      .optional()
      .describe('The Secrets of the store: names and ages, never values.')
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
  })
  .describe('What the shop is.')
  .meta({ default: { observedGeneration: neverObserved } });

/** One entry of `status.conditions`. */
export type Condition = z.output<typeof condition>;
/** `status.components.<name>`. */
export type ComponentStatus = z.output<typeof componentStatus>;
/** `status.autoscaling.<name>`. */
export type AutoscalingStatus = z.output<typeof autoscalingStatus>;
/** `status.migration`. */
export type MigrationStatus = z.output<typeof migrationStatus>;
/** `status.exposure`. */
export type ExposureStatus = z.output<typeof exposureStatus>;
/** `status.exposure.edgePolicy`. */
export type EdgePolicy = NonNullable<ExposureStatus['edgePolicy']>;
/** `status.tls`. */
export type TlsStatus = z.output<typeof tlsStatus>;
/** One entry of `status.secrets`. */
export type SecretStatus = z.output<typeof secretStatus>;
/** The whole status. */
export type StoreStatus = z.output<typeof storeStatus>;
