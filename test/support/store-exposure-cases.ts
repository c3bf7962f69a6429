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

const email = 'tls@example.com';
const acme = (fields: object): object => tls({ mode: 'CertManager', acme: { email, ...fields } });
const route53 = (fields: object): object =>
  acme({ solver: 'DNS01', route53: { region: 'ap-south-1', ...fields } });
const issuerRef = { name: 'letsencrypt', kind: 'ClusterIssuer' };
const roleArn = 'arn:aws:iam::123456789012:role/dns';

const issuerCases: readonly StoreCase[] = [
  {
    title: 'tls: CertManager needs an issuer',
    accepted: tls({ mode: 'CertManager', issuerRef }),
    refused: tls({ mode: 'CertManager' }),
    path: 'tls.mode',
    message: 'needs to know who issues: write issuerRef or acme, or another mode',
  },
  {
    title: 'tls: one issuer, not two',
    accepted: tls({ mode: 'Auto', acme: { email } }),
    refused: tls({ mode: 'Auto', acme: { email }, issuerRef }),
    path: 'tls.acme',
    message: 'must not stand beside issuerRef: remove one of them',
  },
  ...[
    { mode: 'SelfSigned', issuerRef },
    { mode: 'Off', acme: { email } },
    { mode: 'ExistingSecret', secretName: 'shop-tls', acme: { email } },
  ].map((refused) => ({
    title: `tls: ${refused.mode} reads no issuer`,
    accepted: tls({ mode: 'Auto', issuerRef }),
    refused: tls(refused),
    path: 'tls.mode',
    message: 'reads neither issuerRef nor acme: remove them, or write mode: CertManager or Auto',
  })),
  {
    title: 'tls: CertManager reads no Secret of the owner',
    accepted: acme({}),
    refused: tls({ mode: 'CertManager', issuerRef, secretName: 'shop-tls' }),
    path: 'tls.secretName',
    message: 'is read with mode ExistingSecret only: remove secretName',
  },
  {
    title: 'tls: kinds of cert-manager',
    accepted: tls({
      mode: 'CertManager',
      issuerRef: { name: 'pca', kind: 'AWSPCAIssuer', group: 'awspca.cert-manager.io' },
    }),
    refused: tls({ mode: 'CertManager', issuerRef: { name: 'pca', kind: 'AWSPCAIssuer' } }),
    path: 'tls.issuerRef.kind',
    message: 'must be Issuer or ClusterIssuer, or of another group: write group too',
  },
  {
    title: 'tls: names of issuers',
    accepted: tls({ mode: 'CertManager', issuerRef: { name: 'ca.example.com' } }),
    refused: tls({ mode: 'CertManager', issuerRef: { name: 'CA' } }),
    path: 'tls.issuerRef.name',
    message: 'must be the name of an object: lower-case letters',
  },
  {
    title: 'tls: a kind is a word',
    accepted: tls({ mode: 'CertManager', issuerRef: { name: 'ca', kind: 'Issuer' } }),
    refused: tls({
      mode: 'CertManager',
      issuerRef: { name: 'ca', kind: 'issuer', group: 'example.com' },
    }),
    path: 'tls.issuerRef.kind',
    message: 'must be a kind such as ClusterIssuer',
  },
  {
    title: 'tls: a group of kinds',
    accepted: tls({ mode: 'CertManager', issuerRef: { name: 'ca', group: 'ca.example.com' } }),
    refused: tls({ mode: 'CertManager', issuerRef: { name: 'ca', group: 'CA' } }),
    path: 'tls.issuerRef.group',
    message: 'must be an API group such as cert-manager.io',
  },
  ...['example.com', '@example.com', 'tls@example', 'tls@-example.com', 'a b@example.com'].map(
    (wrong) => ({
      title: `acme: no address is ${wrong}`,
      accepted: acme({ email: 'a.b+tls@mail-1.example.co.uk' }),
      refused: acme({ email: wrong }),
      path: 'tls.acme.email',
      message: 'must be an e-mail address such as tls@example.com',
    }),
  ),
  ...['http://ca.example.com/directory', 'https://ca.example.com', 'ca.example.com/'].map(
    (server) => ({
      title: `acme: no directory is ${server}`,
      accepted: acme({ server: 'https://ca.example.com:9000/acme/acme/directory' }),
      refused: acme({ server }),
      path: 'tls.acme.server',
      message: 'must be an https address of a directory',
    }),
  ),
  {
    title: 'acme: profile',
    accepted: acme({ profile: 'tlsserver' }),
    refused: acme({ profile: 'tls server' }),
    path: 'tls.acme.profile',
    message: 'must be the name of a profile',
  },
  {
    title: 'acme: DNS01 needs a zone',
    accepted: route53({}),
    refused: acme({ solver: 'DNS01' }),
    path: 'tls.acme.route53',
    message: 'must be there with solver DNS01: write route53, or solver: HTTP01',
  },
  {
    title: 'acme: HTTP01 reads no zone',
    accepted: acme({ solver: 'HTTP01' }),
    refused: acme({ route53: { region: 'ap-south-1' } }),
    path: 'tls.acme.route53',
    message: 'is read with solver DNS01 only: remove route53, or write solver: DNS01',
  },
  {
    title: 'route53: one credential, not two',
    accepted: route53({ secretName: 'aws' }),
    refused: route53({ secretName: 'aws', serviceAccountName: 'dns', roleArn }),
    path: 'tls.acme.route53.secretName',
    message: 'must not stand beside serviceAccountName: remove one of them',
  },
  {
    title: 'route53: a ServiceAccount takes a role',
    accepted: route53({ serviceAccountName: 'dns', roleArn }),
    refused: route53({ serviceAccountName: 'dns' }),
    path: 'tls.acme.route53.roleArn',
    message: 'must name the IAM role that serviceAccountName takes: write roleArn',
  },
  {
    title: 'route53: region',
    accepted: route53({ region: 'us-gov-west-1' }),
    refused: route53({ region: 'Mumbai' }),
    path: 'tls.acme.route53.region',
    message: 'must be an AWS region such as ap-south-1',
  },
  {
    title: 'route53: hosted zone',
    accepted: route53({ hostedZoneID: 'Z0123456789ABCDEFGHIJ' }),
    refused: route53({ hostedZoneID: 'example.com' }),
    path: 'tls.acme.route53.hostedZoneID',
    message: 'must be the id of a hosted zone',
  },
  {
    title: 'route53: role',
    accepted: route53({ roleArn: 'arn:aws-cn:iam::123456789012:role/path/dns' }),
    refused: route53({ roleArn: 'dns' }),
    path: 'tls.acme.route53.roleArn',
    message: 'must be the ARN of a role such as',
  },
  {
    title: 'route53: names of ServiceAccounts',
    accepted: route53({ serviceAccountName: 'dns', roleArn }),
    refused: route53({ serviceAccountName: 'DNS', roleArn }),
    path: 'tls.acme.route53.serviceAccountName',
    message: 'must be the name of a ServiceAccount, or empty',
  },
  {
    title: 'route53: names of Secrets',
    accepted: route53({ secretName: 'aws' }),
    refused: route53({ secretName: 'AWS' }),
    path: 'tls.acme.route53.secretName',
    message: 'must be the name of a Secret, or empty',
  },
];

const secretFormat = 'must be the name of a Secret, or empty';

/** All of them. */
export const exposureCases: readonly StoreCase[] = [
  ...annotationCases,
  ...issuerCases,
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
    title:
      'hosts: no wildcards: links in mails, origins and the addresses in the status need names',
    accepted: { hosts: ['a.shop.example.com', 'b.shop.example.com'] },
    refused: { hosts: ['*.shop.example.com'] },
    path: 'hosts[0]',
    message: 'must be a DNS name such as shop.example.com',
  },
];
