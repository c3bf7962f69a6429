// The images of the shop as archives in the cache folder, for nodes that have no registry to pull from.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { cacheFolder } from '../binaries/go-program.ts';
import { type HostProbes, realHost } from '../binaries/host-probes.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { noteUse } from './archive-cache.ts';
import { debianRoot, missingTools } from './debian-root.ts';
import { dockerfilePlan } from './dockerfile-plan.ts';
import { runningDocker, saveEngineImage } from './engine-images.ts';
import { imageKey } from './image-key.ts';
import { type ImageName, imageNames, type ImagePlan, type PlanSources } from './image-plan.ts';
import { writeOciArchive } from './oci-archive.ts';
import { postgresMajor, postgresPlan } from './postgres-plan.ts';
import { imagePlatform } from './shared-libraries.ts';

/** What to assemble, and where. */
export interface AssembleOptions {
  /** Default all. */
  readonly images?: readonly ImageName[];
  /** Tags of the two storefront images, which then are the same; default the `spec.version` of the smallest sample. */
  readonly storefrontVersions?: readonly [string, ...string[]];
  /** Default the cache folder of this user. */
  readonly cacheFolder?: string;
  readonly onMessage?: (line: string) => void;
}

/** An image that a node can import: `ctr --namespace k8s.io images import <path>`. */
export interface AssembledImage {
  readonly image: ImageName;
  /** Whole references under which a pod finds it. */
  readonly references: readonly [string, ...string[]];
  /** The archive. */
  readonly path: string;
  /** Of the manifest; undefined when a Docker engine made the archive. */
  readonly digest: string | undefined;
  /** Was it there already? */
  readonly wasCached: boolean;
}

const repository = fileURLToPath(new URL('../..', import.meta.url));
/** The default of `spec.imageRepository`, and the chart's of the operator's image. */
const imageRepository = 'ghcr.io/dhakacart';

function yamlOf(path: string): unknown {
  return parse(readFileSync(join(repository, path), 'utf8'));
}

function sampleVersion(): string {
  return (yamlOf('crds/samples/minimal.yaml') as { readonly spec: { readonly version: string } })
    .spec.version;
}

function operatorVersion(): string {
  return (yamlOf('charts/dhakacart-operator/Chart.yaml') as { readonly appVersion: string })
    .appVersion;
}

/** The names that the store and the chart render. */
function referencesOf(
  image: ImageName,
  versions: readonly [string, ...string[]],
): readonly [string, ...string[]] {
  switch (image) {
    case 'postgres':
      return [`docker.io/library/postgres:${postgresMajor}-trixie`];
    case 'operator':
      return [`${imageRepository}/operator:${operatorVersion()}`];
    case 'storefront-api':
    case 'storefront-web': {
      const named = versions.map((version) => `${imageRepository}/${image}:${version}`);
      return named as [string, ...string[]];
    }
  }
}

/** What an image consists of. */
export function imagePlan(image: ImageName, sources: PlanSources): Promise<ImagePlan> {
  return image === 'postgres' ? postgresPlan(sources) : dockerfilePlan(image, sources);
}

interface Assembly {
  readonly image: ImageName;
  readonly references: readonly [string, ...string[]];
  readonly folder: string;
}

async function fromPlan(assembly: Assembly, sources: PlanSources): Promise<AssembledImage> {
  const { image, references, folder } = assembly;
  const plan = await imagePlan(image, sources);
  const key = await imageKey(plan, references);
  const path = join(folder, image, `${key}.tar`);
  const digestFile = `${path}.digest`;
  const wasCached = existsSync(path) && existsSync(digestFile);
  if (!wasCached) {
    const { architecture } = imagePlatform(sources.arch);
    const [name, ...otherNames] = references;
    const { digest } = await writeOciArchive({ ...plan, path, name, otherNames, architecture });
    writeFileSync(digestFile, digest);
  }
  noteUse(path);
  return { image, references, path, digest: readFileSync(digestFile, 'utf8'), wasCached };
}

async function fromEngine(assembly: Assembly, docker: string): Promise<AssembledImage> {
  const { image, references } = assembly;
  const folder = join(assembly.folder, image);
  const archive = await saveEngineImage({ docker, repository, image, references, folder });
  noteUse(archive.path);
  return { image, references, ...archive, digest: undefined };
}

async function allFromEngine(
  assemblies: readonly Assembly[],
  docker: string,
): Promise<readonly AssembledImage[]> {
  const images: AssembledImage[] = [];
  for (const one of assemblies) images.push(await fromEngine(one, docker));
  return images;
}

async function withSources<Result>(
  host: HostProbes,
  options: { readonly cache: string; readonly onMessage: (line: string) => void },
  action: (sources: PlanSources) => Promise<Result>,
): Promise<Result> {
  const { cache, onMessage } = options;
  const debian = await debianRoot({ host, cacheFolder: cache, onMessage });
  const work = temporaryFolder('images');
  try {
    return await action({ repository, debian, arch: host.arch, workFolder: work.path });
  } finally {
    work.remove();
  }
}

/**
 * Assembles what is not in the cache. With a running Docker engine its own build of the Dockerfiles is taken instead, as
 * long as it can pull what they build on.
 * @throws Error where images can be had in neither way, naming what is missing
 */
export async function assembleImages(
  options: AssembleOptions = {},
): Promise<readonly AssembledImage[]> {
  const host = realHost();
  const { images = imageNames, onMessage = () => undefined } = options;
  const versions = options.storefrontVersions ?? [sampleVersion()];
  const cache = options.cacheFolder ?? cacheFolder(host);
  const assemblies = images.map((image) => ({
    image,
    references: referencesOf(image, versions),
    folder: join(cache, 'images'),
  }));
  const docker = await runningDocker(host);
  if (docker !== undefined) {
    try {
      return await allFromEngine(assemblies, docker);
    } catch (error) {
      // Without a registry an engine has no base to build on.
      if (host.platform !== 'linux' || missingTools(host).length > 0) throw error;
      const lastLine = (error as Error).message.split('\n').at(-1);
      onMessage(`assembling the images, because Docker cannot: ${lastLine}`);
    }
  }
  if (host.platform !== 'linux')
    throw new Error(
      'images are assembled on Linux only: start Docker, which builds them elsewhere',
    );
  return withSources(host, { cache, onMessage }, async (sources) => {
    const assembled: AssembledImage[] = [];
    for (const one of assemblies) {
      const image = await fromPlan(one, sources);
      onMessage(`${image.references.join(', ')}${image.wasCached ? ' (cached)' : ''}`);
      assembled.push(image);
    }
    return assembled;
  });
}
