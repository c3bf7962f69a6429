import type { ApiConfig } from '../../../storefront-api/config.ts';
import { databaseSettings } from '../../../storefront-api/database-config.ts';

const wide = { requests: 1_000_000, windowSeconds: 1 };

/** Settings of an API under measurement: as in production, with limits that the load does not meet. */
export function benchConfig(url: string): ApiConfig {
  return {
    port: 0,
    metricsPort: 0,
    logLevel: 'info',
    shop: {
      storeName: 'bench',
      hosts: ['127.0.0.1'],
      allowedOrigins: ['https://shop.example.com'],
      rateLimits: { browse: wide, write: wide, login: wide, reset: wide, checkout: wide },
      sessions: { absoluteSeconds: 86_400, accessTokenSeconds: 900, idleSeconds: 43_200 },
      trustedProxyHops: 1,
      strictTransportSecurity: 'max-age=63072000; includeSubDomains',
      maintenance: { mode: 'Off', message: { en: '', bn: '' } },
    },
    signingKeys: [{ kid: 'bench', secret: Buffer.alloc(48, 7) }],
    jwtKeysFile: '',
    sessionSecret: 'a-secret-for-the-benchmark-of-the-shop',
    database: databaseSettings({ env: { DATABASE_URL: url }, readFile: () => '' }),
    mail: { delivery: 'none' },
    requireVerifiedEmail: false,
    testPayments: true,
    endpointPropagationMs: 500,
  };
}
