// Accepted and refused examples for `spec.exposure` and `spec.tls`; the table is read with the others of store-cases.ts.
import type { StoreCase } from './store-cases.ts';

const annotations = (...keys: readonly string[]): object => ({
  exposure: {
    ingress: { annotations: Object.fromEntries(keys.map((key) => [key, 'a'])) },
  },
});
const hsts = (fields: object): object => ({ exposure: { policy: { hsts: fields } } });
const tls = (fields: object): object => ({ tls: fields });
const path = 'exposure.ingress.annotations';
const many = (size: number): object =>
  annotations(...Array.from({ length: size }, (_, index) => `example.com/key-${index}`));

/** Annotations that put text into a controller's configuration, of each controller that has any. */
const injecting = [
  'nginx.ingress.kubernetes.io/configuration-snippet',
  'nginx.ingress.kubernetes.io/server-snippet',
  'nginx.ingress.kubernetes.io/auth-snippet',
  'nginx.ingress.kubernetes.io/stream-snippet',
  'nginx.ingress.kubernetes.io/modsecurity-snippet',
  'nginx.org/server-snippets',
  'nginx.org/location-snippets',
  'haproxy.org/backend-config-snippet',
  'haproxy.org/frontend-config-snippet',
  'haproxy-ingress.github.io/config-backend',
];

const reserved = [
  'kubernetes.io/ingress.class',
  'cert-manager.io/cluster-issuer',
  'acme.cert-manager.io/http01-edit-in-place',
  'dhakacart.io/anything',
  'kubectl.kubernetes.io/last-applied-configuration',
];

const annotationCases: readonly StoreCase[] = [
  ...injecting.map((key) => ({
    title: `annotations: ${key} is refused`,
    accepted: annotations('nginx.ingress.kubernetes.io/limit-rps'),
    refused: annotations('example.com/fine', key),
    path,
    message: 'must not inject configuration into the ingress controller: remove the annotation',
  })),
  ...reserved.map((key) => ({
    title: `annotations: ${key} is refused`,
    accepted: annotations('traefik.ingress.kubernetes.io/router.priority', 'cert-manager'),
    refused: annotations(key),
    path,
    message: 'must not name what the store has fields for: remove the annotation',
  })),
  ...['/rate', 'example.com/', 'a b', ''].map((key) => ({
    title: `annotations: key is not ${JSON.stringify(key)}`,
    accepted: annotations('external-dns.kubernetes.io/ttl', 'plain'),
    refused: annotations(key),
    path,
    message: 'must have annotation keys: letters, digits',
  })),
  {
    title: 'annotations: at most 30',
    accepted: many(30),
    refused: many(31),
    path,
    message: 'must have at most 30 items',
    guard: 'must have at most 30 annotations',
  },
];

const secretFormat = 'must be the name of a Secret, or empty';

/** All of them. */
export const exposureCases: readonly StoreCase[] = [
  ...annotationCases,
  {
    title: 'className',
    accepted: { exposure: { ingress: { className: 'traefik' } } },
    refused: { exposure: { ingress: { className: 'Traefik' } } },
    path: 'exposure.ingress.className',
    message: 'must be the name of an IngressClass, or empty for the default one of the cluster',
  },
  ...['1M', '0Mi', '1.5Mi', '1048576', 'Mi', '100000Mi'].map((maxBodySize) => ({
    title: `maxBodySize: not ${maxBodySize}`,
    accepted: { exposure: { policy: { maxBodySize: '99999Ki' } } },
    refused: { exposure: { policy: { maxBodySize } } },
    path: 'exposure.policy.maxBodySize',
    message: 'must be a size such as 512Ki or 1Mi',
  })),
  {
    title: 'hsts: preload needs subdomains',
    accepted: hsts({ preload: true, includeSubdomains: true }),
    refused: hsts({ preload: true }),
    path: 'exposure.policy.hsts.preload',
    message: 'needs includeSubdomains: true and maxAgeSeconds of 31536000 or more',
  },
  {
    title: 'hsts: preload needs a year',
    accepted: hsts({ preload: true, includeSubdomains: true, maxAgeSeconds: 31_536_000 }),
    refused: hsts({ preload: true, includeSubdomains: true, maxAgeSeconds: 31_535_999 }),
    path: 'exposure.policy.hsts.preload',
    message: 'needs includeSubdomains: true and maxAgeSeconds of 31536000 or more',
  },
  {
    title: 'tls: ExistingSecret names a Secret',
    accepted: tls({ mode: 'ExistingSecret', secretName: 'shop-tls' }),
    refused: tls({ mode: 'ExistingSecret' }),
    path: 'tls.secretName',
    message: 'must name a Secret when mode is ExistingSecret: write secretName, or another mode',
  },
  ...['Auto', 'SelfSigned', 'Off'].map((mode) => ({
    title: `tls: ${mode} reads no Secret of the owner`,
    accepted: tls({ mode }),
    refused: tls({ mode, secretName: 'shop-tls' }),
    path: 'tls.secretName',
    message: 'is read with mode ExistingSecret only: remove secretName',
  })),
  {
    title: 'tls: names of Secrets',
    accepted: tls({ mode: 'ExistingSecret', secretName: 'shop.example.com-tls' }),
    refused: tls({ mode: 'ExistingSecret', secretName: 'Shop' }),
    path: 'tls.secretName',
    message: secretFormat,
  },
  {
    title: 'hosts: no wildcards, which no single certificate or redirect could be sure of',
    accepted: { hosts: ['a.shop.example.com', 'b.shop.example.com'] },
    refused: { hosts: ['*.shop.example.com'] },
    path: 'hosts[0]',
    message: 'must be a DNS name such as shop.example.com',
  },
];
