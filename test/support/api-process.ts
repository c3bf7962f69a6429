// The API as a process of its own, as the operator runs it: settings from variables and files.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from 'vitest';
import { aShopConfig } from './shop-config.ts';

const main = join(import.meta.dirname, '../../storefront-api/main.ts');
const node = join(import.meta.dirname, '../../node_modules/.bin/node');
const startPatienceMs = 30_000;

/** A process that listens. */
export interface ApiProcess {
  readonly child: ChildProcess;
  readonly port: number;
  readonly metricsPort: number;
  readonly output: () => string;
}

/** A secret of so many bytes. */
export const secretOf = (bytes: number): string => Buffer.alloc(bytes, 1).toString('base64url');

/** Processes of the current test file; all are killed after each test. */
export class ApiProcesses {
  readonly #folder = mkdtempSync(join(tmpdir(), 'dhakacart-api-'));
  readonly #children: ChildProcess[] = [];

  constructor() {
    afterEach(() => this.killAll());
    afterAll(() => rmSync(this.#folder, { recursive: true }));
  }

  /** Writes a file that a setting may name; returns its path. */
  file(name: string, content: string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** Settings that work, and changes to them. */
  environment(url: string, change: Record<string, string> = {}): Record<string, string> {
    const keys = { keys: [{ kty: 'oct', kid: 'a', k: secretOf(48) }] };
    return {
      PORT: '0',
      METRICS_PORT: '0',
      ENDPOINT_PROPAGATION_MS: '500',
      CONFIG_FILE: this.file('config.json', JSON.stringify(aShopConfig())),
      JWT_KEYS_FILE: this.file('jwks.json', JSON.stringify(keys)),
      SESSION_SECRET_FILE: this.file('secret', secretOf(48)),
      DATABASE_URL: url,
      ...change,
    };
  }

  /** Starts the program. `NODE_OPTIONS` of the environment reaches Node. */
  start(
    args: readonly string[],
    env: Record<string, string>,
    input = '',
  ): { readonly child: ChildProcess; readonly output: () => string } {
    const child = spawn(node, [main, ...args], { env, stdio: 'pipe' });
    child.stdin.end(input);
    this.#children.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
    }
    return { child, output: () => text };
  }

  /** Runs the program to its end. */
  async ended(
    args: readonly string[],
    env: Record<string, string>,
    input = '',
  ): Promise<{ readonly code: number; readonly output: string }> {
    const { child, output } = this.start(args, env, input);
    const [code] = (await once(child, 'close')) as [number];
    return { code, output: output() };
  }

  /** Starts the program and waits until it listens. */
  async listening(env: Record<string, string>): Promise<ApiProcess> {
    const started = this.start([], env);
    const deadline = performance.now() + startPatienceMs;
    for (;;) {
      const line = started
        .output()
        .split('\n')
        .find((text) => text.includes('"listening"'));
      if (line !== undefined)
        return { ...started, ...(JSON.parse(line) as { port: number; metricsPort: number }) };
      if (started.child.exitCode !== null || performance.now() > deadline)
        throw new Error(`the API does not listen: ${started.output()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  killAll(): void {
    for (const child of this.#children.splice(0)) child.kill('SIGKILL');
  }
}

/** Status of an answer, and what it says about the connection. */
export function statusOf(
  port: number,
  path: string,
  { agent, host = '127.0.0.1' }: { readonly agent?: Agent; readonly host?: string } = {},
): Promise<{ readonly status: number; readonly connection: string | undefined }> {
  return new Promise((resolve, reject) => {
    const headers = { host: '127.0.0.1' };
    get({ host, port, path, headers, ...(agent && { agent }) }, (response) => {
      response.resume();
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection }),
      );
    }).on('error', reject);
  });
}
