// `npm test`: every test of every project, and a last line with the counts from the runner's own report.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { countsLine, readTestCounts } from './test-report.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const reportFile = join(root, 'test-results', 'vitest.json');

rmSync(reportFile, { force: true });
mkdirSync(join(root, 'test-results'), { recursive: true });
const vitest = spawn(
  process.execPath,
  [
    join(root, 'node_modules', 'vitest', 'vitest.mjs'),
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
// From a terminal vitest has it already, and a second one would make it skip the end of the cluster.
process.on('SIGINT', () => process.stdin.isTTY || vitest.kill('SIGINT'));
process.on('SIGTERM', () => vitest.kill('SIGTERM'));
vitest.on('exit', (code) => {
  try {
    process.stdout.write(`${countsLine(readTestCounts(reportFile))}\n`);
    process.exitCode = code ?? 1;
  } catch (error) {
    process.stderr.write(`no test report: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
});
