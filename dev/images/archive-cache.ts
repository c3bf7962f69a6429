// The archives of one image in the cache: each change of the sources makes another one of some hundred megabytes.
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Of the sources before a change and after it. */
const keptArchives = 2;
/** Another process may have been given one that it has not read yet. */
const restMs = 3_600_000;

/** What belongs to an archive, its digest or an unfinished part, is called after it. */
function archiveOf(file: string): string {
  return file.replace(/(?<=\.tar)\..*$/, '');
}

/** Notes that an archive is used now, and removes those beside it that nobody has used for an hour, but the last ones. */
export function noteUse(path: string): void {
  const now = new Date();
  utimesSync(path, now, now);
  const folder = dirname(path);
  const usedAtMs = new Map<string, number>();
  const files = readdirSync(folder);
  for (const file of files) {
    // Another process may remove it between our two looks.
    const { mtimeMs = 0 } = statSync(join(folder, file), { throwIfNoEntry: false }) ?? {};
    const archive = archiveOf(file);
    usedAtMs.set(archive, Math.max(mtimeMs, usedAtMs.get(archive) ?? 0));
  }
  const newestFirst = [...usedAtMs].toSorted(([, a], [, b]) => b - a);
  const old = newestFirst
    .slice(keptArchives)
    .filter(([, usedAt]) => usedAt < now.getTime() - restMs)
    .map(([archive]) => archive);
  for (const file of files) {
    if (old.includes(archiveOf(file))) rmSync(join(folder, file), { force: true });
  }
}
