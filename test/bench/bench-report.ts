// The form of every benchmark's result: a table for people, and bench-results/<name>.json for programs.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const resultsFolder = fileURLToPath(new URL('../../bench-results', import.meta.url));

/** One figure that is held against a target. */
export interface Gate {
  readonly name: string;
  readonly value: number;
  readonly target: number;
  readonly unit: string;
  readonly ok: boolean;
}

/** A whole result. */
export interface BenchReport {
  readonly gates: readonly Gate[];
  readonly figures: Readonly<Record<string, number | string>>;
}

/** A gate that is met while the value is at most the target. */
export function atMost(
  name: string,
  value: number,
  [target, unit]: readonly [number, string],
): Gate {
  return { name, value, target, unit, ok: value <= target };
}

/** A gate that is met while the value is at least the target. */
export function atLeast(
  name: string,
  value: number,
  [target, unit]: readonly [number, string],
): Gate {
  return { name, value, target, unit, ok: value >= target };
}

function hardware(): Readonly<Record<string, number | string>> {
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
}

const shown = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toFixed(2);

/** Prints the table and writes the file. */
export function publish(name: string, report: BenchReport): void {
  for (const gate of report.gates) {
    const mark = gate.ok ? 'ok  ' : 'MISS';
    process.stdout.write(
      `${mark} ${gate.name.padEnd(44)} ${shown(gate.value).padStart(10)} ${gate.unit.padEnd(6)} target ${gate.target}\n`,
    );
  }
  for (const [figure, value] of Object.entries(report.figures)) {
    const text = typeof value === 'number' ? shown(value) : value;
    process.stdout.write(`     ${figure.padEnd(44)} ${text.padStart(10)}\n`);
  }
  mkdirSync(resultsFolder, { recursive: true });
  const file = join(resultsFolder, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ hardware: hardware(), ...report }, null, 2)}\n`);
  process.stdout.write(`written to bench-results/${name}.json\n`);
}
