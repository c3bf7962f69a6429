// Bundles each program into one JavaScript file: 40 MiB less memory and half the start-up time of loose files.
import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { leanClientNode } from './lean-client-node.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Programs and their entry points. */
const programs: Readonly<Record<string, string>> = {
  operator: 'operator/main.ts',
};

// CommonJS dependencies call require, which an ES module does not have.
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module';" +
  'const require = __createRequire(import.meta.url);';

async function bundle(name: string, entryPoint: string, folder: string): Promise<void> {
  const started = performance.now();
  const outfile = join(folder, `${name}.mjs`);
  const result = await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    minifySyntax: true,
    keepNames: true,
    legalComments: 'none',
    metafile: true,
    banner: { js: requireBanner },
    plugins: [leanClientNode],
    logLevel: 'warning',
  });
  const bytes = Object.values(result.metafile.outputs)[0]?.bytes ?? 0;
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${outfile}  ${(bytes / 2 ** 20).toFixed(1)} MiB  ${seconds} s\n`);
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: 'dist' } },
});
const names = positionals.length === 0 ? Object.keys(programs) : positionals;
const folder = resolve(root, values.out);
await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
for (const name of names) {
  const entryPoint = programs[name];
  if (entryPoint === undefined) {
    process.stderr.write(`unknown program ${name}; known: ${Object.keys(programs).join(', ')}\n`);
    process.exitCode = 2;
    break;
  }
  await bundle(name, entryPoint, folder);
}
