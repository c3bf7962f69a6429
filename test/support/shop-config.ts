import type { ShopConfig } from '../../storefront-api/config.ts';

const generous = { requests: 1_000_000, windowSeconds: 1 };

/** `config.json` of a shop on loopback that limits nobody, and changes to it. */
export function aShopConfig(change: Partial<ShopConfig> = {}): ShopConfig {
  return {
    storeName: 'dhaka',
    hosts: ['127.0.0.1'],
    allowedOrigins: [],
    rateLimits: {
      browse: generous,
      write: generous,
      login: generous,
      reset: generous,
      checkout: generous,
    },
    sessions: { absoluteSeconds: 86_400, accessTokenSeconds: 900, idleSeconds: 43_200 },
    trustedProxyHops: 1,
    strictTransportSecurity: 'max-age=63072000; includeSubDomains',
    maintenance: { mode: 'Off', message: { en: '', bn: '' } },
    ...change,
  };
}
