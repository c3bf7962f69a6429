// What a layer of an image holds, said without a staging folder: so owners and modes are the ones given here, whoever
// runs this and whatever the umask is.
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';

interface Placed {
  /** Absolute in the image, without a slash at its end. */
  readonly path: string;
  /** Default 0. */
  readonly uid?: number;
  /** Default 0. */
  readonly gid?: number;
}

/** A folder; those that lead to an entry are added by themselves with mode 0755. */
export interface FolderEntry extends Placed {
  readonly kind: 'folder';
  readonly mode: number;
}

/** A copy of a file of this machine. */
export interface FileEntry extends Placed {
  readonly kind: 'file';
  readonly mode: number;
  /** Path on this machine; a symbolic link is followed. */
  readonly from: string;
}

/** A file with this text. */
export interface TextEntry extends Placed {
  readonly kind: 'text';
  readonly mode: number;
  readonly text: string;
}

/** A symbolic link. */
export interface SymlinkEntry extends Placed {
  readonly kind: 'symlink';
  readonly target: string;
}

/** One thing in a layer. */
export type ImageEntry = FolderEntry | FileEntry | TextEntry | SymlinkEntry;

const folderMode = 0o755;
const fileMode = 0o644;
const programMode = 0o755;

/** Where a folder goes, and what of it. */
export interface FolderCopy {
  /** Folder on this machine. */
  readonly from: string;
  /** Absolute path in the image. */
  readonly to: string;
  /** Mode of every file and folder; by default 0755 for folders and programs, 0644 for other files. */
  readonly mode?: number;
  /** Takes paths relative to `from`; a folder that is left out is not entered. Default everything. */
  readonly takes?: (path: string) => boolean;
}

/**
 * Everything below a folder as entries of root's. Symbolic links stay links.
 * @throws Error when something is neither file, folder nor link
 */
export function folderEntries({
  from,
  to,
  mode,
  takes = () => true,
}: FolderCopy): readonly ImageEntry[] {
  const entries: ImageEntry[] = [{ kind: 'folder', path: to, mode: mode ?? folderMode }];
  const walk = (folder: string): void => {
    for (const child of readdirSync(join(from, folder), { withFileTypes: true })) {
      const relative = join(folder, child.name);
      if (!takes(relative)) continue;
      const [source, path] = [join(from, relative), join(to, relative)];
      if (child.isSymbolicLink()) {
        entries.push({ kind: 'symlink', path, target: readlinkSync(source) });
      } else if (child.isDirectory()) {
        entries.push({ kind: 'folder', path, mode: mode ?? folderMode });
        walk(relative);
      } else if (child.isFile()) {
        const isProgram = (statSync(source).mode & 0o111) !== 0;
        const own = isProgram ? programMode : fileMode;
        entries.push({ kind: 'file', path, mode: mode ?? own, from: source });
      } else {
        throw new Error(`${source} is neither a file nor a folder nor a symbolic link`);
      }
    }
  };
  walk('');
  return entries;
}

/**
 * Layers in the order in which they are written: parents first, then by name, each with the folders that lead to its
 * entries unless an earlier layer has them. Pure.
 * @throws Error when a layer has a path twice, or one that is not absolute and clean
 */
export function completeLayers(
  layers: readonly (readonly ImageEntry[])[],
): readonly (readonly ImageEntry[])[] {
  const known = new Set<string>(['/']);
  return layers.map((layer) => {
    const entries = new Map<string, ImageEntry>();
    for (const entry of layer) {
      if (join('/', entry.path) !== entry.path || entry.path.endsWith('/'))
        throw new Error(`"${entry.path}" is not an absolute, clean path in an image`);
      if (entries.has(entry.path)) throw new Error(`${entry.path} is twice in one layer`);
      entries.set(entry.path, entry);
    }
    for (const { path } of layer) addParents(path, entries, known);
    for (const path of entries.keys()) known.add(path);
    return [...entries.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
  });
}

function addParents(
  path: string,
  entries: Map<string, ImageEntry>,
  known: ReadonlySet<string>,
): void {
  for (let parent = dirname(path); !known.has(parent); parent = dirname(parent)) {
    const entry = entries.get(parent);
    if (entry !== undefined && entry.kind !== 'folder')
      throw new Error(`${path} lies below ${parent}, which is no folder`);
    if (entry === undefined)
      entries.set(parent, { kind: 'folder', path: parent, mode: folderMode });
  }
}
