import type { RunningOperator } from '../../operator/app.ts';

/** Status of a probe, such as `/healthz`. */
export async function probe(operator: RunningOperator, path: string): Promise<number> {
  return (await fetch(`http://127.0.0.1:${operator.healthPort}${path}`)).status;
}

/** One sample of a metric. */
export interface Sample {
  readonly labels: string;
  readonly value: number;
}

/** The samples of a metric, as Prometheus would scrape them now. */
export async function samples(operator: RunningOperator, name: string): Promise<readonly Sample[]> {
  const response = await fetch(`http://127.0.0.1:${operator.metricsPort}/metrics`);
  const lines = (await response.text()).split('\n');
  return lines.flatMap((line) => {
    const match = /^(?<name>\w+)(?<labels>\{.*\})? (?<value>\S+)$/.exec(line)?.groups;
    return match?.['name'] === name
      ? [{ labels: match['labels'] ?? '', value: Number(match['value']) }]
      : [];
  });
}

/** Sum of the samples of a metric. */
export async function total(operator: RunningOperator, name: string): Promise<number> {
  return (await samples(operator, name)).reduce((sum, { value }) => sum + value, 0);
}
