import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../operator/config.ts';
import { serve } from '../../../operator/server.ts';
import { hasIpv6 } from '../../support/ipv6.ts';

const pages = { '/livez': () => ({ status: 200, contentType: 'text/plain', body: 'ok' }) };

/** Which loopback addresses answer when a server listens where `--metrics-bind-address` says. */
async function answering(text: string): Promise<readonly string[]> {
  const config = parseConfig([`--metrics-bind-address=${text}`], {});
  if (config === 'help') return [];
  const server = await serve(pages, config.metricsAddress);
  try {
    const asked = ['127.0.0.1', '[::1]'].map(async (host) => {
      const answer = await fetch(`http://${host}:${server.port}/livez`).catch(() => undefined);
      return answer?.ok === true ? [host] : [];
    });
    return (await Promise.all(asked)).flat();
  } finally {
    await server.close();
  }
}

describe('an address to listen on', () => {
  it.skipIf(!hasIpv6).each([
    [':0', ['127.0.0.1', '[::1]']],
    ['127.0.0.1:0', ['127.0.0.1']],
    ['[::1]:0', ['[::1]']],
    ['0.0.0.0:0', ['127.0.0.1']],
  ])('%s is reached at %j', async (text, hosts) => {
    expect(await answering(text)).toEqual(hosts);
  });

  it('that is taken is named', async () => {
    const first = await serve(pages, { host: '127.0.0.1', port: 0 });
    const again = serve(pages, { host: '127.0.0.1', port: first.port });
    await expect(again).rejects.toThrow(`cannot listen on 127.0.0.1:${first.port}: `);
    await first.close();
  });
});
