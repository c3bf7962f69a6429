import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../cluster/run-command.ts';
import { withBuildLock } from './build-lock.ts';
import { missingPrograms } from './control-plane-binaries.ts';
import { cacheFolder, moduleVersion } from './go-program.ts';
import type { GoProgram } from './go-program.ts';
import type { HostProbes } from './host-probes.ts';
import type { RungOutcome } from './ladder.ts';
import { folderBinaries } from './local-rungs.ts';
import { releaseFiles } from './release-files.ts';
import type { ReleaseFile, ReleaseSources, ReleaseVersions } from './release-files.ts';
import { DownloadError, downloadVerified } from './verified-download.ts';

const unpackTimeoutMs = 60_000;
const goArchitectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** The machine, the places to download from, and where messages go. */
export interface ReleaseEnvironment {
  readonly host: HostProbes;
  readonly sources: ReleaseSources;
  readonly onMessage: (line: string) => void;
}

/** What the upstream projects have built themselves, in the versions of our Go module. */
export async function releaseRung(
  program: GoProgram,
  environment: ReleaseEnvironment,
): Promise<RungOutcome> {
  const { host, onMessage, sources } = environment;
  const arch = goArchitectures[host.arch];
  if (host.platform !== 'linux' || arch === undefined) {
    return { skipped: `none are published for ${host.platform} on ${host.arch}` };
  }
  const versions = releaseVersions(program);
  const key = `${versions.kubernetes}-${versions.etcd}-${versions.kwok}-${arch}`;
  const folder = join(cacheFolder(host), 'releases', key);
  const wait = (pid: number): void => onMessage(`process ${pid} downloads it; waiting`);
  try {
    await withBuildLock(`${folder}.lock`, wait, async () => {
      if (host.exists(folder)) return;
      const files = await releaseFiles({ sources, versions, arch });
      onMessage(`downloading Kubernetes ${versions.kubernetes}, etcd and kwok (about 350 MB)`);
      await fetchAll(files, folder);
    });
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    return { skipped: error.message };
  }
  return outcome(folder, host);
}

function outcome(folder: string, host: HostProbes): RungOutcome {
  const binaries = folderBinaries(folder, host);
  const missing = missingPrograms(binaries);
  if (missing.length > 0) return { skipped: `${folder} lacks ${missing.join(', ')}: remove it` };
  const because = `the upstream projects' releases, checksums verified (${folder})`;
  return { found: { kind: 'binaries', binaries }, because };
}

function releaseVersions({ moduleFolder }: GoProgram): ReleaseVersions {
  const goMod = readFileSync(join(moduleFolder, 'go.mod'), 'utf8');
  return {
    kubernetes: moduleVersion(goMod, 'k8s.io/kubernetes'),
    etcd: moduleVersion(goMod, 'go.etcd.io/etcd/server/v3'),
    kwok: moduleVersion(goMod, 'sigs.k8s.io/kwok'),
  };
}

/** All files or none: the folder appears when everything in it is verified. */
async function fetchAll(files: readonly ReleaseFile[], folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const unfinished = mkdtempSync(`${folder}.unfinished-`);
  try {
    for (const file of files) await fetchOne(file, unfinished);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

async function fetchOne({ name, url, sha256, member }: ReleaseFile, folder: string): Promise<void> {
  if (member === undefined) return downloadVerified(url, join(folder, name), sha256);
  const archive = join(folder, `${name}.tar.gz`);
  await downloadVerified(url, archive, sha256);
  const args = ['-xzf', archive, '-C', folder, '--strip-components=1', member];
  const { code, stderr } = await runCommand({ file: 'tar', args, timeoutMs: unpackTimeoutMs });
  if (code !== 0) throw new DownloadError(`${url} cannot be unpacked: ${stderr.trim()}`);
  rmSync(archive);
}
