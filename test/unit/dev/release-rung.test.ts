import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controlPlaneProgram, moduleVersion } from '../../../dev/binaries/go-program.ts';
import { realHost } from '../../../dev/binaries/host-probes.ts';
import type { RungOutcome } from '../../../dev/binaries/ladder.ts';
import { releaseRung } from '../../../dev/binaries/release-rung.ts';

const program = controlPlaneProgram();
const goMod = readFileSync(join(program.moduleFolder, 'go.mod'), 'utf8');
const kubernetes = moduleVersion(goMod, 'k8s.io/kubernetes');
const etcd = moduleVersion(goMod, 'go.etcd.io/etcd/server/v3');
const kwok = moduleVersion(goMod, 'sigs.k8s.io/kwok');

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

describe('the rung of upstream releases', () => {
  let folder: string;
  let server: Server;
  let base: string;
  let published: Map<string, string | Buffer>;
  let asked: string[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dhakacart-test-'));
    published = publishedFiles(folder);
    asked = [];
    server = createServer(({ url = '' }, response) => {
      asked.push(url);
      const content = published.get(url);
      response.writeHead(content === undefined ? 404 : 200).end(content);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
  });

  function attempt(host: Partial<ReturnType<typeof realHost>> = {}): Promise<RungOutcome> {
    return releaseRung(program, {
      host: {
        ...realHost(),
        env: { DHAKACART_CACHE: join(folder, 'cache') },
        platform: 'linux',
        arch: 'x64',
        ...host,
      },
      sources: { kubernetes: base, github: base, githubApi: base },
      onMessage: () => undefined,
    });
  }

  it('downloads, verifies and unpacks everything, and needs no network the next time', async () => {
    const outcome = await attempt();
    const file = expect.stringMatching(/releases\/.*-amd64\/etcd$/);
    expect(outcome).toMatchObject({ found: { binaries: { commands: { etcd: { file } } } } });
    const binaries =
      'found' in outcome && outcome.found.kind === 'binaries' && outcome.found.binaries;
    if (binaries === false) throw new Error('no binaries');
    expect(Object.keys(binaries.commands)).toHaveLength(6);
    expect(readFileSync(binaries.commands.etcd?.file ?? '', 'utf8')).toBe('the program etcd');
    expect(await binaries.kwokStages?.()).toBe('the rules');
    asked = [];
    expect(await attempt()).toHaveProperty('found');
    expect(asked).toEqual([]);
  });

  it('keeps nothing of a file with another checksum than the published one', async () => {
    published.set(`/release/${kubernetes}/bin/linux/amd64/kubectl`, 'something else');
    expect(await attempt()).toEqual({ skipped: expect.stringContaining('not used') });
    expect(readdirSync(join(folder, 'cache', 'releases'))).toEqual([]);
  });

  it.each([
    [`/release/${kubernetes}/bin/linux/amd64/kube-apiserver.sha256`, 'answers 404'],
    [`/repos/kubernetes-sigs/kwok/releases/tags/${kwok}`, 'answers 404'],
  ])('is skipped without %s', async (path, why) => {
    published.delete(path);
    expect(await attempt()).toEqual({ skipped: expect.stringContaining(why) });
  });

  it('does not trust a release file without a checksum', async () => {
    const assets = [{ name: 'kwok-linux-amd64', digest: null }];
    published.set(`/repos/kubernetes-sigs/kwok/releases/tags/${kwok}`, JSON.stringify({ assets }));
    expect(await attempt()).toEqual({ skipped: expect.stringContaining('no checksum') });
  });

  it('is skipped within seconds when there is no network', async () => {
    server.close();
    const startedAt = performance.now();
    expect(await attempt()).toEqual({ skipped: expect.stringContaining('cannot be reached') });
    expect(performance.now() - startedAt).toBeLessThan(3_500);
  });

  it('gives up after three seconds when nobody answers', async () => {
    server.removeAllListeners('request');
    const startedAt = performance.now();
    expect(await attempt()).toEqual({
      skipped: expect.stringContaining('does not answer in time'),
    });
    expect(performance.now() - startedAt).toBeLessThan(4_500);
  });

  it('exists for Linux alone', async () => {
    expect(await attempt({ platform: 'darwin' })).toEqual({
      skipped: expect.stringContaining('none are published for darwin'),
    });
  });
});

/** What the projects publish, as paths of one server. */
function publishedFiles(folder: string): Map<string, string | Buffer> {
  const files = new Map<string, string | Buffer>();
  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl']) {
    const path = `/release/${kubernetes}/bin/linux/amd64/${name}`;
    files.set(path, `the program ${name}`);
    files.set(`${path}.sha256`, sha256(`the program ${name}`));
  }
  const archive = etcdArchive(folder);
  const etcdFolder = `/etcd-io/etcd/releases/download/${etcd}`;
  files.set(`${etcdFolder}/etcd-${etcd}-linux-amd64.tar.gz`, archive);
  const sums = [`${sha256('x')}  etcd-${etcd}-linux-arm64.tar.gz`];
  sums.push(`${sha256(archive)}  etcd-${etcd}-linux-amd64.tar.gz`);
  files.set(`${etcdFolder}/SHA256SUMS`, sums.join('\n'));

  const kwokFiles = { 'kwok-linux-amd64': 'the program kwok', 'stage-fast.yaml': 'the rules' };
  const assets = Object.entries(kwokFiles).map(([name, content]) => {
    files.set(`/kubernetes-sigs/kwok/releases/download/${kwok}/${name}`, content);
    return { name, digest: `sha256:${sha256(content)}` };
  });
  files.set(`/repos/kubernetes-sigs/kwok/releases/tags/${kwok}`, JSON.stringify({ assets }));
  return files;
}

function etcdArchive(folder: string): Buffer {
  const name = `etcd-${etcd}-linux-amd64`;
  mkdirSync(join(folder, name));
  writeFileSync(join(folder, name, 'etcd'), 'the program etcd');
  const archive = join(folder, 'etcd.tar.gz');
  execFileSync('tar', ['-czf', archive, '-C', folder, name]);
  return readFileSync(archive);
}
