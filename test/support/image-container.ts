// Runs an assembled image without a container engine: unpacked, in namespaces of its own, as its user, with a root that
// cannot be written, as a restricted pod runs it. Needs root on Linux. Everything ends with this process.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** What an image says of itself. */
export interface ImageSettings {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly WorkingDir: string;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly StopSignal?: NodeJS.Signals;
}

/** An image whose files lie in a folder. */
export interface UnpackedImage {
  readonly root: string;
  readonly settings: ImageSettings;
}

interface Described {
  readonly digest: string;
}

/** Unpacks an archive into a folder of its own, owners and modes included. */
export function unpackImage(archive: string, folder: string): UnpackedImage {
  const [parts, root] = [join(folder, 'parts'), join(folder, 'root')];
  for (const made of [parts, root]) mkdirSync(made, { recursive: true });
  execFileSync('tar', ['-xf', archive, '-C', parts]);
  const blob = (digest: string): string => join(parts, 'blobs/sha256', digest.slice(7));
  const json = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
  const { manifests } = json(join(parts, 'index.json')) as { manifests: [Described] };
  const manifest = json(blob(manifests[0].digest)) as { config: Described; layers: Described[] };
  for (const { digest } of manifest.layers)
    execFileSync('tar', ['-xpf', blob(digest), '--numeric-owner', '-C', root]);
  const { config } = json(blob(manifest.config.digest)) as { config: ImageSettings };
  return { root, settings: config };
}

/** Why images cannot be run here; undefined where they can. */
export function whyNoContainers(): string | undefined {
  if (process.platform !== 'linux') return 'not Linux';
  if (process.getuid?.() !== 0) return 'not root';
  const { status } = spawnSync('unshare', ['--net', '--mount', '--pid', '--fork', 'true']);
  return status === 0 ? undefined : 'the kernel gives no namespaces';
}

// The shell stays as the first process of the namespace: it hears of this process's death, while what changes its user does
// not (prctl(2), PR_SET_PDEATHSIG).
// $1 root, $2 uid, $3 gid, $4 folder to work in, then pairs of folders to mount, then --, then the program.
const enclose = `
root=$1 uid=$2 gid=$3 workdir=$4
shift 4
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=1777,size=64m tmpfs "$root/tmp"
mount -t tmpfs -o mode=0755 tmpfs "$root/dev"
for device in null zero full random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"
for name in stdin:0 stdout:1 stderr:2; do ln -s "/proc/self/fd/\${name#*:}" "$root/dev/\${name%:*}"; done
while [ "$1" != -- ]; do
  mount --bind "$1" "$root$2"
  shift 2
done
shift
mount -o remount,bind,ro "$root"
"$@" &
wait $! || exit $?
`;

/** How an image is run. */
export interface RunOptions {
  /** In place of the image's command. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Folders of this machine by their place in the container. */
  readonly mounts?: Readonly<Record<string, string>>;
}

const pollIntervalMs = 100;
/** Words before a program that is to end with its parent, even one that is killed. */
const endsWithUs = ['setpriv', '--pdeathsig', 'KILL'] as const;

/** A network of containers, as the containers of a pod share one; nothing outside reaches it. */
export class Sandbox {
  readonly #folder: string;
  readonly #holder: ChildProcess;
  readonly #containers: Container[] = [];

  constructor(folder: string) {
    this.#folder = folder;
    const keep = 'ip link set lo up && exec sleep infinity';
    const args = [...endsWithUs, 'unshare', '--net', 'sh', '-c', keep];
    this.#holder = spawn('env', args, { stdio: 'ignore' });
  }

  /** Words that run a program in the network. */
  get entrance(): readonly string[] {
    return [...endsWithUs, 'nsenter', `--net=/proc/${this.#holder.pid}/ns/net`];
  }

  /** Waits until the network has its loopback. */
  async ready(): Promise<void> {
    const isUp = (): boolean =>
      spawnSync('env', [...this.entrance, 'ip', 'address', 'show', 'lo'])
        .stdout.toString()
        .includes('127.0.0.1');
    for (let left = 100; !isUp(); left -= 1) {
      if (left === 0) throw new Error('the network of the sandbox does not come up');
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }

  /** Starts an image. */
  start(name: string, image: UnpackedImage, options: RunOptions = {}): Container {
    const container = new Container({
      image,
      options,
      entrance: this.entrance,
      logPath: join(this.#folder, `${name}-${this.#containers.length}.log`),
    });
    this.#containers.push(container);
    return container;
  }

  /** Ends everything. */
  async stop(): Promise<void> {
    await Promise.all(this.#containers.map((one) => one.kill()));
    this.#holder.kill('SIGKILL');
  }
}

interface ContainerOptions {
  readonly image: UnpackedImage;
  readonly options: RunOptions;
  readonly entrance: readonly string[];
  readonly logPath: string;
}

/** A running image. */
export class Container {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #options: ContainerOptions;

  constructor(options: ContainerOptions) {
    const { image, options: run, entrance, logPath } = options;
    const { settings, root } = image;
    const [uid = '', gid = ''] = settings.User.split(':');
    writeFileSync(logPath, '');
    chownSync(logPath, Number(uid), Number(gid)); // programs open /dev/stdout anew
    const log = openSync(logPath, 'a');
    const env = [...settings.Env, ...Object.entries(run.env ?? {}).map((pair) => pair.join('='))];
    const args = [
      entrance,
      'unshare --mount --pid --fork --kill-child sh -euc'.split(' '),
      [enclose, 'sh', root, uid, gid, settings.WorkingDir],
      Object.entries(run.mounts ?? {}).flatMap(([to, from]) => [from, to]),
      ['--', '/usr/bin/env', '-i', ...env, '/usr/bin/unshare', `--root=${root}`],
      [`--wd=${settings.WorkingDir}`, `--setgid=${gid}`, `--setuid=${uid}`, '--'],
      settings.Entrypoint,
      run.args ?? settings.Cmd,
    ].flat();
    this.#options = options;
    this.#child = spawn('env', args, { stdio: ['ignore', log, log] });
    closeSync(log);
    this.#ended = once(this.#child, 'exit');
  }

  /** What it has written. */
  get output(): string {
    return readFileSync(this.#options.logPath, 'utf8');
  }

  /** Waits for its end; returns the exit code. */
  async exitCode(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }

  /** Runs a program beside it, as the kubelet runs a probe. */
  exec(...command: readonly string[]): { readonly code: number | null; readonly output: string } {
    const inner = this.#innerPid();
    if (inner === undefined) return { code: null, output: 'not running' };
    const [uid, gid] = this.#options.image.settings.User.split(':');
    const { status, stdout, stderr } = spawnSync(
      'env',
      [
        ['-i', ...this.#options.image.settings.Env, '/usr/bin/nsenter'],
        [`--target=${inner}`, '--mount', '--pid', '--net', '--root', '--wd'],
        [`--setgid=${gid}`, `--setuid=${uid}`, '--', ...command],
      ].flat(),
      { encoding: 'utf8' },
    );
    return { code: status, output: `${stdout}${stderr}` };
  }

  /** Sends the image's stop signal, as a runtime does, and waits for the end. */
  async stop(): Promise<void> {
    const inner = this.#innerPid();
    const { StopSignal = 'SIGTERM' } = this.#options.image.settings;
    if (inner !== undefined) process.kill(inner, StopSignal);
    await this.#ended;
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null)
      this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Waits for a state; throws with the output when it does not come or the program ends before. */
  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const deadline = performance.now() + 120_000;
    while (!(await isSo())) {
      const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (hasEnded || performance.now() > deadline)
        throw new Error(`${what} does not come: ${this.output.slice(-3_000)}`);
      await new Promise((resolve) => setTimeout(resolve, pollIntervalMs));
    }
  }

  /** The program: the child of the shell that is the first process of the namespace. */
  #innerPid(): number | undefined {
    const shell = childOf(this.#child.pid ?? 0);
    return shell === undefined ? undefined : childOf(shell);
  }
}

function childOf(pid: number): number | undefined {
  const children = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(children)) return undefined;
  const [first] = readFileSync(children, 'utf8').trim().split(' ');
  return first === undefined || first === '' ? undefined : Number(first);
}
