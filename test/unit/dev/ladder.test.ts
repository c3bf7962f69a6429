import { describe, expect, it } from 'vitest';
import { climb } from '../../../dev/binaries/ladder.ts';
import type { Rung, RungOutcome } from '../../../dev/binaries/ladder.ts';
import { controlPlaneRungs } from '../../../dev/binaries/find-control-plane.ts';
import type { HostProbes } from '../../../dev/binaries/host-probes.ts';
import { assetsRung, cacheRung, kubeconfigRung } from '../../../dev/binaries/local-rungs.ts';
import { cachedProgramPath, controlPlaneProgram } from '../../../dev/binaries/go-program.ts';
import { dockerRung } from '../../../dev/binaries/docker-rung.ts';
import type { CommandResult } from '../../../dev/cluster/cluster.ts';

function aHost(
  env: Record<string, string> = {},
  paths: readonly string[] = [],
  commands: readonly string[] = [],
): HostProbes {
  return {
    env,
    home: '/home/ayesha',
    platform: 'linux',
    arch: 'x64',
    exists: (path) => paths.includes(path),
    which: (name) => (commands.includes(name) ? `/usr/bin/${name}` : undefined),
  };
}

function aRung(name: string, outcome: RungOutcome): Rung {
  return { name, attempt: () => Promise.resolve(outcome) };
}

const found: RungOutcome = { found: { kind: 'k3s' }, because: 'what was found' };

describe('the ladder', () => {
  it('stops at the first rung that holds and says which in one sentence', async () => {
    const later: Rung = { name: 'later', attempt: () => Promise.reject(new Error('not asked')) };
    const rungs = [aRung('first', { skipped: 'no' }), aRung('second', found), later];
    await expect(climb(rungs)).resolves.toEqual({
      rung: 'second',
      sentence: 'control plane: using what was found',
      source: { kind: 'k3s' },
    });
  });

  it('names every rung and what to install when none holds', async () => {
    const rungs = [
      aRung('cache', { skipped: 'empty' }),
      aRung('build', { skipped: 'go is not installed', advice: 'install Go' }),
    ];
    await expect(climb(rungs)).rejects.toThrow(
      /cache: empty\n.*build: go is not installed\n.*\n.*install Go/,
    );
  });

  it('goes from the most explicit rung to the dearest', () => {
    const rungs = controlPlaneRungs(aHost(), () => undefined);
    expect(rungs.map(({ name }) => name)).toEqual([
      'explicit kubeconfig',
      'KUBEBUILDER_ASSETS',
      'cache folder',
      'upstream releases',
      'Go build',
      'Docker',
    ]);
  });
});

describe('the rung of an explicit kubeconfig', () => {
  it.each([
    [{}, 'is not set'],
    [{ DHAKACART_KUBECONFIG: '' }, 'is not set'],
    [{ DHAKACART_KUBECONFIG: '/absent' }, '/absent, which is not there'],
    [{ KUBECONFIG: '/there' }, 'is not set'], // it may be production
  ])('is skipped for %j', (env, why) => {
    expect(kubeconfigRung(aHost(env, ['/there']))).toEqual({
      skipped: expect.stringContaining(why),
    });
  });

  it('takes the file that DHAKACART_KUBECONFIG names', () => {
    const outcome = kubeconfigRung(aHost({ DHAKACART_KUBECONFIG: '/there' }, ['/there']));
    expect(outcome).toMatchObject({ found: { kind: 'kubeconfig', path: '/there' } });
  });
});

describe('the rung of KUBEBUILDER_ASSETS', () => {
  const env = { KUBEBUILDER_ASSETS: '/assets' };
  const three = ['/assets/etcd', '/assets/kube-apiserver', '/assets/kubectl'];

  it('says what a folder lacks', () => {
    expect(assetsRung(aHost(env, three.slice(1)))).toEqual({
      skipped: 'KUBEBUILDER_ASSETS names /assets, which lacks etcd',
    });
  });

  it('is content with the three programs of envtest and says what is missing then', () => {
    const outcome = assetsRung(aHost(env, three));
    expect(outcome).toMatchObject({
      found: { binaries: { commands: { etcd: { file: '/assets/etcd', args: [] } } } },
      because: expect.stringContaining(
        'without kube-controller-manager, kube-scheduler, kwok: not there',
      ),
    });
  });

  it('takes kwok only together with its rules', () => {
    const kwok = [...three, '/assets/kwok'];
    const commands = (paths: string[]) => ({
      found: { binaries: { commands: assetsCommands(assetsRung(aHost(env, paths))) } },
    });
    expect(commands(kwok).found.binaries.commands).not.toContain('kwok');
    const complete = [...kwok, '/assets/stage-fast.yaml'];
    expect(commands(complete).found.binaries.commands).toContain('kwok');
  });
});

function assetsCommands(outcome: RungOutcome): string[] {
  if (!('found' in outcome) || outcome.found.kind !== 'binaries') return [];
  return Object.keys(outcome.found.binaries.commands);
}

describe('the rung of the cache folder', () => {
  const program = controlPlaneProgram();

  it('takes a program that was built from the same sources for this platform', () => {
    const file = cachedProgramPath(program, aHost());
    expect(file).toMatch(
      /^\/home\/ayesha\/\.cache\/dhakacart\/kubecp\/[0-9a-f]+-linux-x64\/kubecp$/,
    );
    expect(assetsCommands(cacheRung(aHost({}, [file]), program))).toContain('kube-apiserver');
    const elsewhere = { ...aHost({}, [file]), platform: 'darwin' } as const;
    expect(cacheRung(elsewhere, program)).toHaveProperty('skipped');
  });

  it.each([
    [{ DHAKACART_CACHE: '/c', XDG_CACHE_HOME: '/x' }, '/c/kubecp/'],
    [{ XDG_CACHE_HOME: '/x' }, '/x/dhakacart/kubecp/'],
  ])('is where %j says', (env, start) => {
    expect(cachedProgramPath(program, aHost(env)).startsWith(start)).toBe(true);
  });
});

describe('the rung of Docker', () => {
  const answer = (code: number) => (): Promise<CommandResult> =>
    Promise.resolve({ code, stdout: '', stderr: '' });

  it.each([
    [[], 0, 'docker is not installed'],
    [['docker', 'kubectl'], 1, 'docker is installed, but its daemon does not answer'],
    [['docker'], 0, 'docker runs, but kubectl is not installed'],
  ] as const)('is skipped with %j and exit code %i', async (commands, code, skipped) => {
    const outcome = await dockerRung(aHost({}, [], commands), answer(code));
    expect(outcome).toMatchObject({ skipped, advice: expect.stringContaining('install') });
  });

  it('is taken when Docker runs and kubectl is there', async () => {
    const outcome = await dockerRung(aHost({}, [], ['docker', 'kubectl']), answer(0));
    expect(outcome).toMatchObject({ found: { kind: 'k3s' } });
  });
});
