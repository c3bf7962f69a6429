import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { noteUse } from '../../../../dev/images/archive-cache.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dhakacart-archives-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function give(name: string, minutesAgo: number): void {
  writeFileSync(join(folder, name), '');
  const usedAt = Date.now() / 1_000 - minutesAgo * 60;
  utimesSync(join(folder, name), usedAt, usedAt);
}

it('keeps the two archives that were used last, and removes the others with what belongs to them', () => {
  for (const [name, minutesAgo] of [
    ['a.tar', 500],
    ['a.tar.digest', 900],
    ['b.tar', 300],
    ['b.tar.digest', 900],
    ['c.tar', 200],
    ['c.tar.digest', 200],
    ['d.tar.77.part', 400],
  ] as const) {
    give(name, minutesAgo);
  }
  noteUse(join(folder, 'a.tar'));
  expect(readdirSync(folder).toSorted()).toEqual([
    'a.tar',
    'a.tar.digest',
    'c.tar',
    'c.tar.digest',
  ]);
});

it('leaves what another process may be about to import', () => {
  for (const [index, name] of ['a.tar', 'b.tar', 'c.tar', 'd.tar.77.part'].entries()) {
    give(name, index * 10);
  }
  noteUse(join(folder, 'a.tar'));
  expect(readdirSync(folder)).toHaveLength(4);
});
