import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { shellLines } from '../../../dev/shell-lines.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dhakacart-shell-'));
  file = join(folder, 'every-program');
  writeFileSync(file, '#!/bin/sh\nbasename $0\n', { mode: 0o755 });
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines = (kubectl: string, found: string | undefined): readonly string[] =>
  shellLines(
    { kubeconfigPath: join(folder, 'kubeconfig'), kubectl: { file: kubectl, args: [] } },
    { which: () => found },
  );

it('name the kubeconfig alone where the machine has a kubectl, or we have none either', () => {
  const expected = [`export KUBECONFIG=${folder}/kubeconfig`];
  expect(lines(file, '/usr/bin/kubectl')).toEqual(expected);
  expect(lines('kubectl', undefined)).toEqual(expected);
  expect(existsSync(join(folder, 'bin'))).toBe(false);
});

it('put our kubectl on the PATH of a machine that has none', () => {
  const shown = lines(file, undefined);
  expect(shown).toHaveLength(2);
  const script = [...shown, 'kubectl'].join('\n');
  expect(execFileSync('sh', ['-c', script], { encoding: 'utf8' })).toBe('kubectl\n');
});
