// Root's home is closed to the user that runs the server in root's place, and the programs may lie below it.
import { chownSync, constants, cpSync, lchownSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runCommand } from '../cluster/run-command.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import type { SystemUser } from './unprivileged-user.ts';

const versionPatienceMs = 30_000;

/** A copy that is a user's own, so that neither the folders above nor the modes of the original are in the way. */
function copyFor(user: SystemUser, from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
  });
  chownSync(to, user.uid, user.gid);
  for (const path of readdirSync(to, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(to, path), user.uid, user.gid);
  }
}

/**
 * The programs where a user can run them: where they are, else copied (60 MB) into `folder`, which the user can reach.
 * @throws Error when they cannot be copied
 */
export async function reachableBinaries(
  installed: PostgresBinaries,
  user: SystemUser,
  folder: string,
): Promise<PostgresBinaries> {
  const { code } = await runCommand({
    file: installed.postgres,
    args: ['--version'],
    cwd: folder,
    timeoutMs: versionPatienceMs,
    ...user,
  });
  if (code === 0) return installed;
  const copy = join(folder, 'native');
  copyFor(user, dirname(dirname(installed.postgres)), copy);
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}
