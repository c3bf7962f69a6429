import { Counter, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { RequestSeriesTable } from '../../../storefront-api/request-series.ts';

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];
const requests = [
  ['GET', '/a', 200, 0.0004],
  ['GET', '/a', 200, 0.001],
  ['GET', '/a', 404, 0.3],
  ['HEAD', '/a', 200, 0.25],
  ['POST', '/b/:id', 503, 99],
] as const;

const sortedLines = (text: string): readonly string[] => text.trim().split('\n').toSorted();

it('tells what the counters and histograms of prom-client tell, at each scrape', async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const table = new RequestSeriesTable(ours);
  const counter = new Counter({
    name: 'dhakacart_api_requests_total',
    help: 'Requests answered.',
    labelNames: ['method', 'route', 'status'],
    registers: [theirs],
  });
  const histogram = new Histogram({
    name: 'dhakacart_api_request_duration_seconds',
    help: 'Time from the first middleware to the answer.',
    labelNames: ['method', 'route'],
    buckets,
    registers: [theirs],
  });
  for (let scrape = 0; scrape < 2; scrape += 1) {
    for (const [method, route, status, seconds] of requests) {
      table.of({ method, route, status }).observe(seconds);
      counter.inc({ method, route, status });
      histogram.observe({ method, route }, seconds);
    }
    expect(sortedLines(await ours.metrics())).toEqual(sortedLines(await theirs.metrics()));
  }
});
