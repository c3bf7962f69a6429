import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import { configFiles } from '../../../../operator/desired/config-map.ts';
import { maintenancePage, webServerText } from '../../../../operator/desired/web-server.ts';
import { aStore } from '../../../support/a-store.ts';
import { hasNginx, type RunningNginx, startNginx } from '../../../support/nginx.ts';

const closed = (message: object = {}): Partial<StoreSpecInput> => ({
  maintenance: { mode: 'Full', message },
});
const ipv4 = { servesIpv6: false };
const hosts = ['shop.example.com', 'www.example.com'];

describe('what nginx is told of a store', () => {
  it('never holds text of the owner, which could end a directive', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        const words = { en: text, bn: text };
        const wordless = webServerText(aStore({ spec: closed() }), ipv4);
        expect(webServerText(aStore({ spec: closed(words) }), ipv4)).toBe(wordless);
      }),
    );
  });

  it('has it listen for IPv6 too where the Service of the page has such an address', () => {
    const listens = (servesIpv6: boolean): boolean =>
      webServerText(aStore(), { servesIpv6 }).includes('\nlisten [::]:8080 default_server;\n');
    expect([listens(false), listens(true)]).toEqual([false, true]);
  });

  it('is a page that says what the owner says, and cannot be made to say it in markup', () => {
    const page = maintenancePage(
      aStore({ spec: closed({ en: 'Back at 6 <b>"sharp"</b> & later', bn: 'ছয়টায় খুলবে' }) }),
    );
    expect(page).toContain(
      '<p lang="en">Back at 6 &lt;b&gt;&quot;sharp&quot;&lt;/b&gt; &amp; later</p>',
    );
    expect(page).toContain('<p lang="bn">ছয়টায় খুলবে</p>');
  });

  it('has words of its own, in both languages', () => {
    const page = maintenancePage(aStore({ spec: closed() }));
    expect(page).toContain('The shop is closed for maintenance.');
    expect(page).toContain('রক্ষণাবেক্ষণের জন্য');
  });

  it.each(['Off', 'ReadOnly'] as const)('has no such page while the shop is open: %s', (mode) => {
    const files = configFiles(aStore({ spec: { maintenance: { mode } } }), 'web', ipv4);
    expect(Object.keys(files)).toEqual(['config.json', 'store.conf']);
  });
});

describe.skipIf(!hasNginx())('a real nginx (skipped where it is not installed)', () => {
  let nginx: RunningNginx | undefined;
  afterEach(async () => {
    await nginx?.stop();
    nginx = undefined;
  });

  const serve = async (spec: Partial<StoreSpecInput>): Promise<void> => {
    nginx = await startNginx(configFiles(aStore({ spec: { hosts, ...spec } }), 'web', ipv4));
  };
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(`${nginx?.url}${path}`, { headers, redirect: 'manual' });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
  const overHttps = { 'x-forwarded-proto': 'https' };
  const overHttp = { 'x-forwarded-proto': 'http', host: 'shop.example.com' };

  it('serves the page over https, with the HSTS of the store', async () => {
    await serve({
      exposure: { policy: { hsts: { maxAgeSeconds: 31_536_000, includeSubdomains: true } } },
    });
    const answer = await ask('/product/7', overHttps);
    expect(answer).toMatchObject({ status: 200, text: 'the page' });
    expect(answer.headers.get('strict-transport-security')).toBe(
      'max-age=31536000; includeSubDomains',
    );
  });

  it('sends visitors of http to https, with path and query, and tells them nothing of HSTS', async () => {
    await serve({});
    const answer = await ask('/search?q=tea&page=2', overHttp);
    expect(answer.status).toBe(308);
    expect(answer.headers.get('location')).toMatch(/^https:\/\/[^/]+\/search\?q=tea&page=2$/);
    expect(answer.headers.get('strict-transport-security')).toBeNull();
  });

  it('answers probes, which come without a proxy', async () => {
    await serve(closed());
    expect(await ask('/healthz')).toMatchObject({ status: 200, text: 'ok' });
  });

  it.each([
    ['the owner wants no redirect', { exposure: { policy: { httpsRedirect: false } } }],
    ['TLS is off', { tls: { mode: 'Off' } }],
  ] as const)('serves over http when %s', async (_why, spec) => {
    await serve(spec);
    expect(await ask('/', overHttp)).toMatchObject({ status: 200, text: 'the page' });
  });

  it.each(['/', '/product/7', '/config.json', '/healthz/x'])(
    'is closed in full maintenance: %s',
    async (path) => {
      await serve(closed({ en: 'Back $request_uri "at six"; }' }));
      const answer = await ask(path, overHttps);
      expect(answer.status).toBe(503);
      expect(answer.text).toContain('Back $request_uri &quot;at six&quot;; }');
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'retry-after': '120',
        'cache-control': 'no-store',
        'strict-transport-security': 'max-age=63072000',
      });
    },
  );
});
