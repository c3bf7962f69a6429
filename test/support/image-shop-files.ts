// Files and numbers of a shop that is put together from assembled images in one network.
import { readFileSync } from 'node:fs';
import type { ImageName } from '../../dev/images/image-plan.ts';
import { aShopConfig } from './shop-config.ts';

/** Of the database's owner. */
export const password = 'a-password-of-the-owner';
/** Where the API listens; the page has 8080. */
export const apiPort = 8081;
/** Where the page is. */
export const page = 'http://127.0.0.1:8080';
/** User and group of each image. */
export const userIds: Readonly<Record<ImageName, number>> = {
  postgres: 999,
  'storefront-api': 65_532,
  'storefront-web': 101,
  operator: 65_532,
};
/** What the API reads. */
export const apiFiles = {
  'config.json': JSON.stringify(aShopConfig({ allowedOrigins: [page] })),
  'jwks.json': JSON.stringify({
    keys: [{ kty: 'oct', kid: '1', alg: 'HS256', k: 'x'.repeat(64) }],
  }),
  secret: 'x'.repeat(64),
  password,
};
/** What the store's ConfigMap would hold, and the way to the API that an Ingress would be. */
export const webFiles = {
  'config.json': readFileSync(
    new URL('../../storefront-web/config/config.json', import.meta.url),
    'utf8',
  ),
  'store.conf': `location /api/ {
    proxy_pass http://127.0.0.1:${apiPort};
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $remote_addr;
  }`,
};
