import { afterEach, describe, expect, it } from 'vitest';
import type { ShopConfig } from '../../../storefront-api/config.ts';
import type { RunningApi } from '../../../storefront-api/start-api.ts';
import { aConfig, fetchFrom, seededDatabase, startedApi } from '../../support/storefront.ts';

type Mode = ShopConfig['maintenance']['mode'];

describe('a shop in maintenance', () => {
  let api: RunningApi | undefined;
  afterEach(() => api?.stop());

  async function start(mode: Mode, message = { en: '', bn: '' }): Promise<RunningApi> {
    const url = await seededDatabase();
    const { shop } = aConfig(url);
    api = await startedApi(url, {
      config: aConfig(url, { shop: { ...shop, maintenance: { mode, message } } }),
    });
    return api;
  }

  const write = (running: RunningApi, headers: Record<string, string> = {}): Promise<Response> =>
    fetchFrom(running, '/api/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ email: 'a@example.com', password: 'a good password' }),
    });

  it('ReadOnly: is browsed, and nothing in it can be changed', async () => {
    const running = await start('ReadOnly', { en: 'Moving house until 6 pm', bn: '' });
    expect((await fetchFrom(running, '/api/products')).status).toBe(200);
    const refused = await write(running);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('120');
    expect(await refused.json()).toMatchObject({
      type: 'urn:dhakacart:problem:maintenance',
      detail: 'Moving house until 6 pm',
    });
  });

  it('Full: answers nothing of its own, in the language of the shopper, and stays alive', async () => {
    const running = await start('Full');
    const refused = await fetchFrom(running, '/api/products', {
      headers: { 'accept-language': 'bn' },
    });
    expect([refused.status, refused.headers.get('content-language')]).toEqual([503, 'bn']);
    expect(((await refused.json()) as { detail: string }).detail).toContain('রক্ষণাবেক্ষণ');
    for (const path of ['/health', '/ready', '/api/openapi.json'])
      expect([path, (await fetchFrom(running, path)).status]).toEqual([path, 200]);
  });

  it('Off: serves', async () => {
    const running = await start('Off');
    expect((await fetchFrom(running, '/api/products')).status).toBe(200);
  });
});
