// The real controllers of cert-manager, against a cluster of the tests.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { ensureGoProgram } from '../../dev/binaries/go-build.ts';
import { certManagerProgram } from '../../dev/binaries/go-program.ts';
import { realHost } from '../../dev/binaries/host-probes.ts';

/** Where the program is, or why it cannot be built here. */
export type CertManagerProgram = { readonly file: string } | { readonly why: string };

/** Builds the program of `dev/cert-manager` on first use. */
export function certManagerBinary(): Promise<CertManagerProgram> {
  const onMessage = (line: string): void => void process.stderr.write(`${line}\n`);
  return ensureGoProgram(certManagerProgram(), { host: realHost(), onMessage });
}

/** The running controllers; they end with this process, too. */
export class CertManager {
  readonly #child: ChildProcess;
  /** What they say. */
  output = '';

  constructor(file: string, kubeconfig: string) {
    this.#child = spawn(file, [`--kubeconfig=${kubeconfig}`], { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  /** Resolves when they have ended. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}
