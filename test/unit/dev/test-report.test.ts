import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countsLine, readTestCounts } from '../../../dev/test-report.ts';

describe('the counts of a test report', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dhakacart-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function aReport(report: unknown): string {
    const file = join(folder, 'report.json');
    writeFileSync(file, JSON.stringify(report));
    return file;
  }

  it('count a file that could not be loaded as one failure', () => {
    const testResults = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: [{}] },
      { status: 'passed', assertionResults: [{}, {}] },
    ];
    const numbers = { numPassedTests: 2, numFailedTests: 1, numPendingTests: 3, numTodoTests: 1 };
    const counts = readTestCounts(aReport({ ...numbers, testResults }));
    expect(countsLine(counts)).toBe('2 passed, 2 failed, 4 skipped');
  });

  it('are refused when there is no report', () => {
    expect(() => readTestCounts(join(folder, 'absent.json'))).toThrow('ENOENT');
  });
});
