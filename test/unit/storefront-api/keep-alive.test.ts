import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { serverLimits } from '../../../storefront-api/http-server.ts';

const nginx = readFileSync(
  new URL('../../../storefront-web/nginx/nginx.conf', import.meta.url),
  'utf8',
);
/** https://doc.traefik.io/traefik/reference/routing-configuration/http/load-balancing/serverstransport/, idleConnTimeout. */
const traefikIdleMs = 90_000;

it('an idle connection is closed by the proxy in front, not by the API or the page', () => {
  const [, seconds] = /keepalive_timeout (\d+)s;/.exec(nginx) ?? [];
  expect(Number(seconds) * 1_000).toBe(serverLimits.keepAliveMs);
  expect(serverLimits.keepAliveMs).toBeGreaterThan(traefikIdleMs);
});
