import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../../../operator/runtime/api-client.ts';
import { Capabilities, type CapabilityChange } from '../../../../operator/runtime/capabilities.ts';
import { defaultSettings } from '../../../../operator/runtime/settings.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import {
  networkFailure,
  rememberingLogger,
  ScriptedClient,
} from '../../../support/scripted-client.ts';

const resources = (...kinds: string[]) => kinds.map((kind) => ({ responseKind: { kind } }));
const core = {
  items: [{ metadata: {}, versions: [{ version: 'v1', resources: resources('Pod') }] }],
};

function groups(
  ...versions: { name: string; version: string; kinds: string[]; isStale?: boolean }[]
) {
  return {
    items: versions.map(({ name, version, kinds, isStale }) => ({
      metadata: { name },
      versions: [
        { version, freshness: isStale ? 'Stale' : 'Current', resources: resources(...kinds) },
      ],
    })),
  };
}

const metricsGroup = { name: 'metrics.k8s.io', version: 'v1beta1', kinds: ['PodMetrics'] };
const appsGroup = { name: 'apps', version: 'v1', kinds: ['Deployment'] };
const podMetrics = { apiVersion: 'metrics.k8s.io/v1beta1', kind: 'PodMetrics' };
const pod = { apiVersion: 'v1', kind: 'Pod' };
const deployment = { apiVersion: 'apps/v1', kind: 'Deployment' };

function someCapabilities(answer: (request: ApiRequest) => unknown) {
  const clock = new FakeClock();
  const client = new ScriptedClient(answer);
  const logger = rememberingLogger();
  const settings = defaultSettings.capabilities;
  const capabilities = new Capabilities({ client, clock, logger, settings });
  const changes: CapabilityChange[] = [];
  capabilities.onChange((change) => changes.push(change));
  return { clock, client, logger, capabilities, changes };
}

describe('the capabilities of a cluster', () => {
  it('come from aggregated discovery, two requests for all groups', async () => {
    const { capabilities, client, changes } = someCapabilities(({ path }) =>
      path === '/api' ? core : groups(appsGroup, metricsGroup),
    );
    expect(capabilities.serves(pod)).toBe(false);
    await capabilities.start();
    await capabilities.whenReady();
    expect(client.lines()).toEqual(['GET /api', 'GET /apis']);
    expect(client.requests[1]?.accept).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json',
    );
    expect([pod, deployment, podMetrics].map((kind) => capabilities.serves(kind))).toEqual([
      true,
      true,
      true,
    ]);
    expect(capabilities.serves({ ...deployment, apiVersion: 'apps/v1beta1' })).toBe(false);
    expect(changes).toEqual([
      { added: ['v1/Pod', 'apps/v1/Deployment', 'metrics.k8s.io/v1beta1/PodMetrics'], removed: [] },
    ]);
    capabilities.stop();
  });

  it('are looked at again every minute, and tell only what came and went', async () => {
    let served = groups(appsGroup);
    const { capabilities, clock, client, changes } = someCapabilities(({ path }) =>
      path === '/api' ? core : served,
    );
    await capabilities.start();
    served = groups(appsGroup, metricsGroup);
    await clock.advance(59_999);
    expect(changes).toHaveLength(1);
    await clock.advance(1);
    expect(changes[1]).toEqual({ added: ['metrics.k8s.io/v1beta1/PodMetrics'], removed: [] });
    await clock.advance(60_000);
    expect(changes).toHaveLength(2);
    capabilities.stop();
    await clock.advance(600_000);
    expect(client.requests).toHaveLength(6);
    expect(clock.pendingTimers()).toBe(0);
  });

  it('lose a kind only when two looks in a row miss it: a server that starts does not know all', async () => {
    let served = groups(appsGroup, metricsGroup);
    const { capabilities, clock, changes } = someCapabilities(({ path }) =>
      path === '/api' ? core : served,
    );
    await capabilities.start();
    served = groups(appsGroup);
    await clock.advance(60_000);
    expect(capabilities.serves(podMetrics)).toBe(true);
    served = groups(appsGroup, metricsGroup);
    await clock.advance(1_000);
    expect(changes).toHaveLength(1);

    served = groups(appsGroup);
    await clock.advance(60_000);
    expect(capabilities.serves(podMetrics)).toBe(true);
    await clock.advance(1_000);
    expect(capabilities.serves(podMetrics)).toBe(false);
    expect(changes.slice(1)).toEqual([
      { added: [], removed: ['metrics.k8s.io/v1beta1/PodMetrics'] },
    ]);
    capabilities.stop();
  });

  it('do not count a kind whose objects can only be deleted: its CRD is on its way out', async () => {
    const leaving = {
      items: [
        {
          metadata: { name: 'example.com' },
          versions: [
            {
              version: 'v1',
              resources: [
                { responseKind: { kind: 'Going' }, verbs: ['delete', 'get', 'list', 'watch'] },
                { responseKind: { kind: 'Staying' }, verbs: ['create', 'delete', 'get', 'list'] },
                { responseKind: { kind: 'ReadOnly' }, verbs: ['get', 'list'] },
              ],
            },
          ],
        },
      ],
    };
    const { capabilities } = someCapabilities(({ path }) => (path === '/api' ? core : leaving));
    await capabilities.refresh();
    const served = ['Going', 'Staying', 'ReadOnly'].filter((kind) =>
      capabilities.serves({ apiVersion: 'example.com/v1', kind }),
    );
    expect(served).toEqual(['Staying', 'ReadOnly']);
  });

  it('are looked at soon after a change of CRDs and once more, however many changes there are', async () => {
    const { capabilities, clock, client } = someCapabilities(({ path }) =>
      path === '/api' ? core : groups(appsGroup),
    );
    await capabilities.start();
    const looks = (): number => client.requests.length / 2 - 1;
    for (let each = 0; each < 50; each += 1) capabilities.expectChange();
    await clock.advance(1_000);
    expect(looks()).toBe(1);
    await clock.advance(1_000);
    expect(looks()).toBe(2);
    await clock.advance(59_999);
    expect(looks()).toBe(2);
    await clock.advance(1);
    expect(looks()).toBe(3);

    for (let moment = 0; moment < 100; moment += 1) {
      capabilities.expectChange();
      await clock.advance(100);
    }
    expect(looks()).toBe(3 + 10);
    capabilities.stop();
    expect(clock.pendingTimers()).toBe(0);
  });

  it('keep the last good answer while the API server is away, and go on looking', async () => {
    const { capabilities, clock, client, logger, changes } = someCapabilities(({ path }) =>
      path === '/api' ? core : groups(appsGroup),
    );
    await capabilities.start();
    client.answer = networkFailure;
    await clock.advance(180_000);
    expect(capabilities.serves(deployment)).toBe(true);
    expect(changes).toHaveLength(1);
    expect(logger.lines).toHaveLength(3);
    capabilities.stop();
  });

  it('are not ready before the first answer', async () => {
    const { capabilities, clock, client } = someCapabilities(networkFailure);
    let isReady = false;
    void capabilities.whenReady().then(() => (isReady = true));
    await capabilities.start();
    await clock.advance(1);
    expect(isReady).toBe(false);
    client.answer = ({ path }) => (path === '/api' ? core : groups());
    await clock.advance(1_000);
    expect(isReady).toBe(true);
    capabilities.stop();
  });

  it('share one look among all who ask at once', async () => {
    const { capabilities, client } = someCapabilities(({ path }) =>
      path === '/api' ? core : groups(),
    );
    await Promise.all([capabilities.refresh(), capabilities.refresh(), capabilities.refresh()]);
    expect(client.requests).toHaveLength(2);
    await capabilities.refresh();
    expect(client.requests).toHaveLength(4);
  });

  it('do not count what an unreachable aggregated server once served', async () => {
    const { capabilities } = someCapabilities(({ path }) =>
      path === '/api' ? core : groups({ ...metricsGroup, isStale: true }),
    );
    await capabilities.refresh();
    expect(capabilities.serves(podMetrics)).toBe(false);
  });

  it('stop for good when they are stopped during the first look', async () => {
    const { capabilities, clock } = someCapabilities(() => core);
    const started = capabilities.start();
    capabilities.stop();
    await started;
    expect(clock.pendingTimers()).toBe(0);
  });
});

const plainAnswers: Readonly<Record<string, unknown>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    groups: [
      { versions: [{ groupVersion: 'apps/v1' }] },
      { versions: [{ groupVersion: 'metrics.k8s.io/v1beta1' }] },
    ],
  },
  '/api/v1': {
    resources: [
      { name: 'pods', kind: 'Pod' },
      { name: 'pods/eviction', kind: 'Eviction' },
    ],
  },
  '/apis/apps/v1': { resources: [{ name: 'deployments', kind: 'Deployment' }] },
  '/apis/metrics.k8s.io/v1beta1': { resources: [{ name: 'pods', kind: 'PodMetrics' }] },
};

describe('the capabilities of a cluster without aggregated discovery', () => {
  it('come from the plain lists, subresources not counted', async () => {
    const { capabilities } = someCapabilities(({ path }) => plainAnswers[path]);
    await capabilities.refresh();
    expect([pod, deployment, podMetrics].map((kind) => capabilities.serves(kind))).toEqual([
      true,
      true,
      true,
    ]);
    expect(capabilities.serves({ apiVersion: 'v1', kind: 'Eviction' })).toBe(false);
  });

  it('keep what is known of a group that cannot be read, and read the others', async () => {
    const { capabilities, client, changes } = someCapabilities(({ path }) => plainAnswers[path]);
    await capabilities.refresh();
    client.answer = ({ path }) =>
      path.includes('metrics') ? networkFailure() : plainAnswers[path];
    await capabilities.refresh();
    expect(capabilities.serves(podMetrics)).toBe(true);
    expect(changes).toHaveLength(1);
  });
});
