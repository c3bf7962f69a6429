// The operator as its one-file bundle, in a process of its own, watched from outside: /proc and /metrics.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What the image passes to Node: memory is measured under the limits of production. */
function nodeFlags(): readonly string[] {
  const dockerfile = readFileSync(join(root, 'Dockerfile.operator'), 'utf8');
  const entryPoint = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]';
  return (JSON.parse(entryPoint) as readonly string[]).filter((word) => word.startsWith('--'));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A running operator. */
export class OperatorUnderTest {
  readonly #child: ChildProcess;
  readonly #metricsPort: number;

  private constructor(child: ChildProcess, metricsPort: number) {
    this.#child = child;
    this.#metricsPort = metricsPort;
  }

  /** Builds the bundle and starts it. */
  static async start(kubeconfig: string): Promise<OperatorUnderTest> {
    const folder = await mkdtemp(join(tmpdir(), 'dhakacart-bench-'));
    await promisify(execFile)(process.execPath, [
      join(root, 'dev/build.ts'),
      `--out=${folder}`,
      'operator',
    ]);
    const port = await freePort();
    const child = spawn(
      process.execPath,
      [
        ...nodeFlags(),
        join(folder, 'operator.mjs'),
        `--kubeconfig=${kubeconfig}`,
        `--metrics-bind-address=127.0.0.1:${port}`,
        '--health-probe-bind-address=127.0.0.1:0',
        '--log-level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    process.once('exit', () => child.kill('SIGKILL'));
    return new OperatorUnderTest(child, port);
  }

  /** Largest resident memory so far, in MiB. */
  peakMemoryMiB(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  }

  /** Processor time so far, in user and kernel mode, all threads; proc(5) counts it in hundredths of a second. */
  processorSeconds(): number {
    const stat = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8');
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return (user + system) / 100;
  }

  /** Writes to the API server so far, those of the lease apart. */
  async writes(): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.#metricsPort}/metrics`)).text();
    const lines = text.matchAll(
      /^rest_client_requests_total\{method="(POST|PATCH|DELETE)"[^}]*\} (\d+)$/gm,
    );
    return [...lines].reduce((total, line) => total + Number(line[2]), 0);
  }

  /** Ends it. */
  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGTERM');
    await exited;
  }
}
