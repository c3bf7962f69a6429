import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../cluster/run-command.ts';
import { withBuildLock } from './build-lock.ts';
import { cacheFolder } from './go-program.ts';
import type { HostProbes } from './host-probes.ts';
import type { ReleaseSources } from './release-files.ts';
import { DownloadError, downloadText, downloadVerified } from './verified-download.ts';

const unpackTimeoutMs = 60_000;
const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** A program that its project publishes, for Linux, in an archive of a release on GitHub. */
export interface ReleasedProgram {
  /** Its file name, which is also that in the archive. */
  readonly name: string;
  /** Such as `coredns/coredns`. */
  readonly project: string;
  /** Such as `v1.15.0`. */
  readonly tag: string;
  /** The archive's file name for `amd64` or `arm64`. */
  readonly asset: (arch: string) => string;
}

/** The machine, the places to download from, and where messages go. */
export interface ReleasedProgramEnvironment {
  readonly host: HostProbes;
  readonly sources: ReleaseSources;
  readonly onMessage: (line: string) => void;
}

/**
 * The program from the cache folder, downloaded first when it is not there; or why it cannot be had, within seconds
 * where there is no network. Its SHA-256 is the one that GitHub publishes for the file.
 */
export async function releasedProgram(
  program: ReleasedProgram,
  { host, sources, onMessage }: ReleasedProgramEnvironment,
): Promise<{ readonly file: string } | { readonly why: string }> {
  const arch = goArchitectures[host.arch];
  if (host.platform !== 'linux' || arch === undefined) {
    return { why: `no release is published for ${host.platform} on ${host.arch}` };
  }
  const file = join(cacheFolder(host), 'releases', `${program.name}-${program.tag}-${arch}`);
  const wait = (pid: number): void => onMessage(`process ${pid} downloads it; waiting`);
  try {
    await withBuildLock(`${file}.lock`, wait, async () => {
      if (!host.exists(file)) await fetchProgram(program, { sources, file, arch, onMessage });
    });
    return { file };
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    return { why: error.message };
  }
}

interface FetchRequest {
  readonly sources: ReleaseSources;
  readonly file: string;
  readonly arch: string;
  readonly onMessage: (line: string) => void;
}

async function fetchProgram(program: ReleasedProgram, request: FetchRequest): Promise<void> {
  const { sources, file, arch, onMessage } = request;
  const asset = program.asset(arch);
  const api = `${sources.githubApi}/repos/${program.project}/releases/tags/${program.tag}`;
  const sha256 = publishedDigest(await downloadText(api), asset);
  const url = `${sources.github}/${program.project}/releases/download/${program.tag}/${asset}`;
  if (sha256 === undefined) throw new DownloadError(`no checksum is published for ${url}`);
  onMessage(`downloading ${program.name} ${program.tag}`);
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = mkdtempSync(`${file}.unfinished-`);
  try {
    const archive = join(unfinished, 'archive');
    await downloadVerified(url, archive, sha256);
    const args = ['-xzf', archive, '-C', unfinished, program.name];
    const { code, stderr } = await runCommand({ file: 'tar', args, timeoutMs: unpackTimeoutMs });
    if (code !== 0) throw new DownloadError(`${url} cannot be unpacked: ${stderr.trim()}`);
    renameSync(join(unfinished, program.name), file);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/**
 * The SHA-256 of a file in the description of a release, lower-case hex
 * (https://github.blog/changelog/2025-06-03-releases-now-expose-digests-for-release-assets/). Pure.
 */
export function publishedDigest(release: string, asset: string): string | undefined {
  const { assets = [] } = JSON.parse(release) as {
    readonly assets?: readonly { readonly name: string; readonly digest?: string | null }[];
  };
  const digest = assets.find(({ name }) => name === asset)?.digest ?? '';
  return /^sha256:([0-9a-f]{64})$/i.exec(digest)?.[1]?.toLowerCase();
}
