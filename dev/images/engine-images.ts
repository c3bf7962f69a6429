// Where a Docker engine runs, the real thing: our Dockerfiles are built, PostgreSQL is pulled.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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
  /** Where the archive goes. */
  readonly folder: string;
}

/** An archive in the form of `docker save`. */
export interface EngineArchive {
  readonly path: string;
  /** Was it there already? */
  readonly wasCached: boolean;
}

/**
 * Builds or pulls an image and saves it, called after what is in it and its names: whoever asks for others at the same
 * time, from another clone or for another version, gets another file.
 * @throws Error with the engine's last words
 */
export async function saveEngineImage(wanted: EngineImage): Promise<EngineArchive> {
  const { docker, repository, image, references, folder } = wanted;
  const run = async (...args: readonly string[]): Promise<string> => {
    const result = await runCommand({ file: docker, args, timeoutMs: buildPatienceMs });
    const { code, stdout, stderr } = result;
    if (code === 0) return stdout;
    throw new Error(`docker ${args.join(' ')} ended with ${code}: ${stderr.trim().slice(-1_000)}`);
  };
  const [first, ...others] = references;
  if (image === 'postgres') await run('pull', '--quiet', first);
  else
    await run('build', '--file', join(repository, dockerfiles[image]), '--tag', first, repository);
  for (const other of others) await run('tag', first, other);
  const id = await run('image', 'inspect', '--format', '{{.Id}}', first);
  const key = createHash('sha256')
    .update(JSON.stringify([id, references]))
    .digest('hex');
  const path = join(folder, `docker-${key.slice(0, 16)}.tar`);
  if (existsSync(path)) return { path, wasCached: true };
  mkdirSync(folder, { recursive: true });
  const unfinished = `${path}.${process.pid}.part`;
  try {
    await run('save', '--output', unfinished, ...references);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
  }
  return { path, wasCached: false };
}
