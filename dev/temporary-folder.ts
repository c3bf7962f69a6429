// Folders that must not outlive this process, from wherever process.exit ends it: no `finally` runs then.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed when this process exits, or before. */
export interface TemporaryFolder {
  readonly path: string;
  remove(): void;
}

const left = new Set<string>();
let isExitAwaited = false;

function removeFolder(path: string): void {
  rmSync(path, { recursive: true, force: true });
  left.delete(path);
}

/** Makes one that only this user can enter; `purpose` is part of its name. */
export function temporaryFolder(purpose: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `dhakacart-${purpose}-`));
  left.add(path);
  if (!isExitAwaited) process.once('exit', () => left.forEach(removeFolder));
  isExitAwaited = true;
  return { path, remove: () => removeFolder(path) };
}
