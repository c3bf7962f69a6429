import { runCommand } from '../cluster/run-command.ts';

const downloadTimeoutMs = 300_000;

/** A module as a module proxy has it. */
export interface PublishedModule {
  /** With its version. */
  readonly path: string;
  /** Checksum of its content, as in a go.sum (https://go.dev/ref/mod#go-sum-files). */
  readonly sum: string;
}

/**
 * Folder with the files of a module, in Go's own cache: read-only.
 * @throws Error when it cannot be downloaded, or is not what it was when the checksum was written
 */
export async function downloadedModule(
  goFile: string,
  { path, sum }: PublishedModule,
): Promise<string> {
  const args = ['mod', 'download', '-json', path];
  const env = { ...process.env, GOFLAGS: '-mod=mod' };
  const { code, stdout, stderr } = await runCommand({
    file: goFile,
    args,
    env,
    cwd: '/',
    timeoutMs: downloadTimeoutMs,
  });
  const answer = code === 0 ? stdout : '{}';
  const { Dir, Sum } = JSON.parse(answer) as { readonly Dir?: string; readonly Sum?: string };
  if (Dir === undefined)
    throw new Error(`${path} cannot be downloaded: ${stderr.trim() || stdout}`);
  if (Sum !== sum) throw new Error(`${path} has the checksum ${Sum}, expected is ${sum}: not used`);
  return Dir;
}
