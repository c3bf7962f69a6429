// `spec.exposure`: how shoppers reach the store. What of the policy an ingress controller cannot do, the shop does itself:
// `status.exposure.edgePolicy` tells which is which. An annotation that injects configuration into the controller is refused,
// since it would act on every store behind it: https://nvd.nist.gov/vuln/detail/CVE-2021-25742.
import { z } from 'zod';
import {
  freeText,
  isQualifiedName,
  objectNamePattern,
  patternedString,
  qualifiedNameCel,
  qualifiedNameFormat,
} from './formats.ts';
import { gatewaySpec, type GatewaySpec, namesGateway } from './gateway.ts';
import { celString, ruled, type Rule } from './rules.ts';

/** Texts that only the names of annotations have which inject configuration (ingress-nginx, NGINX, HAProxy). */
export const injectingParts = ['snippet', '/config-'] as const;

/** Annotations that would fight with a field of the store, and where to write instead. */
export const reservedAnnotations = ['kubernetes.io/ingress.class'] as const;

/** Beginnings of annotations that would: cert-manager would write the Secret that the operator writes. */
export const reservedAnnotationPrefixes = [
  'acme.cert-manager.io/',
  'cert-manager.io/',
  'dhakacart.io/',
  'kubectl.kubernetes.io/',
] as const;

type Annotations = Readonly<Record<string, string>>;

const every = (annotations: Annotations, holds: (key: string) => boolean): boolean =>
  Object.keys(annotations).every(holds);

const isReserved = (key: string): boolean =>
  reservedAnnotations.some((name) => name === key) ||
  reservedAnnotationPrefixes.some((prefix) => key.startsWith(prefix));

const annotationRules: readonly Rule<Annotations>[] = [
  {
    cel: 'self.size() <= 30',
    holds: (annotations) => Object.keys(annotations).length <= 30,
    message: 'must have at most 30 annotations',
  },
  {
    cel: `self.all(key, ${qualifiedNameCel('key')})`,
    holds: (annotations) => every(annotations, isQualifiedName),
    message: `must have annotation keys: ${qualifiedNameFormat}`,
  },
  {
    cel: `self.all(key, ${injectingParts.map((part) => `!key.contains(${celString(part)})`).join(' && ')})`,
    holds: (annotations) =>
      every(annotations, (key) => !injectingParts.some((part) => key.includes(part))),
    message:
      'must not inject configuration into the ingress controller: remove the annotation with snippet or config- in its name',
  },
  {
    cel: `self.all(key, ${[
      ...reservedAnnotations.map((name) => `key != ${celString(name)}`),
      ...reservedAnnotationPrefixes.map((prefix) => `!key.startsWith(${celString(prefix)})`),
    ].join(' && ')})`,
    holds: (annotations) => every(annotations, (key) => !isReserved(key)),
    message:
      'must not name what the store has fields for: remove the annotation, and use className for kubernetes.io/ingress.class and spec.tls for cert-manager.io',
  },
];

const ingress = z
  .object({
    className: patternedString(
      253,
      `^$|${objectNamePattern}`,
      'must be the name of an IngressClass, or empty for the default one of the cluster',
    )
      .default('')
      .describe(
        'IngressClass; empty takes the default one of the cluster, else the oldest. One that is named and missing is waited for.',
      ),
    annotations: ruled(
      z.record(z.string(), freeText(1024)).meta({ maxProperties: 30 }),
      ...annotationRules,
    )
      .default({})
      .describe('Annotations of the Ingress; they win over the ones that the policy makes.'),
  })
  .prefault({})
  .describe('The Ingress <store>-ingress.');

interface Hsts {
  readonly maxAgeSeconds: number;
  readonly includeSubdomains: boolean;
  readonly preload: boolean;
}

/** What https://hstspreload.org asks for; browsers take years to forget a preloaded name. */
const preloadIsMeant: Rule<Hsts> = {
  cel: '!self.preload || (self.includeSubdomains && self.maxAgeSeconds >= 31536000)',
  holds: ({ preload, includeSubdomains, maxAgeSeconds }) =>
    !preload || (includeSubdomains && maxAgeSeconds >= 31_536_000),
  message:
    'needs includeSubdomains: true and maxAgeSeconds of 31536000 or more, as the preload list does: write both, or preload: false',
  field: 'preload',
};

const hsts = ruled(
  z.object({
    maxAgeSeconds: z
      .int()
      .min(0)
      .max(126_144_000)
      .default(63_072_000)
      .describe('How long browsers insist on https after a visit; 0 makes them forget it.'),
    includeSubdomains: z
      .boolean()
      .default(false)
      .describe('Insist on https for every name below the hosts too.'),
    preload: z
      .boolean()
      .default(false)
      .describe('Allow browsers to ship with the hosts in their lists, https://hstspreload.org.'),
  }),
  preloadIsMeant,
)
  .prefault({})
  .describe('Strict-Transport-Security of the page and of the API, RFC 6797.');

interface Exposed {
  readonly mode: string;
  readonly gateway: GatewaySpec;
}

const gatewayIsNamed: Rule<Exposed> = {
  cel: `self.mode != 'Gateway' || self.gateway.parentRef.name != '' || self.gateway.gatewayClassName != ''`,
  holds: ({ mode, gateway }) => mode !== 'Gateway' || namesGateway(gateway),
  message:
    'must name a Gateway when mode is Gateway: write parentRef.name, or attach: Gateway with gatewayClassName',
  field: 'gateway',
};

/** Schema of `spec.exposure`. */
export const exposureSpec = ruled(
  z.object({
    mode: z
      .enum(['Auto', 'Ingress', 'Gateway', 'None'])
      .default('Auto')
      .describe(
        'Auto: the Gateway that is named below where the cluster has the Gateway API, else an Ingress as soon as it has an IngressClass. Ingress, Gateway: that one, and the store is not Ready without its class, Gateway or API. None: neither; the Services are reached some other way.',
      ),
    ingress,
    gateway: gatewaySpec,
    policy: z
      .object({
        httpsRedirect: z
          .boolean()
          .default(true)
          .describe('Send visitors of http to https; without effect when spec.tls.mode is Off.'),
        hsts,
        maxBodySize: patternedString(
          8,
          '^[1-9][0-9]{0,4}(Ki|Mi|Gi)$',
          'must be a size such as 512Ki or 1Mi, a whole number with Ki, Mi or Gi',
        )
          .default('1Mi')
          .describe(
            'Largest request body that is let through to the shop. The API has limits of its own below that: 64Ki, and 1Mi for a product import.',
          ),
        requestTimeoutSeconds: z
          .int()
          .min(1)
          .max(3600)
          .default(30)
          .describe(
            'How long the ingress controller or Gateway waits for an answer, where it can be told. The API ends a request that takes 15 s to arrive by itself.',
          ),
      })
      .prefault({})
      .describe('What holds between shoppers and the shop.'),
  }),
  gatewayIsNamed,
)
  .prefault({})
  .describe('How shoppers reach the store: /api goes to the API, everything else to the page.');

/** `spec.exposure` after defaults. */
export type ExposureSpec = z.output<typeof exposureSpec>;
