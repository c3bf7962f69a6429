// Counts and times of requests as plain integers, turned into Prometheus' form only when somebody asks. `prom-client`
// sorts and joins label names at each observation, which costs more than a cached answer leaves over.
import { Counter, type Metric, type Registry } from 'prom-client';

/** Seconds; the lowest is the cached answer, the highest the request timeout. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15];

const durationName = 'dhakacart_api_request_duration_seconds';

/** Labels of a series: few methods, declared routes, and the statuses that they answer with. */
export interface SeriesLabels {
  readonly method: string;
  readonly route: string;
  readonly status: number;
}

/** Counts requests of one method, route and status. */
export interface RequestSeries {
  observe(durationSeconds: number): void;
}

/** Durations of one method and route, whatever the status. */
interface Durations {
  readonly labels: { readonly method: string; readonly route: string };
  /** One per bucket, not cumulated; the last is for everything longer. */
  readonly buckets: number[];
  sumSeconds: number;
}

class Series implements RequestSeries {
  readonly labels: SeriesLabels;
  readonly #durations: Durations;
  count = 0;

  constructor(labels: SeriesLabels, durations: Durations) {
    this.labels = labels;
    this.#durations = durations;
  }

  observe(durationSeconds: number): void {
    this.count += 1;
    let bucket = 0;
    while (durationSeconds > (durationBuckets[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    this.#durations.buckets[bucket] = (this.#durations.buckets[bucket] ?? 0) + 1;
    this.#durations.sumSeconds += durationSeconds;
  }
}

/** All series of requests. */
export class RequestSeriesTable {
  readonly #series = new Map<string, Series>();
  readonly #durations = new Map<string, Durations>();

  /** Registers both metrics. */
  constructor(registry: Registry) {
    const table = this.#series;
    const requests = new Counter({
      name: 'dhakacart_api_requests_total',
      help: 'Requests answered.',
      labelNames: ['method', 'route', 'status'],
      registers: [registry],
      collect() {
        for (const series of table.values()) {
          requests.inc({ ...series.labels }, series.count);
          series.count = 0;
        }
      },
    });
    // The registry asks a metric for its name and its values, and for nothing else.
    registry.registerMetric({
      name: durationName,
      get: () => Promise.resolve(this.#durationValues()),
    } as unknown as Metric);
  }

  /** The series of these labels; made at first use. */
  of(labels: SeriesLabels): RequestSeries {
    const { method, route, status } = labels;
    const name = `${method} ${status} ${route}`;
    const known = this.#series.get(name);
    if (known !== undefined) return known;
    const durations = this.#durations.get(`${method} ${route}`) ?? {
      labels: { method, route },
      buckets: Array.from({ length: durationBuckets.length + 1 }, () => 0),
      sumSeconds: 0,
    };
    this.#durations.set(`${method} ${route}`, durations);
    const series = new Series(labels, durations);
    this.#series.set(name, series);
    return series;
  }

  #durationValues(): Readonly<Record<string, unknown>> {
    return {
      name: durationName,
      help: 'Time from the first middleware to the answer.',
      type: 'histogram',
      aggregator: 'sum',
      values: [...this.#durations.values()].flatMap(samples),
    };
  }
}

function samples({ labels, buckets, sumSeconds }: Durations): readonly unknown[] {
  let count = 0;
  const cumulated = buckets.map((inBucket, at) => {
    count += inBucket;
    const le = durationBuckets[at] ?? '+Inf';
    return { metricName: `${durationName}_bucket`, labels: { le, ...labels }, value: count };
  });
  return [
    ...cumulated,
    { metricName: `${durationName}_sum`, labels, value: sumSeconds },
    { metricName: `${durationName}_count`, labels, value: count },
  ];
}
