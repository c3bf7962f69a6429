// The images that have a Dockerfile here: what it copies and how it starts is read from it; what its base image would have
// brought comes from Debian packages and npm.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../cluster/run-command.ts';
import { baseFiles, certificateAuthorities } from './base-files.ts';
import { type Copy, parseDockerfile } from './dockerfile.ts';
import { folderEntries, type ImageEntry } from './image-entries.ts';
import { type ImagePlan, type PlanSources, searchPath } from './image-plan.ts';
import { libraryEntries } from './shared-libraries.ts';

/** Name of the Dockerfile of each image. */
export const dockerfiles = {
  'storefront-api': 'Dockerfile.api',
  'storefront-web': 'Dockerfile.web',
  operator: 'Dockerfile.operator',
} as const;

const bundlePatienceMs = 120_000;
/** Where the first stages of the Dockerfiles work. */
const buildRoot = '/src/';

function sourceOf({ from, isFromBuild }: Copy, { repository, workFolder }: PlanSources): string {
  if (!isFromBuild) return join(repository, from);
  if (!from.startsWith(buildRoot)) throw new Error(`COPY ${from}: not below ${buildRoot}`);
  const path = from.slice(buildRoot.length);
  return path === 'dist' || path.startsWith('dist/')
    ? join(workFolder, path)
    : join(repository, path);
}

function copiedEntries(copy: Copy, sources: PlanSources): readonly ImageEntry[] {
  const from = sourceOf(copy, sources);
  const { to, mode } = copy;
  return statSync(from).isDirectory()
    ? folderEntries({ from, to, mode })
    : [{ kind: 'file', path: to, mode, from }];
}

async function bundle(program: string, { repository, workFolder }: PlanSources): Promise<void> {
  const { code, stdout, stderr } = await runCommand({
    file: join(repository, 'node_modules/.bin/node'),
    args: [join(repository, 'dev/build.ts'), '--out', join(workFolder, 'dist'), program],
    cwd: repository,
    timeoutMs: bundlePatienceMs,
  });
  if (code !== 0) throw new Error(`${program} cannot be bundled: ${`${stderr}${stdout}`.trim()}`);
}

/** Node with its libraries: what the distroless base holds of it, at the same path. */
async function nodeBase({ debian, arch, repository }: PlanSources): Promise<readonly ImageEntry[]> {
  const node = join(repository, 'node_modules/node/bin/node');
  const modules = join(repository, 'node_modules/@node-rs');
  const native = readdirSync(modules, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.node'))
    .map((name) => join(modules, name));
  return [
    ...baseFiles({ name: 'nonroot', id: 65_532, home: '/home/nonroot' }),
    { kind: 'folder', path: '/home/nonroot', mode: 0o700, uid: 65_532, gid: 65_532 },
    certificateAuthorities(debian),
    { kind: 'file', path: '/nodejs/bin/node', mode: 0o755, from: node },
    ...(await libraryEntries(debian, arch, [node, ...native])),
  ];
}

/** nginx with its libraries and its list of types, at the paths of the unprivileged image. */
async function nginxBase({ debian, arch }: PlanSources): Promise<readonly ImageEntry[]> {
  const nginx = join(debian, 'usr/sbin/nginx');
  return [
    ...baseFiles({ name: 'nginx', id: 101, home: '/nonexistent' }),
    { kind: 'file', path: '/usr/sbin/nginx', mode: 0o755, from: nginx },
    {
      kind: 'file',
      path: '/etc/nginx/mime.types',
      mode: 0o644,
      from: join(debian, 'etc/nginx/mime.types'),
    },
    ...(await libraryEntries(debian, arch, [nginx])),
  ];
}

/** Environment that the base image would have given. */
const baseEnvironment = {
  node: { PATH: searchPath, SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' },
  nginx: { PATH: searchPath },
} as const;

/** The plan of an image whose Dockerfile is here. */
export async function dockerfilePlan(
  name: keyof typeof dockerfiles,
  sources: PlanSources,
): Promise<ImagePlan> {
  const text = readFileSync(join(sources.repository, dockerfiles[name]), 'utf8');
  const { config, copies } = parseDockerfile(text);
  const isNode = name !== 'storefront-web';
  if (isNode) await bundle(name, sources);
  const base = await (isNode ? nodeBase : nginxBase)(sources);
  const env = { ...baseEnvironment[isNode ? 'node' : 'nginx'], ...config.env };
  return {
    layers: [base, copies.flatMap((copy) => copiedEntries(copy, sources))],
    config: { ...config, env },
  };
}
