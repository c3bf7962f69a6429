// `npm run bench:storefront`: what the shop's API can do against the most that node:http can, against Express on the same
// database, and against more than it can take. Everything runs on this machine: the servers on one core, the load and
// PostgreSQL on the other.
import { parseArgs } from 'node:util';
import { type PostgresServer, startPostgres } from '../../../dev/postgres/start-postgres.ts';
import { StepPrinter } from '../../../dev/step-printer.ts';
import { type BenchReport, publish } from '../bench-report.ts';
import { fillCatalogue } from './catalogue.ts';
import { measureCheckout } from './checkout.ts';
import { contenderNames, type ContenderName } from './contenders.ts';
import { measureEverything } from './measurements.ts';
import { isPinned, pin, Worker } from './worker-messages.ts';

const help = `Usage: npm run bench:storefront -- [--quick] [--rounds N] [--products N]

  --quick        a short try: 3 rounds, 10 s of overload; its figures mean little
  --rounds N     rounds of the comparison (default 12)
  --products N   made-up products in the catalogue (default 10000)
  --help         this text

Exit code 3: a gate was missed.
`;

const serverCore = 0;
const otherCore = 1;

function count(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`--${name}: "${text}" is not a whole number above 0`);
  return value;
}

interface Running {
  readonly ports: Readonly<Record<ContenderName, number>>;
  readonly servers: ReadonlyMap<ContenderName, Worker>;
}

/** The bytes of the list as our API sends them, for the ceiling to send. */
async function listBody(url: string, path: string): Promise<string> {
  const server = new Worker('server-worker.ts', ['koa', url], serverCore);
  try {
    const port = await server.hear<number>();
    return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  } finally {
    await server.stop();
  }
}

async function startServers(url: string, body: string): Promise<Running> {
  const servers = new Map<ContenderName, Worker>();
  const ports: Partial<Record<ContenderName, number>> = {};
  for (const name of contenderNames) {
    const worker = new Worker('server-worker.ts', [name, url, body], serverCore);
    servers.set(name, worker);
    ports[name] = await worker.hear<number>();
  }
  return { servers, ports: ports as Readonly<Record<ContenderName, number>> };
}

async function bench(
  postgres: PostgresServer,
  options: { readonly rounds: number; readonly products: number; readonly isQuick: boolean },
): Promise<BenchReport> {
  const steps = new StepPrinter(process.stdout);
  const url = postgres.url();
  await fillCatalogue(url, options.products);
  steps.done(`PostgreSQL with ${options.products} products`);
  const body = await listBody(url, '/api/products?limit=20');
  const { servers, ports } = await startServers(url, body);
  const load = new Worker('load-worker.ts', [], otherCore);
  steps.done(`${servers.size} servers${isPinned ? ', kept on their cores' : ''}`);
  let report: BenchReport;
  try {
    report = await measureEverything({ ports, servers, load, steps, ...options });
  } finally {
    await Promise.all([load, ...servers.values()].map((worker) => worker.stop()));
  }
  const checkout = await measureCheckout(url, options.rounds);
  steps.done('checkouts');
  return {
    gates: [...report.gates, ...checkout.gates],
    figures: { ...report.figures, ...checkout.figures },
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      products: { type: 'string', default: '10000' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    process.stdout.write(help);
    return;
  }
  pin(process.pid, otherCore);
  const rounds = count(values.rounds ?? (values.quick ? '3' : '12'), 'rounds');
  const products = count(values.products, 'products');
  const postgres = await startPostgres();
  try {
    const report = await bench(postgres, { rounds, products, isQuick: values.quick });
    publish('storefront', report);
    if (!report.gates.every(({ ok }) => ok)) process.exitCode = 3;
  } finally {
    await postgres.stop();
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
