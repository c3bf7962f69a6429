import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { realHost } from '../../../dev/binaries/host-probes.ts';
import { releasedProgram } from '../../../dev/binaries/released-program.ts';

const program = {
  name: 'router',
  project: 'somebody/router',
  tag: 'v1.2.3',
  asset: (arch: string) => `router_linux_${arch}.tar.gz`,
};
const description = '/repos/somebody/router/releases/tags/v1.2.3';
const archive = '/somebody/router/releases/download/v1.2.3/router_linux_arm64.tar.gz';

describe('a program that its project publishes', () => {
  let folder: string;
  let server: Server;
  let published: Map<string, string | Buffer>;
  let requests: number;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dhakacart-test-'));
    writeFileSync(join(folder, 'router'), 'the program');
    execFileSync('tar', ['-czf', join(folder, 'a.tgz'), '-C', folder, 'router']);
    const content = readFileSync(join(folder, 'a.tgz'));
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const assets = [{ name: 'router_linux_arm64.tar.gz', digest }];
    published = new Map<string, string | Buffer>([
      [description, JSON.stringify({ assets })],
      [archive, content],
    ]);
    requests = 0;
    server = createServer(({ url = '' }, response) => {
      requests += 1;
      const found = published.get(url);
      response.writeHead(found === undefined ? 404 : 200).end(found);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });

  function attempt(host: Partial<ReturnType<typeof realHost>> = {}) {
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return releasedProgram(program, {
      host: {
        ...realHost(),
        env: { DHAKACART_CACHE: join(folder, 'cache') },
        platform: 'linux',
        arch: 'arm64',
        ...host,
      },
      sources: { kubernetes: base, github: base, githubApi: base },
      onMessage: () => undefined,
    });
  }

  it('is downloaded, verified and unpacked once', async () => {
    const outcome = await attempt();
    if ('why' in outcome) throw new Error(outcome.why);
    expect(readFileSync(outcome.file, 'utf8')).toBe('the program');
    expect(requests).toBe(2);
    expect(await attempt()).toEqual(outcome);
    expect(requests).toBe(2);
  });

  it.each([
    ['has other bytes than published', archive, 'something else', 'not used'],
    ['has no published checksum', description, '{"assets":[]}', 'no checksum is published'],
    [
      'has a checksum of another kind',
      description,
      '{"assets":[{"name":"router_linux_arm64.tar.gz","digest":"md5:1"}]}',
      'no checksum',
    ],
  ])('is not used when it %s', async (_, path, content, why) => {
    published.set(path, content);
    expect(await attempt()).toEqual({ why: expect.stringContaining(why) });
    const left = readdirSync(join(folder, 'cache', 'releases'), { recursive: true });
    expect(left).toEqual([]);
  });

  it('cannot be had for another system or without a release', async () => {
    expect(await attempt({ platform: 'darwin' })).toHaveProperty('why');
    published.delete(description);
    expect(await attempt()).toEqual({ why: expect.stringContaining('404') });
  });
});
