import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { installPackages } from '../../../../dev/node/host-programs.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dhakacart-apt-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH'] ?? ''}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** An apt-get that notes what it is asked for, and fails the first times with these words. */
function playApt(failures: readonly string[]): void {
  const lines = failures.map((words, index) => `${index + 1}) echo '${words}' >&2; exit 100;;`);
  const count = `$(wc -l < ${folder}/asked)`;
  const script = [
    '#!/bin/sh',
    `echo "$*" >> ${folder}/asked`,
    `case ${count} in`,
    ...lines,
    'esac',
  ];
  writeFileSync(join(folder, 'apt-get'), script.join('\n'), { mode: 0o755 });
}

it('waits for the installations that a new machine makes by itself', async () => {
  playApt(['E: Unable to locate package runc', 'E: Could not get lock /var/lib/apt/lists/lock.']);
  await installPackages(['runc']);
  const wait = '-o DPkg::Lock::Timeout=300';
  const install = `${wait} install -y --no-install-recommends runc`;
  const update = `${wait} update -qq`;
  const asked = readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');
  expect(asked).toEqual([install, update, update, install]);
});
