import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** What the rungs ask about the machine; tests answer in its place. */
export interface HostProbes {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly exists: (path: string) => boolean;
  /** Path of an executable on PATH. */
  readonly which: (name: string) => string | undefined;
}

/** The real machine. */
export function realHost(): HostProbes {
  return {
    env: process.env,
    home: homedir(),
    platform: process.platform,
    arch: process.arch,
    exists: existsSync,
    which: (name) => whichOnPath(name, process.env['PATH'] ?? ''),
  };
}

function whichOnPath(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutableFile);
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
