// `npm run bench:crash`: the crash test of the operator, many more times than `npm test` has time for.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const help = `Usage: npm run bench:crash -- [--kills N]

Kills the operator with SIGKILL N times (default 500), a little further into its work each time, and checks that no
Secret changed and that nothing is missing, doubled or left over. About 2 s a kill.
`;

const testProgram = fileURLToPath(new URL('../../../dev/test.ts', import.meta.url));
const testFile = 'test/integration/operator/crash.test.ts';

function kills(args: string[]): number | 'help' {
  const { values } = parseArgs({
    args,
    options: { kills: { type: 'string', default: '500' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) return 'help';
  const count = Number(values.kills);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`--kills: "${values.kills}" is not a whole number from 1`);
  return count;
}

try {
  const count = kills(process.argv.slice(2));
  if (count === 'help') {
    process.stdout.write(help);
  } else {
    process.stdout.write(`${count} kills, about ${Math.ceil((count * 2) / 60)} minutes\n`);
    const { status } = spawnSync(
      process.execPath,
      [testProgram, '--project', 'integration', testFile],
      { stdio: 'inherit', env: { ...process.env, CRASH_KILLS: String(count) } },
    );
    process.exitCode = status ?? 1;
  }
} catch (error) {
  process.stderr.write(`${(error as Error).message.split('. ')[0]}; see --help\n`);
  process.exitCode = 2;
}
