import type { StepPrinter } from '../../../dev/step-printer.ts';
import { atLeast, atMost, type BenchReport, type Gate } from '../bench-report.ts';
import type { ContenderName } from './contenders.ts';
import type { Load, LoadResult } from '../../../dev/load-client.ts';
import { best, failures, goodput, measureSlices, medianRatio, type Slices } from './slices.ts';
import type { ServerUsage } from './server-worker.ts';
import type { Worker } from './worker-messages.ts';

/** What the measurements work with. */
export interface Bench {
  readonly ports: Readonly<Record<ContenderName, number>>;
  readonly servers: ReadonlyMap<ContenderName, Worker>;
  readonly load: Worker;
  readonly steps: StepPrinter;
  readonly rounds: number;
  /** Made-up products in the catalogue. */
  readonly products: number;
  readonly isQuick: boolean;
}

const cachedPath = '/api/products?limit=20';
/** A page that nobody asked for before; every product is cheaper, so the rows are the same. */
const uncachedPath = '/api/products?limit=20&sort=price-asc&price_max=99{n}';
const connections = 50;
/** Enough that an overload meets the bound on requests at work. */
const overloadConnections = 600;

type Part = Pick<BenchReport, 'gates' | 'figures'>;

function run({ load }: Bench): (what: Load) => Promise<LoadResult> {
  return (what) => load.ask<LoadResult>(what);
}

function comparison(slices: Slices): Part {
  const ratio = (name: string, base: string): number => medianRatio(slices, name, base);
  const figures: Record<string, number> = {};
  for (const [name, results] of slices) {
    figures[`${name}, answers/s (best tenth)`] = best(slices, name);
    figures[`${name}, failed`] = results.reduce((sum, result) => sum + failures(result), 0);
  }
  const pairs = [
    ['cached', 'ceiling'],
    ['cached through Koa', 'ceiling'],
    ['cached', 'seeds stack'],
    ['uncached', 'Express and pg'],
  ] as const;
  for (const [name, base] of pairs) {
    figures[`${name} against ${base} (best tenths)`] = best(slices, name) / best(slices, base);
  }
  return {
    figures,
    gates: [
      atLeast('cached list against the ceiling', ratio('cached', 'ceiling'), [0.8, 'x']),
      atLeast(
        'cached list through Koa, against the ceiling',
        ratio('cached through Koa', 'ceiling'),
        [0.3, 'x'],
      ),
      atLeast("cached list against the seeds' stack", ratio('cached', 'seeds stack'), [10, 'x']),
      atLeast('uncached list against Express and pg', ratio('uncached', 'Express and pg'), [
        1.4,
        'x',
      ]),
    ],
  };
}

async function compare(bench: Bench): Promise<Part> {
  const { ports, rounds, isQuick, steps } = bench;
  const seconds = isQuick ? 1 : 2;
  const of = (name: string, contender: ContenderName, path: string) => ({
    name,
    load: { port: ports[contender], path, connections, seconds },
  });
  const variants = [
    of('ceiling', 'ceiling', cachedPath),
    of('cached', 'hot', cachedPath),
    of('cached through Koa', 'koa', cachedPath),
    of('uncached', 'hot', uncachedPath),
    of('Express and pg', 'express', uncachedPath),
    of('seeds stack', 'seeds', cachedPath),
  ];
  await measureSlices(variants, 1, run(bench)); // compiles what is hot, opens connections
  const slices = await measureSlices(variants, rounds, run(bench));
  steps.done(`${rounds} rounds of ${variants.length} slices of ${seconds} s`);
  return comparison(slices);
}

/** A load on one server, and what the server used for each answer. */
async function usagePerAnswer(bench: Bench, name: ContenderName, load: Load): Promise<ServerUsage> {
  const usage = async (): Promise<ServerUsage> =>
    (await bench.servers.get(name)?.ask<ServerUsage>('usage')) ?? {
      statements: 0,
      cpuMicroseconds: 0,
    };
  const before = await usage();
  const result = await run(bench)(load);
  const after = await usage();
  const answers = Math.max(1, result.statuses['200'] ?? 0);
  return {
    statements: (after.statements - before.statements) / answers,
    cpuMicroseconds: (after.cpuMicroseconds - before.cpuMicroseconds) / answers,
  };
}

/** Requests on their way at the end of the count are asked but not answered, so a little above 1 is 1. */
const roundingAllowance = 1.05;

/** Processor time says more than answers a second when others use the machine. */
async function countUsage(bench: Bench): Promise<Part> {
  const of = (name: ContenderName, path: string, more: Partial<Load> = {}): Promise<ServerUsage> =>
    usagePerAnswer(bench, name, {
      port: bench.ports[name],
      path,
      connections,
      seconds: 3,
      ...more,
    });
  const usages = {
    ceiling: await of('ceiling', cachedPath),
    cached: await of('hot', cachedPath),
    'cached through Koa': await of('koa', cachedPath),
    uncached: await of('hot', uncachedPath),
    product: await of('hot', '/api/products/product-{n}?locale=bn', {
      greatestNumber: bench.products,
    }),
    'Express and pg': await of('express', uncachedPath),
    'seeds stack': await of('seeds', cachedPath),
  };
  bench.steps.done('processor time and SQL statements counted');
  const figures = Object.entries(usages).map(([name, { cpuMicroseconds }]): [string, number] => [
    `${name}, processor time us/answer`,
    cpuMicroseconds,
  ]);
  return {
    gates: [
      atMost('SQL statements per uncached list', usages.uncached.statements, [
        roundingAllowance,
        '',
      ]),
      atMost('SQL statements per uncached product', usages.product.statements, [
        roundingAllowance,
        '',
      ]),
      atMost('SQL statements per cached list', usages.cached.statements, [0.01, '']),
    ],
    figures: Object.fromEntries(figures),
  };
}

async function maximum(bench: Bench, path: string): Promise<number> {
  const load = { port: bench.ports.hot, path, connections, seconds: bench.isQuick ? 2 : 5 };
  const results = [];
  for (let times = 0; times < 3; times += 1) results.push(goodput(await run(bench)(load)));
  return Math.max(...results);
}

async function openLoop(bench: Bench): Promise<Part> {
  const figures: Record<string, number> = {};
  const gates: Gate[] = [];
  for (const [name, path] of [
    ['cached', cachedPath],
    ['uncached', uncachedPath],
  ] as const) {
    const most = await maximum(bench, path);
    const rate = Math.round(most * 0.6);
    const seconds = bench.isQuick ? 4 : 20;
    const result = await run(bench)({
      port: bench.ports.hot,
      path,
      connections: 200,
      seconds,
      rate,
    });
    gates.push(atMost(`${name} list at 60 % of its maximum, p95`, result.p95, [12, 'ms']));
    figures[`${name} list, own maximum, answers/s`] = most;
    figures[`${name} list at 60 %, p50 ms`] = result.p50;
    figures[`${name} list at 60 %, p99 ms`] = result.p99;
    figures[`${name} list at 60 %, failed`] = failures(result);
    bench.steps.done(`${name} list at ${rate} requests/s`);
  }
  return { gates, figures };
}

async function overload(bench: Bench): Promise<Part> {
  const { port, path } = { port: bench.ports.hot, path: uncachedPath };
  const most = await maximum(bench, path);
  const seconds = bench.isQuick ? 10 : 60;
  const flood = {
    port,
    path,
    connections: overloadConnections,
    seconds,
    rate: Math.round(most * 2),
  };
  const under = await run(bench)(flood);
  const startedAt = performance.now();
  let recoveredMs = Number.POSITIVE_INFINITY;
  while (performance.now() - startedAt < 10_000) {
    const after = await run(bench)({ port, path, connections: 10, seconds: 0.25 });
    if (failures(after) === 0 && (after.statuses['503'] ?? 0) === 0 && after.p95 < 100) {
      recoveredMs = performance.now() - startedAt;
      break;
    }
  }
  bench.steps.done(`${seconds} s of twice what it can take`);
  return {
    gates: [
      atLeast('goodput at twice the maximum', goodput(under) / most, [0.9, 'x']),
      atMost('neither answered nor refused at twice the maximum', failures(under), [0, '']),
      atMost('recovery after it', recoveredMs / 1_000, [2, 's']),
    ],
    figures: {
      'overload, answers/s': goodput(under),
      'overload, refusals/s': (under.statuses['503'] ?? 0) / under.seconds,
      'overload, p95 of answers ms': under.p95,
    },
  };
}

/** All measurements, one after the other. */
export async function measureEverything(bench: Bench): Promise<BenchReport> {
  const parts = [
    await compare(bench),
    await countUsage(bench),
    await openLoop(bench),
    await overload(bench),
  ];
  return {
    gates: parts.flatMap(({ gates }) => gates),
    figures: Object.assign({}, ...parts.map(({ figures }) => figures)) as BenchReport['figures'],
  };
}
