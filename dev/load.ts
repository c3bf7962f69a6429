// `npm run load`: a bounded load on a shop's API, with what came back. It refuses to be pointed at somebody else's machine.
import { parseArgs } from 'node:util';
import { loadClient, type LoadResult } from './load-client.ts';
import { isLoopbackName } from './loopback-names.ts';

const help = `Usage: npm run load -- --url http://127.0.0.1:8080 [--rate N] [--seconds N] [--connections N] [--path PATH]

Asks for a page at a fixed rate and tells how fast it was answered. Times count from when a request was due.

  --url URL            where the shop answers; the certificate of https is not checked
  --rate N             requests a second, 1 to 20000 (default 200)
  --seconds N          1 to 600 (default 10)
  --connections N      1 to 1000 (default 50)
  --path PATH          (default /api/products?limit=20); {n} becomes another number in each request
  --i-own-this-host    allow a host that is not this machine
  --help               this text

Exit code 3: a request failed or was answered with 500 or above.
`;

const loopback = ['127.0.0.1', '[::1]'];

function bounded(text: string, name: string, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw new Error(`--${name}: "${text}" is not a whole number from 1 to ${most}`);
  return value;
}

function target(text: string | undefined, isOwned: boolean): URL {
  if (text === undefined || !URL.canParse(text))
    throw new Error('--url is missing: give it, such as --url http://127.0.0.1:8080');
  const url = new URL(text);
  if (!['http:', 'https:'].includes(url.protocol))
    throw new Error(`--url: ${text} is not http://… or https://…`);
  if (!loopback.includes(url.hostname) && !isLoopbackName(url.hostname) && !isOwned) {
    throw new Error(
      `--url: ${url.hostname} is not this machine; if it is yours, add --i-own-this-host`,
    );
  }
  return url;
}

function totalOf(results: readonly LoadResult[]): Readonly<Record<string, number>> {
  const total: Record<string, number> = {};
  for (const { statuses } of results) {
    for (const [status, count] of Object.entries(statuses))
      total[status] = (total[status] ?? 0) + count;
  }
  return total;
}

const barWidth = 30;

function line(
  done: number,
  seconds: number,
  { statuses, seconds: took, p50, p95, p99 }: LoadResult,
): string {
  const filled = Math.round((done / seconds) * barWidth);
  const bar = '#'.repeat(filled).padEnd(barWidth, '.');
  const rate = Object.values(statuses).reduce((sum, count) => sum + count, 0) / took;
  const times = [p50, p95, p99].map((ms) => ms.toFixed(1)).join(' / ');
  return `[${bar}] ${String(done).padStart(3)} s  ${rate.toFixed(0)}/s  p50/p95/p99 ${times} ms`;
}

interface Options {
  readonly url: URL;
  readonly path: string;
  readonly rate: number;
  readonly seconds: number;
  readonly connections: number;
}

/** Second by second, so that a person sees how it goes; returns whether nothing failed. */
async function load({ url, seconds, ...what }: Options): Promise<boolean> {
  const send = loadClient();
  const results: LoadResult[] = [];
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const isTls = url.protocol === 'https:';
  const port = Number(url.port || (isTls ? 443 : 80));
  for (let second = 1; second <= seconds; second += 1) {
    const result = await send({ ...what, host, isTls, port, seconds: 1 });
    results.push(result);
    process.stdout.write(`${line(second, seconds, result)}\n`);
  }
  const statuses = totalOf(results);
  const slowest = Math.max(...results.map(({ p95 }) => p95)).toFixed(1);
  const counts = Object.entries(statuses).map(
    ([status, n]) => `${status === '0' ? 'no answer' : status}: ${n}`,
  );
  process.stdout.write(
    `${counts.join(', ') || 'no answers'}; p95 of the slowest second ${slowest} ms\n`,
  );
  const isFailure = (status: string): boolean => status === '0' || Number(status) >= 500;
  return Object.keys(statuses).length > 0 && !Object.keys(statuses).some(isFailure);
}

try {
  const { values } = parseArgs({
    options: {
      url: { type: 'string' },
      rate: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '10' },
      connections: { type: 'string', default: '50' },
      path: { type: 'string', default: '/api/products?limit=20' },
      'i-own-this-host': { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) process.stdout.write(help);
  else {
    const isFine = await load({
      url: target(values.url, values['i-own-this-host']),
      path: values.path,
      rate: bounded(values.rate, 'rate', 20_000),
      seconds: bounded(values.seconds, 'seconds', 600),
      connections: bounded(values.connections, 'connections', 1_000),
    });
    process.exitCode = isFine ? 0 : 3;
  }
} catch (error) {
  process.stderr.write(`load: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
