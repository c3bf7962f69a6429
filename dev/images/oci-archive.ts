/**
 * OCI image archives without an engine and without a registry (https://github.com/opencontainers/image-spec, v1.1: image
 * layout, manifest, configuration, layer). The same entries and settings give the same bytes on every machine: names are
 * sorted, times are 0, layers are not compressed (what a compressor writes depends on its version).
 *
 * ```ts
 * const { digest } = await writeOciArchive({
 *   path: '/cache/images/web.tar',
 *   name: 'ghcr.io/dhakacart/storefront-web:0.1.0',       // as `ctr images import` and a pod's `image` call it
 *   architecture: 'amd64',
 *   layers: [
 *     folderEntries({ from: 'storefront-web/html', to: '/usr/share/nginx/html', mode: 0o444 }),
 *     [
 *       { kind: 'folder', path: '/tmp', mode: 0o1777 },
 *       { kind: 'file', path: '/usr/sbin/nginx', mode: 0o755, from: '/usr/sbin/nginx' },
 *       { kind: 'text', path: '/etc/passwd', mode: 0o644, text: 'nginx:x:101:101::/:\n' },
 *       { kind: 'symlink', path: '/lib64', target: 'usr/lib64' },
 *     ],
 *   ],
 *   config: { user: '101:101', entrypoint: ['nginx'], cmd: [], env: { LANG: 'C' }, workdir: '/', ports: [8080] },
 * });
 * ```
 */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { completeLayers, type ImageEntry } from './image-entries.ts';
import { blockBytes, padding, tarEnd, tarHeader } from './tar-header.ts';

/** How a container of the image starts. */
export interface ImageConfig {
  /** Numbers, `uid:gid`. */
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  /** TCP ports. */
  readonly ports: readonly number[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Signal that asks it to end, such as SIGQUIT; SIGTERM when absent. */
  readonly stopSignal?: string;
}

/** An image to write. */
export interface ImageArchive {
  /** Where the archive goes; its folder is made, and the file appears only when it is whole. */
  readonly path: string;
  /** Whole reference, with registry and tag. */
  readonly name: string;
  /** Further references to the same image. */
  readonly otherNames?: readonly string[];
  /** Of the programs in it, in the words of Go. */
  readonly architecture: 'amd64' | 'arm64';
  /** The lowest first; images that share a first layer share its bytes on a node. */
  readonly layers: readonly (readonly ImageEntry[])[];
  readonly config: ImageConfig;
}

/** What was written. */
export interface WrittenImage {
  /** Of the manifest, `sha256:…`: what pins the image. */
  readonly digest: string;
  /** Of the configuration, which a container engine calls the image's id. */
  readonly id: string;
  readonly sizeBytes: number;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const mediaType = (kind: string): string => `application/vnd.oci.image.${kind}`;
/** What waits for the disk at most, and what is read at once. */
const bufferBytes = 2 ** 20;
const fileMode = 0o644;
const member = { type: 'file', mode: fileMode, uid: 0, gid: 0 } as const;

async function* fileChunks(from: string, sizeBytes: number): AsyncGenerator<Buffer> {
  let seen = 0;
  for await (const chunk of createReadStream(from, { highWaterMark: bufferBytes })) {
    seen += (chunk as Buffer).length;
    yield chunk as Buffer;
  }
  if (seen !== sizeBytes) throw new Error(`${from} changed while it was read`);
}

async function* entryChunks(entry: ImageEntry): AsyncGenerator<Buffer> {
  const { uid = 0, gid = 0 } = entry;
  const placed = { name: entry.path.slice(1), uid, gid };
  switch (entry.kind) {
    case 'folder':
      yield tarHeader({ ...placed, type: 'folder', mode: entry.mode, sizeBytes: 0 });
      return;
    case 'symlink':
      yield tarHeader({
        ...placed,
        type: 'symlink',
        mode: 0o777,
        sizeBytes: 0,
        target: entry.target,
      });
      return;
    case 'text': {
      const bytes = Buffer.from(entry.text);
      yield tarHeader({ ...placed, type: 'file', mode: entry.mode, sizeBytes: bytes.length });
      yield bytes;
      yield padding(bytes.length);
      return;
    }
    case 'file': {
      const { size } = statSync(entry.from);
      yield tarHeader({ ...placed, type: 'file', mode: entry.mode, sizeBytes: size });
      yield* fileChunks(entry.from, size);
      yield padding(size);
    }
  }
}

class ArchiveFile {
  readonly #file: FileHandle;
  /** Of the next byte, behind what waits to be written. */
  #position = 0;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** A member under its name. */
  async add(name: string, bytes: Buffer): Promise<void> {
    await this.#append(tarHeader({ ...member, name, sizeBytes: bytes.length }));
    await this.#append(bytes);
    await this.#append(padding(bytes.length));
  }

  async addJson(type: string, content: unknown): Promise<Descriptor> {
    const bytes = Buffer.from(JSON.stringify(content));
    const digest = createHash('sha256').update(bytes).digest('hex');
    await this.add(`blobs/sha256/${digest}`, bytes);
    return { mediaType: type, digest: `sha256:${digest}`, size: bytes.length };
  }

  /** Streams a layer. Its name is its digest, so its header is written last, into the room that was left for it. */
  async addLayer(entries: readonly ImageEntry[]): Promise<Descriptor> {
    const headerAt = this.#position;
    await this.#append(Buffer.alloc(blockBytes));
    const hash = createHash('sha256');
    const append = async (chunk: Buffer): Promise<void> => {
      hash.update(chunk);
      await this.#append(chunk);
    };
    for (const entry of entries) for await (const chunk of entryChunks(entry)) await append(chunk);
    await append(tarEnd());
    const size = this.#position - headerAt - blockBytes;
    const digest = hash.digest('hex');
    await this.#flush();
    await this.#write(
      tarHeader({ ...member, name: `blobs/sha256/${digest}`, sizeBytes: size }),
      headerAt,
    );
    return { mediaType: mediaType('layer.v1.tar'), digest: `sha256:${digest}`, size };
  }

  /** Writes the end; returns the size of the whole in bytes. */
  async end(): Promise<number> {
    await this.#append(tarEnd());
    await this.#flush();
    return this.#position;
  }

  /** Most entries are small: they go to the disk together. */
  async #append(bytes: Buffer): Promise<void> {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#position += bytes.length;
    if (this.#waitingBytes >= bufferBytes) await this.#flush();
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    this.#waitingBytes = 0;
    await this.#write(bytes, this.#position - bytes.length);
  }

  async #write(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const rest = bytes.length - done;
      done += (await this.#file.write(bytes, done, rest, position + done)).bytesWritten;
    }
  }
}

function imageConfiguration(
  { architecture, config }: ImageArchive,
  layers: readonly Descriptor[],
): object {
  const { user, entrypoint, cmd, env, workdir, ports, labels, stopSignal } = config;
  return {
    created: '1970-01-01T00:00:00Z',
    architecture,
    os: 'linux',
    config: {
      User: user,
      ExposedPorts: Object.fromEntries(ports.map((port) => [`${port}/tcp`, {}])),
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      Entrypoint: entrypoint,
      Cmd: cmd,
      WorkingDir: workdir,
      ...(labels !== undefined && { Labels: labels }),
      ...(stopSignal !== undefined && { StopSignal: stopSignal }),
    },
    // An uncompressed layer's digest is its diff id too.
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
  };
}

async function writeContent(file: ArchiveFile, image: ImageArchive): Promise<WrittenImage> {
  const layers: Descriptor[] = [];
  for (const entries of completeLayers(image.layers)) layers.push(await file.addLayer(entries));
  const config = await file.addJson(mediaType('config.v1+json'), imageConfiguration(image, layers));
  const manifestType = mediaType('manifest.v1+json');
  const content = { schemaVersion: 2, mediaType: manifestType, config, layers };
  const manifest = await file.addJson(manifestType, content);
  const manifests = [image.name, ...(image.otherNames ?? [])].map((name) => ({
    ...manifest,
    platform: { architecture: image.architecture, os: 'linux' },
    annotations: {
      'io.containerd.image.name': name,
      'org.opencontainers.image.ref.name': name.slice(name.lastIndexOf(':') + 1),
    },
  }));
  const index = { schemaVersion: 2, mediaType: mediaType('index.v1+json'), manifests };
  await file.add('index.json', Buffer.from(JSON.stringify(index)));
  await file.add('oci-layout', Buffer.from(JSON.stringify({ imageLayoutVersion: '1.0.0' })));
  return { digest: manifest.digest, id: config.digest, sizeBytes: await file.end() };
}

/**
 * Writes an archive; of a failure nothing remains. Files are streamed, whatever their size.
 * @throws Error when a path is twice in a layer or not absolute, or a file cannot be read or changes meanwhile
 */
export async function writeOciArchive(image: ImageArchive): Promise<WrittenImage> {
  const unfinished = `${image.path}.${process.pid}.part`;
  await mkdir(dirname(image.path), { recursive: true });
  const file = await open(unfinished, 'w');
  try {
    const written = await writeContent(new ArchiveFile(file), image);
    await file.close();
    await rename(unfinished, image.path);
    return written;
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  }
}
