import type { ApiConfig } from '../../../storefront-api/config.ts';
import { databaseSettings } from '../../../storefront-api/database-config.ts';
import { aShopConfig } from '../../support/shop-config.ts';

/** Settings of an API under measurement: as in production, with limits that the load does not meet. */
export function benchConfig(url: string): ApiConfig {
  return {
    port: 0,
    metricsPort: 0,
    logLevel: 'info',
    shop: aShopConfig({ storeName: 'bench', allowedOrigins: ['https://shop.example.com'] }),
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
