// What runs before anything is installed: plain JavaScript for Node 20 or newer, without dependencies. It installs the
// pinned packages when they are missing or changed (Node 26 is one of them), then runs the command under that Node.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const oldestNode = 20;

/** An interrupt within this time after another is the same one: a group gets it, and npm passes it on too. */
const echoMs = 1_000;

const commands = {
  demo: ['dev/demo.ts', 'a control plane, the operator and a store; --check exits by itself'],
  cluster: ['dev/cluster.ts', 'a control plane that stays until Ctrl-C'],
  node: ['dev/node.ts', 'a node with real containers, as root on Linux; stays until Ctrl-C'],
  storefront: ['dev/storefront.ts', "the shop's API with a PostgreSQL; stays until Ctrl-C"],
  images: ['dev/images.ts', "the shop's images as archives, without an engine"],
  load: ['dev/load.ts', "a bounded load on a shop's API"],
  smoke: ['dev/smoke.ts', 'does a running shop answer as it should?'],
  test: ['dev/test.ts', 'every test; arguments go to vitest'],
  check: ['dev/check.ts', 'format, lint, types, unit and architecture tests'],
  'bench-operator': ['test/bench/operator/main.ts', 'the benchmark of the operator'],
  'bench-storefront': ['test/bench/storefront/main.ts', "the benchmark of the shop's API"],
  'bench-crash': ['test/bench/crash/main.ts', 'the operator killed 500 times'],
};

function help() {
  const lines = Object.entries(commands).map(([name, [, text]]) => `  ${name.padEnd(16)}${text}`);
  return `Usage: node dev/bootstrap.mjs COMMAND [ARGUMENTS]\n\n${lines.join('\n')}\n`;
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/**
 * npm writes what it has installed to node_modules/.package-lock.json, last of all: a killed installation does not
 * count, one by hand does. Optional packages are left out, because npm skips those of other platforms.
 */
function isInstalled() {
  const installed = lockedPackages(join(root, 'node_modules', '.package-lock.json'));
  return Object.entries(lockedPackages(join(root, 'package-lock.json')))
    .filter(([path, { optional, devOptional }]) => path !== '' && !optional && !devOptional)
    .every(([path, { version }]) => installed[path]?.version === version);
}

function lockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

function install() {
  if (isInstalled()) return;
  const started = Date.now();
  process.stdout.write('installing the pinned packages (npm ci), a minute or two the first time\n');
  const { status, stdout, stderr, error } = spawnSync(
    process.platform === 'win32' ? 'npm.cmd' : 'npm',
    ['ci', '--include=dev', '--no-audit', '--no-fund'],
    { cwd: root, encoding: 'utf8' },
  );
  if (error !== undefined)
    fail(`npm cannot be run (${error.message}): install npm, it comes with Node`);
  if (status !== 0) fail(`${stdout}${stderr}\nnpm ci failed: see above`);
  process.stdout.write(`installed in ${((Date.now() - started) / 1000).toFixed(0)} s\n`);
}

function run(script, args) {
  const bin = join(root, 'node_modules', '.bin');
  // The kernel closes the channel however this process ends, SIGKILL included; the child, which listens
  // through end-with-parent.mjs, then stops what it started and ends too.
  const listener = new URL('end-with-parent.mjs', import.meta.url).href;
  const isInteractive = process.stdin.isTTY === true;
  const child = spawn(join(bin, 'node'), ['--import', listener, join(root, script), ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    // A terminal sends Ctrl-C to both of us, and the child decides when to end. Without a terminal the child
    // has a process group of its own and hears only what we forward: once, however many senders there are.
    detached: !isInteractive,
  });
  let interruptedAt = -Infinity;
  process.on('SIGINT', () => {
    if (isInteractive || Date.now() - interruptedAt < echoMs) return;
    interruptedAt = Date.now();
    child.kill('SIGINT');
  });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`cannot start Node 26 from node_modules: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 1));
}

const major = Number(process.versions.node.split('.')[0]);
if (major < oldestNode)
  fail(`Node ${process.versions.node} is too old: install Node ${oldestNode} or newer`);
const [name, ...args] = process.argv.slice(2);
if (name === undefined || name === '--help' || name === '-h') {
  process.stdout.write(help());
} else if (!Object.hasOwn(commands, name)) {
  fail(`unknown command ${name}\n${help()}`);
} else {
  install();
  run(commands[name][0], args);
}
