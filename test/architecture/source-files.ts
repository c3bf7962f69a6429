// Reads the sources of the project and their imports, as text.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** One import of a file. */
export interface ImportedModule {
  /** Path from the root of the checkout, `npm:name`, or `node:name`. */
  readonly target: string;
  readonly isTypeOnly: boolean;
}

/** One source file. */
export interface SourceFile {
  /** Path from the root of the checkout. */
  readonly path: string;
  readonly lines: number;
  readonly text: string;
  readonly imports: readonly ImportedModule[];
}

const importStatement =
  /^(?:import|export)\s+(type\s+)?(?:([\s\S]*?)\s+from\s+)?'([^']+)';?$|import\('([^']+)'\)/gm;

function packageName(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
}

function targetOf(specifier: string, from: string): string {
  if (specifier.startsWith('node:')) return specifier;
  if (specifier.startsWith('.')) return normalize(join(dirname(from), specifier));
  return `npm:${packageName(specifier)}`;
}

function isTypeClause(clause: string | undefined): boolean {
  const names = /^\{([\s\S]*)\}$/.exec(clause?.trim() ?? '')?.[1];
  if (names === undefined) return false;
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .every((name) => name.startsWith('type '));
}

/** The imports of a source text. */
export function importsOf(text: string, path: string): readonly ImportedModule[] {
  return [...text.matchAll(importStatement)].map((match) => ({
    target: targetOf(match[3] ?? match[4] ?? '', path),
    isTypeOnly: match[1] !== undefined || isTypeClause(match[2]),
  }));
}

/** Every TypeScript file below a folder of the checkout. */
export function sourceFiles(folder: string): readonly SourceFile[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => {
      const path = `${folder}/${name}`;
      const text = readFileSync(join(root, path), 'utf8');
      return { path, lines: text.split('\n').length - 1, text, imports: importsOf(text, path) };
    });
}
