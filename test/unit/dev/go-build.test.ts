import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureGoProgram } from '../../../dev/binaries/go-build.ts';
import { cachedProgramPath, programHash } from '../../../dev/binaries/go-program.ts';
import type { GoProgram } from '../../../dev/binaries/go-program.ts';
import { realHost } from '../../../dev/binaries/host-probes.ts';
import type { HostProbes } from '../../../dev/binaries/host-probes.ts';

// A go that writes down each build in a file next to it and takes a moment for it.
const fakeGo = `#!/bin/sh
if [ "$1" = version ]; then echo "go version go1.26.8 linux/amd64"; exit 0; fi
echo build >> "$0.log"
echo "example.org/package" >&2
sleep 0.2
while [ "$1" != -o ]; do shift; done
if [ -e "$0.broken" ]; then echo "undefined: thing" >&2; exit 1; fi
echo "the program" > "$2"
`;

describe('building a Go program', () => {
  let folder: string;
  let host: HostProbes;
  let program: GoProgram;
  let messages: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dhakacart-test-'));
    const go = join(folder, 'go');
    writeFileSync(go, fakeGo);
    chmodSync(go, 0o755);
    mkdirSync(join(folder, 'module'));
    writeFileSync(join(folder, 'module', 'go.mod'), 'module example.org/program\n');
    messages = [];
    host = {
      ...realHost(),
      env: { DHAKACART_CACHE: join(folder, 'cache') },
      which: (name) => (name === 'go' ? go : undefined),
    };
    program = {
      name: 'program',
      title: 'the program',
      moduleFolder: join(folder, 'module'),
      packagePath: '.',
      ldflags: '-s -w',
      goVersion: '1.26.0',
      expectation: 'a moment',
    };
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const environment = () => ({ host, onMessage: (line: string) => void messages.push(line) });

  it('happens once, also when two ask at the same time, and never again', async () => {
    const file = cachedProgramPath(program, host);
    const outcomes = await Promise.all([
      ensureGoProgram(program, environment()),
      ensureGoProgram(program, environment()),
    ]);
    expect(
      outcomes.toSorted(
        (a, b) => Number('built' in b && b.built) - Number('built' in a && a.built),
      ),
    ).toEqual([
      { file, built: true },
      { file, built: false },
    ]);
    expect(await ensureGoProgram(program, environment())).toEqual({ file, built: false });
    expect(readFileSync(join(folder, 'go.log'), 'utf8')).toBe('build\n');
    expect(readFileSync(file, 'utf8')).toBe('the program\n');
  });

  it('says what it does and how long it took', async () => {
    await ensureGoProgram(program, environment());
    expect(messages).toEqual([
      'building the program with go 1.26.8: a moment',
      expect.stringMatching(/^built the program in \d+ s$/),
    ]);
  });

  it('leaves nothing behind when it fails, and repeats what the compiler said', async () => {
    writeFileSync(join(folder, 'go.broken'), '');
    expect(await ensureGoProgram(program, environment())).toEqual({
      why: expect.stringContaining('undefined: thing'),
    });
    expect(readdirSync(dirname(cachedProgramPath(program, host)))).toEqual([]);
  });

  it('clears away what a killed build has left', async () => {
    const left = join(dirname(cachedProgramPath(program, host)), '.unfinished-4194305-abc');
    mkdirSync(left, { recursive: true });
    await ensureGoProgram(program, environment());
    expect(existsSync(left)).toBe(false);
  });

  it('is for the sources as they are: another file, another place in the cache', () => {
    const before = programHash(program);
    writeFileSync(join(program.moduleFolder, 'notes.txt'), 'no source');
    expect(programHash(program)).toBe(before);
    writeFileSync(join(program.moduleFolder, 'main.go'), 'package main\n');
    expect(programHash(program)).not.toBe(before);
    expect(programHash({ ...program, ldflags: '-s' })).not.toBe(programHash(program));
  });
});
