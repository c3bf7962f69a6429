import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostProbes } from './host-probes.ts';

/** One program that a Go module of this repository builds. */
export interface GoProgram {
  /** Its file name, such as `kubecp`. */
  readonly name: string;
  /** What it is to people, such as `the control plane`. */
  readonly title: string;
  readonly moduleFolder: string;
  readonly packagePath: string;
  readonly ldflags: string;
  /** The Go version its go.mod demands, such as `1.26.0`. */
  readonly goVersion: string;
  /** How long a build from an empty cache takes, for the first progress line. */
  readonly expectation: string;
  /**
   * Makes the module to build in an empty folder, for a program that cannot be built from `moduleFolder` as it is.
   * @throws Error that says why it cannot
   */
  readonly arrange?: (goFile: string, folder: string) => Promise<void>;
}

/** kube-apiserver and everything around it in one binary. */
export function controlPlaneProgram(): GoProgram {
  const moduleFolder = fileURLToPath(new URL('../control-plane', import.meta.url));
  const goMod = readGoMod(moduleFolder);
  const version = moduleVersion(goMod, 'k8s.io/kubernetes');
  const [major, minor] = version.slice(1).split('.');
  // Without these, the server calls itself v0.0.0 and `kubectl version` cannot parse that.
  const variable = 'k8s.io/component-base/version.git';
  return {
    name: 'kubecp',
    title: `the Kubernetes ${version} control plane`,
    moduleFolder,
    packagePath: '.',
    ldflags: `-s -w -X ${variable}Version=${version} -X ${variable}Major=${major} -X ${variable}Minor=${minor}`,
    goVersion: goDirective(goMod),
    expectation: 'about 6 minutes on 2 cores the first time, seconds later',
  };
}

/** Helm, for the chart and its tests. */
export function helmProgram(): GoProgram {
  const moduleFolder = fileURLToPath(new URL('../helm', import.meta.url));
  const goMod = readGoMod(moduleFolder);
  const version = moduleVersion(goMod, 'helm.sh/helm/v4');
  return {
    name: 'helm',
    title: `helm ${version}`,
    moduleFolder,
    packagePath: 'helm.sh/helm/v4/cmd/helm',
    ldflags: `-s -w -X helm.sh/helm/v4/internal/version.version=${version}`,
    goVersion: goDirective(goMod),
    expectation: 'about 2 minutes on 2 cores the first time, seconds later',
  };
}

/** The controllers of cert-manager that need nobody outside of the cluster, for the tests. */
export function certManagerProgram(): GoProgram {
  const moduleFolder = fileURLToPath(new URL('../cert-manager', import.meta.url));
  const goMod = readGoMod(moduleFolder);
  const version = moduleVersion(goMod, 'github.com/cert-manager/cert-manager');
  return {
    name: 'cert-manager',
    title: `the controllers of cert-manager ${version}`,
    moduleFolder,
    packagePath: '.',
    ldflags: '-s -w',
    goVersion: goDirective(goMod),
    expectation: 'about 2 minutes on 2 cores the first time, seconds later',
  };
}

/** The version of a required module in the text of a go.mod. Pure. */
export function moduleVersion(goMod: string, path: string): string {
  const line = goMod.split('\n').find((text) => isRequirement(text, path));
  const version = line
    ?.trim()
    .replace(/^require\s+/, '')
    .split(/\s+/)[1];
  if (version === undefined) throw new Error(`go.mod does not require ${path}`);
  return version;
}

function isRequirement(line: string, path: string): boolean {
  return (
    line
      .trim()
      .replace(/^require\s+/, '')
      .startsWith(`${path} v`) && !line.includes('=>')
  );
}

/** The Go version that a go.mod demands. Pure. */
export function goDirective(goMod: string): string {
  return /^go (\S+)$/m.exec(goMod)?.[1] ?? '1.26.0';
}

/** The text of a module's go.mod. */
export function readGoMod(moduleFolder: string): string {
  return readFileSync(join(moduleFolder, 'go.mod'), 'utf8');
}

/** A hash of everything that decides what the program is: module files, sources, linker flags. */
export function programHash(program: GoProgram): string {
  const hash = createHash('sha256').update(`${program.packagePath}\n${program.ldflags}\n`);
  const names = readdirSync(program.moduleFolder, { recursive: true, encoding: 'utf8' });
  for (const name of names.filter(isModuleFile).toSorted()) {
    hash.update(`${name}\n`).update(readFileSync(join(program.moduleFolder, name)));
  }
  return hash.digest('hex').slice(0, 16);
}

function isModuleFile(name: string): boolean {
  return ['go.mod', 'go.sum'].includes(basename(name)) || name.endsWith('.go');
}

/** `$DHAKACART_CACHE`, else `$XDG_CACHE_HOME/dhakacart`, else `~/.cache/dhakacart`. Pure. */
export function cacheFolder({ env, home }: Pick<HostProbes, 'env' | 'home'>): string {
  const own = env['DHAKACART_CACHE'];
  if (own !== undefined && own !== '') return own;
  const shared = env['XDG_CACHE_HOME'];
  if (shared !== undefined && shared !== '') return join(shared, 'dhakacart');
  return join(home, '.cache', 'dhakacart');
}

/** Where a built program is kept: other sources, another platform, another folder. */
export function cachedProgramPath(program: GoProgram, host: HostProbes): string {
  const key = `${programHash(program)}-${host.platform}-${host.arch}`;
  return join(cacheFolder(host), program.name, key, program.name);
}
