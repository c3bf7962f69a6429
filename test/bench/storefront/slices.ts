// Comparing servers on a machine that others use too: all run at once, each is asked for a short slice in turn, and every
// round goes the other way round. Noise only slows, so the best tenth says what a server can do; the ratio within a round
// says what it can do against another at the same moment.
import type { Load, LoadResult } from '../../../dev/load-client.ts';

/** One thing to measure. */
export interface Variant {
  readonly name: string;
  readonly load: Load;
}

/** Answers a second with status 200. */
export function goodput({ statuses, seconds }: LoadResult): number {
  return (statuses['200'] ?? 0) / seconds;
}

/** Every result that was no 200, refusals excepted. */
export function failures({ statuses }: LoadResult): number {
  return Object.entries(statuses)
    .filter(([status]) => status !== '200' && status !== '503')
    .reduce((sum, [, count]) => sum + count, 0);
}

/** The value that this share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.round((sorted.length - 1) * share))] ?? 0;
}

/** Results of all rounds, by name; the n-th of each name belongs to the n-th round. */
export type Slices = ReadonlyMap<string, readonly LoadResult[]>;

/** Measures each variant once a round. */
export async function measureSlices(
  variants: readonly Variant[],
  rounds: number,
  run: (load: Load) => Promise<LoadResult>,
): Promise<Slices> {
  const slices = new Map<string, LoadResult[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, load } of round % 2 === 0 ? variants : variants.toReversed()) {
      slices.get(name)?.push(await run(load));
    }
  }
  return slices;
}

const bestTenth = 0.9;

/** The best tenth of a variant's goodput. */
export function best(slices: Slices, name: string): number {
  return quantile((slices.get(name) ?? []).map(goodput), bestTenth);
}

/** Median of the ratios within the rounds. */
export function medianRatio(slices: Slices, name: string, base: string): number {
  const of = (which: string): readonly number[] => (slices.get(which) ?? []).map(goodput);
  const bases = of(base);
  return quantile(
    of(name).map((value, round) => value / (bases[round] ?? 0)),
    0.5,
  );
}
