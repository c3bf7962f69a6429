// `npm run check`: everything that needs no cluster, in under a minute.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Check {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

const checks: readonly Check[] = [
  { name: 'format', program: 'biome', args: ['format', '.'] },
  { name: 'lint', program: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  { name: 'types', program: 'tsc', args: ['-p', '.'] },
  { name: 'generated files', program: 'node', args: ['crds/generate.ts', '--check'] },
  {
    name: 'OpenAPI document',
    program: 'node',
    args: ['storefront-api/write-openapi.ts', '--check'],
  },
  {
    name: 'table of security cases',
    program: 'node',
    args: ['dev/security/write-table.ts', '--check'],
  },
  {
    name: 'unit and architecture tests',
    program: 'vitest',
    args: ['run', '--project', 'unit', '--project', 'architecture'],
  },
];

/** Two cores: more at once only makes each slower. */
const atOnce = 2;

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly seconds: string;
}

function runCheck({ program, args }: Check): Promise<Outcome> {
  const startedAt = performance.now();
  const child = spawn(join(root, 'node_modules', '.bin', program), args, { cwd: root });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) => {
      output += error.message;
    });
    child.on('close', (code) => {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      resolve({ code: code ?? 1, output, seconds });
    });
  });
}

async function worker(queue: Check[]): Promise<void> {
  for (let check = queue.shift(); check !== undefined; check = queue.shift()) {
    const { code, output, seconds } = await runCheck(check);
    process.stdout.write(`${code === 0 ? 'ok  ' : 'FAIL'} ${check.name} (${seconds} s)\n`);
    if (code === 0) continue;
    process.exitCode = 1;
    process.stdout.write(output);
  }
}

const queue = [...checks];
await Promise.all(Array.from({ length: atOnce }, () => worker(queue)));
