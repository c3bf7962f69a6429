import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  forbiddenNames,
  maxFileLines,
  type Room,
  rooms,
  sourceFolders,
} from './allowed-imports.ts';
import { type ImportedModule, importsOf, type SourceFile, sourceFiles } from './source-files.ts';

const files = sourceFolders.flatMap((folder) => sourceFiles(folder));

function matches(place: string, path: string): boolean {
  return place.endsWith('/') || place.endsWith(':') ? path.startsWith(place) : path === place;
}

function roomOf(path: string): Room | undefined {
  return rooms
    .filter(({ room }) => matches(room, path))
    .toSorted((a, b) => b.room.length - a.room.length)[0];
}

function isAllowed(room: Room, imported: ImportedModule): boolean {
  if (room.room.endsWith('/') && imported.target.startsWith(room.room)) return true;
  return room.imports.some((place) =>
    place.startsWith('type:')
      ? imported.isTypeOnly && matches(place.slice('type:'.length), imported.target)
      : matches(place, imported.target),
  );
}

function forbiddenImports(file: SourceFile): readonly string[] {
  const room = roomOf(file.path);
  if (room === undefined) return [];
  return file.imports
    .filter((imported) => !isAllowed(room, imported))
    .map((imported) => `${file.path} imports ${imported.target}`);
}

/** Depth-first search over value imports; returns the first cycle found through each file. */
function cycles(): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' -> '));
      return;
    }
    if (done.has(path)) return;
    for (const { target, isTypeOnly } of byPath.get(path)?.imports ?? []) {
      if (!isTypeOnly && byPath.has(target)) visit(target, [...trail, path]);
    }
    done.add(path);
  };
  for (const { path } of files) visit(path, []);
  return found;
}

describe('the architecture', () => {
  it('lets each room import only what the table allows', () => {
    expect(files.flatMap(forbiddenImports)).toEqual([]);
  });

  it('has no import cycle', () => {
    expect(cycles()).toEqual([]);
  });

  it(`has no file over ${maxFileLines} lines, tests among them`, () => {
    const long = [...files, ...sourceFiles('test')].filter(({ lines }) => lines > maxFileLines);
    expect(long.map(({ path, lines }) => `${path} ${lines}`)).toEqual([]);
  });

  it('names files by their content, in kebab case', () => {
    const names = files.map(({ path }) => basename(path, '.ts'));
    expect(names.filter((name) => forbiddenNames.includes(name))).toEqual([]);
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))).toEqual([]);
  });

  it('reads time and timers in the clock of the runtime only', () => {
    const pattern = /\b(Date\.now|performance\.now|setTimeout|setInterval)\(/;
    const readers = files
      .filter(({ path }) => path.startsWith('operator/') && path !== 'operator/runtime/clock.ts')
      .filter(({ text }) => pattern.test(text));
    expect(readers.map(({ path }) => path)).toEqual([]);
  });

  it('keeps each package behind the one file that may import it', () => {
    const importers = (name: string): readonly string[] =>
      files
        .filter(({ imports }) => imports.some(({ target }) => target === `npm:${name}`))
        .map(({ path }) => path);
    expect(importers('@dot-i/k8s-operator')).toEqual(['operator/store-operator.ts']);
    expect(importers('@kubernetes/client-node')).toEqual(['operator/runtime/cluster-access.ts']);
    expect(importers('pino')).toEqual(['operator/log.ts', 'storefront-api/log.ts']);
    expect(importers('koa-router')).toEqual(['storefront-api/middleware/route-table.ts']);
    expect(importers('@koa/cors')).toEqual(['storefront-api/middleware/cross-origin.ts']);
  });
});

describe('SQL', () => {
  it('stands in repositories and migrations only', () => {
    const pattern = /\b(SELECT .+ FROM|INSERT INTO|DELETE FROM|UPDATE \w+ SET)\b/;
    const writers = files
      .filter(({ path }) => path.startsWith('storefront-api/'))
      .filter(({ text }) => pattern.test(text))
      .filter(({ path }) => !path.startsWith('storefront-api/repositories/'));
    expect(writers.map(({ path }) => path)).toEqual([]);
  });
});

describe('the reader of imports', () => {
  it.each([
    ["import { a } from './b.ts';", 'operator/b.ts', false],
    ["import type { A } from './b.ts';", 'operator/b.ts', true],
    ["import { type A, type B } from './b.ts';", 'operator/b.ts', true],
    ["import { type A, b } from './b.ts';", 'operator/b.ts', false],
    ["export type { A } from './b.ts';", 'operator/b.ts', true],
    ["import zod from 'zod/v4';", 'npm:zod', false],
    ["import { x } from '@scope/name/part';", 'npm:@scope/name', false],
    ["const m = await import('node:fs');", 'node:fs', false],
  ])('understands %s', (text, target, isTypeOnly) => {
    expect(importsOf(text, 'operator/a.ts')).toEqual([{ target, isTypeOnly }]);
  });
});
