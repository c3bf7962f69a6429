// Nodes for test files of the end-to-end project.

import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import { ensureGoProgram } from '../../dev/binaries/go-build.ts';
import { goDirective, readGoMod } from '../../dev/binaries/go-program.ts';
import type { GoProgram } from '../../dev/binaries/go-program.ts';
import { realHost } from '../../dev/binaries/host-probes.ts';
import { writeOciArchive } from '../../dev/images/oci-archive.ts';
import type { NodeOptions, RealNode } from '../../dev/node/real-node.ts';
import { startNode } from '../../dev/node/start-node.ts';

const startTimeoutMs = 240_000;

/** `describe`, skipped where no node can run. */
export const describeNode = describe.skipIf(inject('nodeObstacle') !== '');

/** A node for the tests of the current `describe`. */
export function withNode(options: NodeOptions = {}): () => RealNode {
  let node: RealNode | undefined;
  beforeAll(async () => {
    node = await startNode(options);
  }, startTimeoutMs);
  afterAll(() => node?.stop());
  return () => {
    if (node === undefined) throw new Error('the node exists inside of tests and hooks only');
    return node;
  };
}

/** Name of the image with the program of `test/e2e/node/probe`. */
export const probeImage = 'localhost/probe:1';

/** Path of its archive, made on first use. */
export async function probeArchive(): Promise<string> {
  const outcome = await ensureGoProgram(probeProgram(), {
    host: realHost(),
    onMessage: () => undefined,
  });
  if ('why' in outcome) throw new Error(`no probe: ${outcome.why}`);
  const path = `${outcome.file}.tar`;
  if (existsSync(path)) return path;
  mkdirSync(tmpdir(), { recursive: true });
  await writeOciArchive({
    path,
    name: probeImage,
    architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
    layers: [[{ kind: 'file', path: '/probe', mode: 0o755, from: outcome.file }]],
    config: {
      user: '10001:10001',
      entrypoint: ['/probe'],
      cmd: ['serve'],
      env: {},
      workdir: '/',
      ports: [8080],
    },
  });
  return path;
}

function probeProgram(): GoProgram {
  const moduleFolder = fileURLToPath(new URL('../e2e/node/probe', import.meta.url));
  return {
    name: 'probe',
    title: 'the probe',
    moduleFolder,
    packagePath: '.',
    ldflags: '-s -w',
    goVersion: goDirective(readGoMod(moduleFolder)),
    expectation: 'seconds',
  };
}

/** Everything of the host that a node could change, as text to compare. */
export function hostState(): Record<string, string> {
  return {
    sysctls: execFileSync('sysctl', ['--all', '--ignore'], { encoding: 'utf8', stdio: 'pipe' })
      .split('\n')
      .filter((line) => !volatileSysctl.test(line))
      .join('\n'),
    rules: execFileSync('iptables-save', { encoding: 'utf8' }).replaceAll(
      /^#.*$|\[\d+:\d+\]/gm,
      '',
    ),
    sets: execFileSync('ipset', ['list', '--name'], { encoding: 'utf8' }),
    mounts: readFileSync('/proc/self/mounts', 'utf8'),
    links: execFileSync('ip', ['--oneline', 'address'], { encoding: 'utf8' }),
    routes: execFileSync('ip', ['route', 'show', 'table', 'all'], { encoding: 'utf8' }),
    cgroups: remains('/sys/fs/cgroup')
      .concat(
        readdirSync('/sys/fs/cgroup').flatMap((name) => remains(join('/sys/fs/cgroup', name))),
      )
      .join('\n'),
    folders: remains(tmpdir()).join('\n'),
    systemFolders: ['/var/lib', '/var/log', '/opt', '/etc', '/run', '/usr/libexec']
      .flatMap((folder) => entries(folder).map((name) => join(folder, name)))
      .join('\n'),
  };
}

/** Counters and random numbers, which change by themselves. */
const volatileSysctl =
  /^(kernel\.random\.|kernel\.ns_last_pid|kernel\.pty\.nr|fs\.(dentry-state|file-nr|inode-|quota|aio-nr)|kernel\.sched_domain|net\.netfilter\.nf_conntrack_count|kernel\.tainted|dev\.)/;

function remains(folder: string): string[] {
  return entries(folder).filter((name) => name.startsWith('dhakacart-node-'));
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}
