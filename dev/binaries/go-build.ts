import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { isProcessAlive, withBuildLock } from './build-lock.ts';
import { cachedProgramPath } from './go-program.ts';
import type { GoProgram } from './go-program.ts';
import { findGo, toolchainSearch } from './go-toolchain.ts';
import type { GoToolchain } from './go-toolchain.ts';
import type { HostProbes } from './host-probes.ts';
import { kubecpBinaries } from './kubecp.ts';
import type { RungOutcome } from './ladder.ts';

const progressIntervalMs = 10_000;
const errorLines = 15;
const unfinishedPrefix = '.unfinished-';

/** The machine to build on, and where progress lines go. */
export interface BuildEnvironment {
  readonly host: HostProbes;
  readonly onMessage: (line: string) => void;
}

/** Where the program is now, or why it could not be built. */
export type BuildOutcome =
  | { readonly file: string; readonly built: boolean }
  | { readonly why: string };

/** The last way on this machine: compile the control plane from its Go sources. */
export async function goBuildRung(
  program: GoProgram,
  environment: BuildEnvironment,
): Promise<RungOutcome> {
  const outcome = await ensureGoProgram(program, environment);
  if ('why' in outcome) {
    const advice = `install Go ${program.goVersion} or newer (https://go.dev/dl), or pip, which can bring it`;
    return { skipped: outcome.why, advice };
  }
  const because = `${program.title} built from dev/control-plane (${outcome.file})`;
  return { found: { kind: 'binaries', binaries: kubecpBinaries(outcome.file) }, because };
}

/** The program from the cache folder, built first when it is not there. */
export async function ensureGoProgram(
  program: GoProgram,
  { host, onMessage }: BuildEnvironment,
): Promise<BuildOutcome> {
  const file = cachedProgramPath(program, host);
  if (host.exists(file)) return { file, built: false };
  const found = await findGo(toolchainSearch(host, program, onMessage));
  if ('why' in found) return found;
  const onWait = (pid: number): void =>
    onMessage(`process ${pid} builds ${program.title}; waiting`);
  return withBuildLock(`${file}.lock`, onWait, async () => {
    if (host.exists(file)) return { file, built: false };
    const failure = await build(program, { toolchain: found, file, onMessage });
    return failure === undefined ? { file, built: true } : { why: failure };
  });
}

interface BuildRequest {
  readonly toolchain: GoToolchain;
  readonly file: string;
  readonly onMessage: (line: string) => void;
}

async function build(program: GoProgram, request: BuildRequest): Promise<string | undefined> {
  const { toolchain, file, onMessage } = request;
  const folder = dirname(file);
  removeUnfinished(folder);
  mkdirSync(folder, { recursive: true });
  const unfinished = mkdtempSync(join(folder, `${unfinishedPrefix}${process.pid}-`));
  const output = join(unfinished, program.name);
  onMessage(`building ${program.title} with go ${toolchain.version}: ${program.expectation}`);
  const startedAt = performance.now();
  try {
    const folder = join(unfinished, 'module');
    const failure =
      (await arrangeModule(program, toolchain, folder)) ??
      (await runGoBuild(program, {
        ...request,
        file: output,
        moduleFolder: program.arrange === undefined ? program.moduleFolder : folder,
      }));
    if (failure !== undefined) return failure;
    renameSync(output, file);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    onMessage(`built ${program.title} in ${seconds} s`);
    return undefined;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

async function arrangeModule(
  program: GoProgram,
  toolchain: GoToolchain,
  folder: string,
): Promise<string | undefined> {
  try {
    await program.arrange?.(toolchain.file, folder);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What a killed build left behind. */
function removeUnfinished(folder: string): void {
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith(unfinishedPrefix))) {
    const pid = Number(name.slice(unfinishedPrefix.length).split('-')[0]);
    if (!isProcessAlive(pid)) rmSync(join(folder, name), { recursive: true, force: true });
  }
}

function runGoBuild(
  program: GoProgram,
  request: BuildRequest & { readonly moduleFolder: string },
): Promise<string | undefined> {
  const { toolchain, file, onMessage, moduleFolder } = request;
  const args = ['build', '-v', '-trimpath', '-buildvcs=false', `-ldflags=${program.ldflags}`];
  const child = spawn(toolchain.file, [...args, '-o', file, program.packagePath], {
    cwd: moduleFolder,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const tail: string[] = [];
  let lines = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines += 1; // -v prints one line for each compiled package, and one for each downloaded module
    tail.push(line);
    if (tail.length > errorLines) tail.shift();
  });
  const startedAt = performance.now();
  const progress = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    onMessage(`… still building ${program.name}: ${lines} packages, ${seconds} s`);
  }, progressIntervalMs);
  return new Promise((resolve) => {
    child.once('error', (error) => tail.push(error.message));
    child.once('close', (code, signal) => {
      clearInterval(progress);
      const end = signal === null ? `exit code ${code}` : `signal ${signal}`;
      resolve(code === 0 ? undefined : `go build failed (${end}): ${tail.join('\n    ')}`);
    });
  });
}
