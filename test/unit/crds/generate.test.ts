import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { storeDefinition } from '../../../crds/custom-resource-definition.ts';
import { generatedFiles, staleFiles } from '../../../crds/generate.ts';

const root = join(import.meta.dirname, '../../..');
const definitionPath = 'crds/dhakacart.io_dhakacartstores.yaml';
const maxDefinitionBytes = 200 * 1024;

describe('the generated files', () => {
  it('are committed as the schemas have them', () => {
    expect(staleFiles(root), 'run `npm run generate`').toEqual([]);
  });

  it('are the same on each run', () => {
    expect(generatedFiles()).toEqual(generatedFiles());
  });

  it('say in their first line that they are generated', () => {
    const firstLines = [...generatedFiles().values()].map((content) => content.split('\n')[0]);

    expect(firstLines.every((line) => line?.includes('npm run generate'))).toBe(true);
  });

  it('carry the same definition for kubectl and for helm', () => {
    const files = generatedFiles();

    expect(files.get(`charts/dhakacart-operator/${definitionPath}`)).toBe(
      files.get(definitionPath),
    );
  });

  it(`keep the definition under ${maxDefinitionBytes} bytes`, () => {
    const content = generatedFiles().get(definitionPath) ?? '';

    expect(Buffer.byteLength(content)).toBeLessThan(maxDefinitionBytes);
  });

  // kubectl and helm read YAML 1.1, where a bare Off is a boolean.
  it.each(['1.1', '1.2'] as const)('mean the same in YAML %s', (version) => {
    const content = generatedFiles().get(definitionPath) ?? '';

    expect(parse(content, { version })).toEqual(JSON.parse(JSON.stringify(storeDefinition())));
  });

  it('are named when they are stale or missing', () => {
    const copy = mkdtempSync(join(tmpdir(), 'generate-'));
    cpSync(join(root, definitionPath), join(copy, definitionPath));

    const stale = staleFiles(copy);

    rmSync(copy, { recursive: true });
    expect(stale).toEqual([
      'charts/dhakacart-operator/crds/dhakacart.io_dhakacartstores.yaml',
      'docs/reference/dhakacartstore.md',
    ]);
  });
});
