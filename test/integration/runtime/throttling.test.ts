import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import type { RunningOperator } from '../../../operator/app.ts';
import {
  defaultSettings,
  scaledSettings,
  withSettings,
} from '../../../operator/runtime/settings.ts';
import { type ApiClient, apiClient } from '../../support/api-client.ts';
import { type CapturedLine, capturedLog, repeatedLines } from '../../support/captured-log.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { injectFaults, seededRandom } from '../../support/faults.ts';
import {
  type HttpProxy,
  httpProxyOf,
  type ProxyAction,
  type ProxyRule,
  type RecordedRequest,
} from '../../support/http-proxy.ts';
import { kubeconfigThrough } from '../../support/kubeconfig-through.ts';
import { startOperatorAs } from '../../support/operator.ts';
import {
  fallenConditions,
  historicConditions,
  storeHistory,
  versionNow,
} from '../../support/store-history.ts';
import { read, storeManifest } from '../../support/stores.ts';

// Back-offs are those of production. Only what waits for silence is quicker, and the lease, whose period is 1.5 s.
const settings = withSettings(defaultSettings, {
  transport: { headersTimeoutMs: 1_000 },
  lease: scaledSettings(defaultSettings, 0.3).lease,
});

const share = 0.2;

/** Of the first 80 requests this seed spoils 17, three or four by each fault. */
const seed = 36;
const drawn = 80;

const retryAfterMs = 1_000;
const faults: readonly ProxyAction[] = [
  { type: 'answer', status: 409 },
  { type: 'answer', status: 429, headers: { 'retry-after': String(retryAfterMs / 1_000) } },
  { type: 'answer', status: 500 },
  { type: 'answer', status: 503 },
  { type: 'silence' },
];

const tooMany = faults[1] as ProxyAction;

/** Refusals of what is not simply sent again: a watch, and a reconcile all of whose tries for two children fail. */
const refusals: readonly ProxyRule[] = [
  { matches: isOf('GET', /dhakacartstores.*watch=true/), times: 1, action: tooMany },
  { matches: isOf('PATCH', /configmaps/), times: 2 * settings.transport.maxTries, action: tooMany },
];

function isOf(verb: string, path: RegExp): ProxyRule['matches'] {
  return ({ method, url }) => method === verb && path.test(url);
}

/** Children without which pods go on running, so that no condition has a reason to turn. */
const deleted = [
  'service/shop-api',
  'service/shop-web',
  'sa/shop-api',
  'pdb/shop-api',
  'pdb/shop-web',
];

/** What these faults are called; none of them says anything about a store. */
const passingReasons: readonly string[] = [
  'AlreadyExists',
  'ConnectionFailed',
  'Conflict',
  'InternalError',
  'RequestTimeout',
  'RetryAfterError',
  'ServiceUnavailable',
  'TooManyRequests',
  'Unforeseen',
];

/** The clock of the proxy has whole milliseconds, and so have timers. */
const clockGrainMs = 2;

/**
 * What asks again after a refusal: one loop for a collection and a selector, whether it lists or watches; else one method on
 * one path. Each Event is another object under the same path, so that its successor repeats nothing.
 */
function askerOf({ method, url }: RecordedRequest): string | undefined {
  const { pathname, searchParams } = new URL(url, 'https://any');
  if (method === 'POST' && pathname.endsWith('/events')) return undefined;
  return `${method} ${pathname} ${searchParams.get('labelSelector') ?? ''}`;
}

/** Milliseconds from each 429 to the next try of the same. */
function gapsAfter429(requests: readonly RecordedRequest[]): readonly number[] {
  return requests.flatMap((refused, index) => {
    const asker = askerOf(refused);
    if (refused.status !== 429 || asker === undefined) return [];
    const next = requests.slice(index + 1).find((later) => askerOf(later) === asker);
    return next === undefined ? [] : [next.at - refused.at];
  });
}

const isTooSoon = (gapMs: number): boolean => gapMs < retryAfterMs - clockGrainMs;

/** That stores converge is promised here, not when: tries and back-offs add up by chance. */
const convergence = { timeoutMs: 150_000 };

describe('an API server that refuses, fails or ignores a fifth of all requests', {
  timeout: 400_000,
}, () => {
  const cluster = withOwnCluster();
  const first = withNamespace('throttled-a', cluster);
  const second = withNamespace('throttled-b', cluster);
  let proxy: HttpProxy;
  let operator: RunningOperator;
  let client: ApiClient;
  let lines: readonly CapturedLine[];
  let since: string;

  beforeAll(async () => {
    const kubeconfig = await installOperatorRole(cluster());
    proxy = await httpProxyOf(cluster().address);
    client = apiClient(cluster().kubeconfigPath);
    // A CRD that was only just made is served a moment later.
    since = await eventually(() => versionNow(client, first()));
    for (const rule of refusals) proxy.inject(rule);
    const captured = capturedLog();
    lines = captured.lines;
    operator = await startOperatorAs(kubeconfigThrough(kubeconfig, proxy), {
      settings,
      log: captured.log,
    });
  });
  afterAll(async () => {
    proxy.clear();
    await operator.stop();
    await client.close();
    await proxy.close();
  });

  const namespaces = (): readonly string[] => [first(), second()];
  const inEach = async (act: (namespace: string) => Promise<unknown>): Promise<void> =>
    void (await Promise.all(namespaces().map(act)));
  const apply = (namespace: string, spec: object): Promise<string> =>
    mustRun(cluster(), ['apply', '-f', '-'], storeManifest('shop', namespace, spec));
  const ready = (namespace: string): Promise<void> =>
    eventually(async () => {
      const { metadata, status } = await read(cluster(), ['dcs/shop', '-n', namespace]);
      expect(status?.observedGeneration).toBe(metadata['generation' as never]);
      expect(status?.conditions).toContainEqual(
        expect.objectContaining({ type: 'Ready', status: 'True' }),
      );
    }, convergence);

  /** Edits and deletes children behind the operator's back; resolves when both are as they were. */
  async function drift(namespace: string): Promise<void> {
    const get = (object: string) => read(cluster(), [object, '-n', namespace]);
    const { data } = await get('configmap/shop-web');
    const stray = '{"data":{"config.json":"{}"}}';
    await mustRun(cluster(), ['patch', 'configmap/shop-web', '-n', namespace, '-p', stray]);
    await mustRun(cluster(), ['delete', ...deleted, '-n', namespace]);
    await eventually(async () => {
      expect((await get('configmap/shop-web'))['data']).toEqual(data);
      await mustRun(cluster(), ['get', ...deleted, '-n', namespace]);
    }, convergence);
  }

  it('is left alone by watches and by failed reconciles as long as it asked', async () => {
    await apply(first(), {});
    const refused = 1 + 2 * settings.transport.maxTries;
    await eventually(() => expect(gapsAfter429(proxy.requests)).toHaveLength(refused));
    expect(gapsAfter429(proxy.requests).filter(isTooSoon)).toEqual([]);
  });

  it('does not keep stores from being created, edited and repaired', async () => {
    proxy.clear();
    const from = proxy.requests.length;
    injectFaults(proxy, faults, { share, random: seededRandom(seed) });
    await apply(second(), {});
    await inEach(async (namespace) => {
      await ready(namespace);
      await apply(namespace, { api: { disruptionBudget: { maxUnavailable: 2 } } });
      await ready(namespace);
      await drift(namespace);
    });
    const spoilt = proxy.requests.slice(from, from + drawn).filter(({ action }) => action);
    expect(spoilt).toHaveLength(17);
  });

  it('is asked the same again no sooner than it asked for', () => {
    const gaps = gapsAfter429(proxy.requests);
    expect(gaps.length).toBeGreaterThan(2 * settings.transport.maxTries);
    expect(gaps.filter(isTooSoon)).toEqual([]);
  });

  it('turns no condition, and is the reason of none that is False', async () => {
    const histories = await Promise.all(
      namespaces().map((namespace) => storeHistory(client, namespace, since)),
    );
    expect(histories.map(fallenConditions)).toEqual([[], []]);
    const conditions = histories.flatMap(historicConditions);
    expect(conditions.length).toBeGreaterThan(10);
    const isBlamed = ({ status, reason }: { status: string; reason: string }): boolean =>
      status === 'False' && passingReasons.includes(reason);
    expect(conditions.filter(isBlamed)).toEqual([]);
    expect(conditions.filter(({ type }) => type === 'Stalled')).toEqual([]);
  });

  it('fills no log', () => {
    expect(lines.length).toBeGreaterThan(0);
    expect(repeatedLines(lines)).toEqual([]);
  });
});
