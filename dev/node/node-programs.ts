import { fileURLToPath } from 'node:url';
import { ensureGoProgram } from '../binaries/go-build.ts';
import {
  cachedProgramPath,
  controlPlaneProgram,
  goDirective,
  moduleVersion,
  readGoMod,
} from '../binaries/go-program.ts';
import type { GoProgram } from '../binaries/go-program.ts';
import type { HostProbes } from '../binaries/host-probes.ts';
import { releaseSources } from '../binaries/release-files.ts';
import { releasedProgram } from '../binaries/released-program.ts';
import type { ReleasedProgram } from '../binaries/released-program.ts';
import { arrangeTraefikModule } from './traefik-module.ts';

/** The programs of a node that are not the system's, and where each is. */
export interface NodePrograms {
  /** kubelet, kube-proxy and the control plane. */
  readonly kubecp: string;
  /** Pause, the enclosure's keeper, the doors. */
  readonly nodekit: string;
  readonly 'kube-router': string;
  readonly coredns: string;
  readonly 'metrics-server': string;
  readonly traefik: string;
}

interface Source {
  readonly program: GoProgram;
  readonly release?: ReleasedProgram;
}

interface ModuleRequest {
  readonly name: string;
  /** Of the module that holds the program; its version names the program. */
  readonly module: string;
  readonly packagePath: string;
  /** Variable for the linker to put the version into. */
  readonly versionVariable?: string;
  readonly expectation: string;
}

function moduleProgram(request: ModuleRequest): GoProgram {
  const moduleFolder = programFolder(request.name);
  const goMod = readGoMod(moduleFolder);
  const version = moduleVersion(goMod, request.module);
  const variable = request.versionVariable;
  return {
    name: request.name,
    title: `${request.name} ${version}`,
    moduleFolder,
    packagePath: request.packagePath,
    ldflags: `-s -w${variable === undefined ? '' : ` -X ${variable}=${version.slice(1)}`}`,
    goVersion: goDirective(goMod),
    expectation: request.expectation,
  };
}

function programFolder(name: string): string {
  return fileURLToPath(new URL(`programs/${name}`, import.meta.url));
}

function nodekitProgram(): GoProgram {
  const moduleFolder = programFolder('nodekit');
  return {
    name: 'nodekit',
    title: 'the node kit',
    moduleFolder,
    packagePath: '.',
    ldflags: '-s -w',
    goVersion: goDirective(readGoMod(moduleFolder)),
    expectation: 'seconds',
  };
}

function traefikSource(): Source {
  const module = 'github.com/traefik/traefik/v3';
  const moduleFolder = programFolder('traefik');
  const program = moduleProgram({
    name: 'traefik',
    module,
    packagePath: `${module}/cmd/traefik`,
    versionVariable: `${module}/pkg/version.Version`,
    expectation: 'about 3 minutes on 2 cores the first time, seconds later',
  });
  const tag = moduleVersion(readGoMod(moduleFolder), module);
  return {
    program: {
      ...program,
      arrange: (goFile, folder) => arrangeTraefikModule(moduleFolder, goFile, folder),
    },
    release: {
      name: 'traefik',
      project: 'traefik/traefik',
      tag,
      asset: (arch) => `traefik_${tag}_linux_${arch}.tar.gz`,
    },
  };
}

function corednsSource(): Source {
  const module = 'github.com/coredns/coredns';
  const expectation = 'about 2 minutes on 2 cores the first time, seconds later';
  const program = moduleProgram({ name: 'coredns', module, packagePath: module, expectation });
  const tag = moduleVersion(readGoMod(program.moduleFolder), module);
  const asset = (arch: string): string => `coredns_${tag.slice(1)}_linux_${arch}.tgz`;
  return { program, release: { name: 'coredns', project: 'coredns/coredns', tag, asset } };
}

function kubeRouterSource(): Source {
  const module = 'github.com/cloudnativelabs/kube-router/v2';
  const name = 'kube-router';
  const packagePath = `${module}/cmd/kube-router`;
  const expectation = 'about a minute on 2 cores the first time, seconds later';
  const program = moduleProgram({ name, module, packagePath, expectation });
  const tag = moduleVersion(readGoMod(program.moduleFolder), module);
  const asset = (arch: string): string => `kube-router_${tag.slice(1)}_linux_${arch}.tar.gz`;
  return { program, release: { name, project: 'cloudnativelabs/kube-router', tag, asset } };
}

/** Its project publishes images only. */
function metricsServerSource(): Source {
  const module = 'sigs.k8s.io/metrics-server';
  const packagePath = `${module}/cmd/metrics-server`;
  const expectation = 'about a minute on 2 cores the first time, seconds later';
  return { program: moduleProgram({ name: 'metrics-server', module, packagePath, expectation }) };
}

function sources(): Readonly<Record<keyof NodePrograms, Source>> {
  return {
    kubecp: { program: controlPlaneProgram() },
    nodekit: { program: nodekitProgram() },
    'kube-router': kubeRouterSource(),
    coredns: corednsSource(),
    'metrics-server': metricsServerSource(),
    traefik: traefikSource(),
  };
}

/** The machine to look on and to build on, and where messages go. */
export interface ProgramEnvironment {
  readonly host: HostProbes;
  readonly onMessage: (line: string) => void;
}

/**
 * Every program: from the cache folder, else the project's own release, else built from its Go module.
 * @throws Error that says which cannot be had, and why
 */
export async function ensureNodePrograms(environment: ProgramEnvironment): Promise<NodePrograms> {
  const found: [string, string][] = [];
  // One after the other: a Go build takes every core by itself.
  for (const [name, source] of Object.entries(sources())) {
    found.push([name, await ensureProgram(source, environment)]);
  }
  return Object.fromEntries(found) as unknown as NodePrograms;
}

async function ensureProgram(source: Source, environment: ProgramEnvironment): Promise<string> {
  const { host } = environment;
  const built = cachedProgramPath(source.program, host);
  if (host.exists(built)) return built;
  const whyNot: string[] = [];
  if (source.release !== undefined) {
    const released = await releasedProgram(source.release, {
      ...environment,
      sources: releaseSources,
    });
    if ('file' in released) return released.file;
    whyNot.push(released.why);
  }
  const outcome = await ensureGoProgram(source.program, environment);
  if ('file' in outcome) return outcome.file;
  throw new Error(`no ${source.program.title}: ${[...whyNot, outcome.why].join('; ')}`);
}

/** The version of a program, for the name of its image: what its go.mod requires. */
export function programVersion(name: 'coredns' | 'metrics-server' | 'traefik'): string {
  return sources()[name].program.title.split(' v')[1] ?? '0';
}
