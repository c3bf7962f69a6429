// Examples for the scalars whose text has a form; `store-cases.ts` explains the table.
import type { StoreCase } from './store-cases.ts';

const label63 = 'a'.repeat(63);
const resources = (fields: object): object => ({ web: { resources: fields } });
const origins = (...allowedOrigins: string[]): object => ({
  security: { cors: { allowedOrigins } },
});
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const versionMessage = 'must be a semantic version such as 1.2.3';
const hostMessage =
  'must be a DNS name such as shop.example.com, lower case, without scheme, port or path';
const originMessage = 'must be an origin such as https://app.example.com';
const cpuMessage = 'must be a CPU quantity above 0, such as 250m, 1 or "1.5"';
const memoryMessage = 'must be a memory quantity above 0, such as 256Mi or 1Gi';
const imageMessage = 'must be empty or an image with a tag or digest';
const objectNameMessage = 'must be the name of an object: lower-case letters';

/** Scalars whose text has a form. */
export const formatCases: readonly StoreCase[] = [
  ...['v1.0.0', '1.0', '1.0.0+build', '01.0.0', '1.0.0-', 'latest', ''].map((version) => ({
    title: `version: not ${JSON.stringify(version)}`,
    accepted: { version: '1.3.0-rc.1' },
    refused: { version },
    path: 'version',
    message: versionMessage,
  })),
  ...[
    'https://shop.example.com',
    'shop.example.com/cart',
    'shop.example.com:443',
    'Shop.example.com',
    'localhost',
    '10.0.0.1',
    '*.example.com',
    '-shop.example.com',
    `${label63}a.example.com`,
    '',
  ].map((host) => ({
    title: `hosts: not ${JSON.stringify(host)}`,
    accepted: { hosts: ['a.bd', `${label63}.example.com`, 'xn--45be8a7d.example.com'] },
    refused: { hosts: [host] },
    path: 'hosts[0]',
    message: hostMessage,
  })),
  ...['https://ghcr.io/shop', 'ghcr.io/shop/', 'ghcr.io/shop:1.0.0', 'GHCR.io/shop', ''].map(
    (imageRepository) => ({
      title: `imageRepository: not ${JSON.stringify(imageRepository)}`,
      accepted: { imageRepository: 'registry.example.com:5000/team/shop' },
      refused: { imageRepository },
      path: 'imageRepository',
      message: 'must be a registry path such as ghcr.io/dhakacart',
    }),
  ),
  {
    title: 'imagePullSecrets: names of objects',
    accepted: { imagePullSecrets: ['registry-credentials', 'a.b'] },
    refused: { imagePullSecrets: ['Registry_Credentials'] },
    path: 'imagePullSecrets[0]',
    message: objectNameMessage,
  },
  ...[
    'shop',
    'ghcr.io/shop/api',
    'ghcr.io/shop/api:',
    'ghcr.io/shop/:1.0.0',
    'ghcr.io//api:1.0.0',
    'ghcr.io/shop-/api:1.0.0',
    `ghcr.io/shop/api@${digest}0`,
  ].map((image) => ({
    title: `image: not ${JSON.stringify(image)}`,
    accepted: {
      api: { image: `ghcr.io/shop/api:1.0.0@${digest}` },
      web: { image: `localhost:5000/web@${digest}` },
    },
    refused: { api: { image } },
    path: 'api.image',
    message: imageMessage,
  })),
  ...[
    'http://a.example.com',
    'https://a.example.com/',
    'https://A.example.com',
    'https://a.example.com:65536',
    'https://10.0.0.256:8443',
    'https://1.2.3.999',
    'https://10.0.0.07',
    'https://a.example.0x1',
    '*',
    'null',
  ].map((origin) => ({
    title: `allowedOrigins: not ${JSON.stringify(origin)}`,
    accepted: origins(
      'https://a.example.com',
      'https://4.example.com:8443',
      'https://localhost',
      'https://10.0.0.255:8443',
    ),
    refused: origins(origin),
    path: 'security.cors.allowedOrigins[0]',
    message: originMessage,
  })),
  {
    title: 'allowedOrigins: without the port that browsers leave out',
    accepted: origins('https://a.example.com:4443', 'https://a.example.com:65535'),
    refused: origins('https://a.example.com:443'),
    path: 'security.cors.allowedOrigins[0]',
    message: 'must not name port 443, which browsers leave out of an origin: remove :443',
  },
  ...['0', 0, '0m', '256Mi', '1.0001', '-1', -1, '', '1e3'].map((cpu) => ({
    title: `cpu: not ${JSON.stringify(cpu)}`,
    accepted: resources({ limits: { cpu: 2 }, requests: { cpu: '1.5' } }),
    refused: resources({ limits: { cpu } }),
    path: 'web.resources.limits.cpu',
    message: cpuMessage,
  })),
  ...['128m', '0Mi', '64 Mi', '64mi', '1Pi', ''].map((memory) => ({
    title: `memory: not ${JSON.stringify(memory)}`,
    accepted: resources({ limits: { memory: '1.5Gi' }, requests: { memory: 67_108_864 } }),
    refused: resources({ limits: { memory } }),
    path: 'web.resources.limits.memory',
    message: memoryMessage,
  })),
  {
    title: 'requests.cpu: a quantity',
    accepted: resources({ requests: { cpu: '50m' } }),
    refused: resources({ requests: { cpu: 'half' } }),
    path: 'web.resources.requests.cpu',
    message: cpuMessage,
  },
  {
    title: 'requests.memory: a quantity',
    accepted: resources({ requests: { memory: '32Mi' } }),
    refused: resources({ requests: { memory: '32MB' } }),
    path: 'web.resources.requests.memory',
    message: memoryMessage,
  },
  {
    title: 'priorityClassName: the name of an object',
    accepted: { api: { scheduling: { priorityClassName: 'shop-critical' } } },
    refused: { api: { scheduling: { priorityClassName: 'Shop critical' } } },
    path: 'api.scheduling.priorityClassName',
    message: 'must be the name of a PriorityClass, or empty',
  },
];
