import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sweepFolders } from '../../../../dev/node/remains.ts';

/** Beyond the largest process id there can be (proc(5), pid_max). */
const nobodysPid = 5_000_000;
const isRoot = process.getuid?.() === 0;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dhakacart-remains-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("removes folders of ended nodes, unless they are somebody else's or no folders", () => {
  const named = (end: string, pid = nobodysPid): string =>
    join(folder, `dhakacart-node-${pid}-${end}`);
  const running = named('running', process.pid);
  const folders = [named('own'), named('foreign'), running];
  for (const path of folders) mkdirSync(path);
  symlinkSync(tmpdir(), named('link'));
  if (isRoot) chownSync(named('foreign'), 65_534, 65_534);
  sweepFolders(folder);
  const kept = [named('link'), running, ...(isRoot ? [named('foreign')] : [])];
  const names = kept.map((path) => basename(path));
  expect(readdirSync(folder).toSorted()).toEqual(names.toSorted());
});
