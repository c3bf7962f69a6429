// What a Dockerfile says of its image, for those that are assembled without an engine: the same file says both, so the
// two cannot drift. Only the instructions that this project's Dockerfiles use are known; any other is an error, not a guess.
import type { ImageConfig } from './oci-archive.ts';

/** One `COPY` of the last stage. */
export interface Copy {
  /** As written: below the context, or below the first stage's file system when `isFromBuild`. */
  readonly from: string;
  readonly isFromBuild: boolean;
  readonly to: string;
  readonly mode: number;
}

/** The last stage of a Dockerfile. */
export interface Dockerfile {
  readonly config: ImageConfig;
  readonly copies: readonly Copy[];
}

/** Instructions with their continued lines joined, comments and blank lines left out. Pure. */
export function instructions(text: string): readonly (readonly [word: string, rest: string])[] {
  return text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [word = '', ...rest] = line.trim().split(/\s+/);
      return [word, rest.join(' ')];
    });
}

function copyOf(rest: string): Copy {
  const words = rest.split(' ');
  const flags = new Map(
    words
      .filter((word) => word.startsWith('--'))
      .map((flag) => flag.split('=') as [string, string]),
  );
  const paths = words.filter((word) => !word.startsWith('--'));
  const [from, to] = paths;
  const mode = flags.get('--chmod');
  if (from === undefined || to === undefined || paths.length !== 2 || mode === undefined)
    throw new Error(`COPY ${rest}: needs one source, one target and --chmod`);
  if (flags.get('--chown') !== '0:0') throw new Error(`COPY ${rest}: the owner must be 0:0`);
  const isFromBuild = flags.has('--from');
  return { from: from.replace(/^\.\//, ''), isFromBuild, to, mode: Number.parseInt(mode, 8) };
}

interface Draft {
  user: string;
  workdir: string;
  env: Record<string, string>;
  ports: number[];
  entrypoint: string[];
  cmd: string[];
  stopSignal?: string;
}

const words = (rest: string): string[] => JSON.parse(rest) as string[];

/** What each known instruction does. */
const effects: Readonly<Record<string, (draft: Draft, rest: string) => void>> = {
  USER: (draft, rest) => (draft.user = rest),
  WORKDIR: (draft, rest) => (draft.workdir = rest),
  STOPSIGNAL: (draft, rest) => (draft.stopSignal = rest),
  ENTRYPOINT: (draft, rest) => (draft.entrypoint = words(rest)),
  CMD: (draft, rest) => (draft.cmd = words(rest)),
  EXPOSE: (draft, rest) => draft.ports.push(...rest.split(' ').map(Number)),
  ENV(draft, rest) {
    const at = rest.indexOf('=');
    draft.env[rest.slice(0, at)] = rest.slice(at + 1);
  },
};

/**
 * Reads the last stage. Pure.
 * @throws Error on an instruction that is not known
 */
export function parseDockerfile(text: string): Dockerfile {
  const all = instructions(text);
  const stage = all.slice(all.findLastIndex(([word]) => word === 'FROM') + 1);
  const draft: Draft = { user: '', workdir: '/', env: {}, ports: [], entrypoint: [], cmd: [] };
  const copies: Copy[] = [];
  for (const [word, rest] of stage) {
    const effect = effects[word];
    if (word === 'COPY') copies.push(copyOf(rest));
    else if (effect === undefined) throw new Error(`the instruction ${word} is not known here`);
    else effect(draft, rest);
  }
  return { config: draft, copies };
}
