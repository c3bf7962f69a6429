// Where a Docker engine runs, the real thing: our Dockerfiles are built, PostgreSQL is pulled.
import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { HostProbes } from '../binaries/host-probes.ts';
import { runCommand } from '../cluster/run-command.ts';
import { dockerfiles } from './dockerfile-plan.ts';
import type { ImageName } from './image-plan.ts';

const askPatienceMs = 10_000;
const buildPatienceMs = 1_800_000;

/** Path of docker when its engine answers. */
export async function runningDocker(host: HostProbes): Promise<string | undefined> {
  const docker = host.which('docker');
  if (docker === undefined) return undefined;
  const { code } = await runCommand({ file: docker, args: ['info'], timeoutMs: askPatienceMs });
  return code === 0 ? docker : undefined;
}

/** What is to be had from an engine. */
export interface EngineImage {
  readonly docker: string;
  readonly repository: string;
  readonly image: ImageName;
  /** Whole references; the first is built or pulled. */
  readonly references: readonly [string, ...string[]];
  /** Where the archive goes, in the form of `docker save`. */
  readonly path: string;
}

/** @throws Error with the engine's last words */
export async function saveEngineImage(wanted: EngineImage): Promise<void> {
  const { docker, repository, image, references, path } = wanted;
  const run = async (...args: readonly string[]): Promise<void> => {
    const { code, stderr } = await runCommand({ file: docker, args, timeoutMs: buildPatienceMs });
    if (code !== 0)
      throw new Error(
        `docker ${args.join(' ')} ended with ${code}: ${stderr.trim().slice(-1_000)}`,
      );
  };
  const [first, ...others] = references;
  if (image === 'postgres') await run('pull', '--quiet', first);
  else
    await run('build', '--file', join(repository, dockerfiles[image]), '--tag', first, repository);
  for (const other of others) await run('tag', first, other);
  mkdirSync(dirname(path), { recursive: true });
  await run('save', '--output', `${path}.part`, ...references);
  renameSync(`${path}.part`, path);
}
