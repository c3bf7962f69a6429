// Which files of which release make a control plane, and where their checksums are published. Only
// for Linux: the Kubernetes project publishes its servers for nothing else.

import { join } from 'node:path';
import { STAGES_FILE } from './local-rungs.ts';
import { DownloadError, downloadText } from './verified-download.ts';

/** Where the projects publish; tests put a local server in their place. */
export interface ReleaseSources {
  readonly kubernetes: string;
  readonly github: string;
  readonly githubApi: string;
}

/** The real places. */
export const releaseSources: ReleaseSources = {
  kubernetes: 'https://dl.k8s.io',
  github: 'https://github.com',
  githubApi: 'https://api.github.com',
};

/** The versions to fetch, each with its `v`. */
export interface ReleaseVersions {
  readonly kubernetes: string;
  readonly etcd: string;
  readonly kwok: string;
}

/** One file to fetch. An archive holds the program at the path `member`. */
export interface ReleaseFile {
  readonly name: string;
  readonly url: string;
  readonly sha256: string;
  readonly member?: string;
}

/** Everything that decides about the list. */
export interface ReleaseRequest {
  readonly sources: ReleaseSources;
  readonly versions: ReleaseVersions;
  /** As Go names it: `amd64` or `arm64`. */
  readonly arch: string;
}

const kubernetesPrograms = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubectl',
] as const;

/**
 * The files with their published checksums.
 * @throws DownloadError when a checksum cannot be had
 */
export async function releaseFiles(request: ReleaseRequest): Promise<ReleaseFile[]> {
  // One at a time at first: without a network this is the only request that is tried.
  const kubernetes = [await kubernetesFile(request, kubernetesPrograms[0])];
  const [others, etcd, kwok] = await Promise.all([
    Promise.all(kubernetesPrograms.slice(1).map((name) => kubernetesFile(request, name))),
    etcdFile(request),
    kwokFiles(request),
  ]);
  return [...kubernetes, ...others, etcd, ...kwok];
}

async function kubernetesFile(
  { sources, versions, arch }: ReleaseRequest,
  name: string,
): Promise<ReleaseFile> {
  const url = `${sources.kubernetes}/release/${versions.kubernetes}/bin/linux/${arch}/${name}`;
  return { name, url, sha256: checksumIn(await downloadText(`${url}.sha256`), url) };
}

async function etcdFile({ sources, versions, arch }: ReleaseRequest): Promise<ReleaseFile> {
  const folder = `${sources.github}/etcd-io/etcd/releases/download/${versions.etcd}`;
  const base = `etcd-${versions.etcd}-linux-${arch}`;
  const url = `${folder}/${base}.tar.gz`;
  const lines = (await downloadText(`${folder}/SHA256SUMS`)).split('\n');
  const line = lines.find((text) => text.trim().endsWith(`${base}.tar.gz`)) ?? '';
  return { name: 'etcd', url, sha256: checksumIn(line, url), member: join(base, 'etcd') };
}

// kwok publishes no file of checksums; GitHub publishes one for every file of a release
// (https://github.blog/changelog/2025-06-03-releases-now-expose-digests-for-release-assets/).
async function kwokFiles({ sources, versions, arch }: ReleaseRequest): Promise<ReleaseFile[]> {
  const project = 'kubernetes-sigs/kwok/releases';
  const api = `${sources.githubApi}/repos/${project}/tags/${versions.kwok}`;
  const { assets } = JSON.parse(await downloadText(api)) as {
    readonly assets: readonly { readonly name: string; readonly digest?: string | null }[];
  };
  const file = (name: string, asset: string): ReleaseFile => {
    const url = `${sources.github}/${project}/download/${versions.kwok}/${asset}`;
    const digest = assets.find((entry) => entry.name === asset)?.digest ?? '';
    return { name, url, sha256: checksumIn(digest.replace(/^sha256:/, ''), url) };
  };
  return [file('kwok', `kwok-linux-${arch}`), file(STAGES_FILE, STAGES_FILE)];
}

function checksumIn(text: string, url: string): string {
  const sha256 = /^[0-9a-f]{64}(?=\s|$)/i.exec(text.trim())?.[0];
  if (sha256 === undefined) throw new DownloadError(`no checksum is published for ${url}`);
  return sha256.toLowerCase();
}
