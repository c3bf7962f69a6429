import { describe, expect, it } from 'vitest';
import { networkPolicyNames } from '../../../../operator/names.ts';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import type { LiveCondition } from '../../../../operator/status/observation.ts';
import { aStore } from '../../../support/a-store.ts';
import {
  anAutoscaler,
  conditionOf,
  healthy,
  scalingWorks,
  statusOf,
  withDeployment,
} from './status-inputs.ts';

const scalingFails: readonly LiveCondition[] = [
  { type: 'AbleToScale', status: 'True', reason: 'SucceededGetScale' },
  { type: 'ScalingActive', status: 'False', reason: 'FailedGetContainerResourceMetric' },
];
const cannotScale: readonly LiveCondition[] = [
  { type: 'AbleToScale', status: 'False', reason: 'FailedGetScale' },
];
const limitedBy = (reason: string): readonly LiveCondition[] => [
  ...scalingWorks.slice(0, 2),
  { type: 'ScalingLimited', status: 'True', reason },
];
const fixedPods = { autoscaling: { enabled: false } };
const off: Partial<StoreSpecInput> = { api: fixedPods, web: fixedPods };

describe('AutoscalingReady', () => {
  const web = anAutoscaler('web');

  it.each([
    ['both scale by load', {}, {}, 'True', 'ScalingActive'],
    ['both are off', off, { autoscalers: {} }, 'True', 'AutoscalingOff'],
    [
      'off needs no metrics',
      off,
      { autoscalers: {}, hasMetricsApi: false },
      'True',
      'AutoscalingOff',
    ],
    ['no metrics API', {}, { hasMetricsApi: false }, 'False', 'MetricsUnavailable'],
    ['not made yet', {}, { autoscalers: {} }, 'Unknown', 'NotJudgedYet'],
    [
      'one not judged yet',
      {},
      { autoscalers: { web, api: anAutoscaler('api', []) } },
      'Unknown',
      'NotJudgedYet',
    ],
    [
      'a metric is missing',
      {},
      { autoscalers: { web, api: anAutoscaler('api', scalingFails) } },
      'False',
      'ScalingInactive',
    ],
    [
      'the scale cannot be read',
      {},
      { autoscalers: { web, api: anAutoscaler('api', cannotScale) } },
      'False',
      'ScalingInactive',
    ],
    [
      'at the upper bound',
      {},
      { autoscalers: { web, api: anAutoscaler('api', limitedBy('TooManyReplicas')) } },
      'True',
      'ScalingActive',
    ],
  ] as const)('%s', (_title, spec, changes, status, reason) => {
    const found = conditionOf(
      statusOf({ spec, observations: healthy(changes) }),
      'AutoscalingReady',
    );
    expect(found).toMatchObject({ status, reason });
  });

  it('names the autoscaler and its reason', () => {
    const autoscalers = { web, api: anAutoscaler('api', scalingFails) };
    const found = conditionOf(
      statusOf({ observations: healthy({ autoscalers }) }),
      'AutoscalingReady',
    );
    expect(found?.message).toBe(
      'HorizontalPodAutoscaler dhaka-api: FailedGetContainerResourceMetric',
    );
  });

  it('leaves the store ready: a shop without autoscaling still sells', () => {
    const status = statusOf({ observations: healthy({ hasMetricsApi: false }) });
    expect(conditionOf(status, 'Ready')?.status).toBe('True');
  });
});

describe('status.autoscaling', () => {
  it.each([
    ['TooManyReplicas', true],
    ['TooFewReplicas', false],
    ['ScaleUpLimit', false],
  ])('ScalingLimited by %s: limited %s', (reason, limited) => {
    const autoscalers = { api: anAutoscaler('api', limitedBy(reason)) };
    expect(statusOf({ observations: healthy({ autoscalers }) }).autoscaling).toEqual({
      api: { current: 3, desired: 3, min: 3, max: 10, limited },
    });
  });

  it('is absent without autoscalers', () => {
    const observations = healthy({ autoscalers: {} });
    expect(statusOf({ spec: off, observations })).not.toHaveProperty('autoscaling');
  });
});

describe('NetworkPolicyReady', () => {
  it.each<[string, boolean, readonly string[], string, string, RegExp]>([
    [
      'all exist',
      true,
      networkPolicyNames('dhaka', aStore().spec.database),
      'True',
      'PoliciesPresent',
      /has to enforce/,
    ],
    ['one is missing', true, ['dhaka-deny'], 'False', 'PoliciesMissing', /NetworkPolicy dhaka-api/],
    ['switched off', false, [], 'True', 'NetworkPolicyOff', /enabled is false/],
  ])('%s', (_, enabled, networkPolicies, status, reason, message) => {
    const observations = healthy({ networkPolicies });
    const found = conditionOf(
      statusOf({ spec: { networkPolicy: { enabled } }, observations }),
      'NetworkPolicyReady',
    );
    expect(found).toMatchObject({
      status,
      reason,
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('ApiReady', () => {
  it.each([
    ['all is well', {}, 'True', 'PodsReady'],
    ['a rollout with the old pods serving', { total: 4, updated: 1 }, 'True', 'RollingOut'],
    ['too few pods', { ready: 1 }, 'False', 'PodsNotReady'],
    ['scaled to 0 by hand', { wanted: 0 }, 'False', 'ScaledToZero'],
  ] as const)('%s', (_title, counts, status, reason) => {
    const found = conditionOf(
      statusOf({ observations: withDeployment('api', counts) }),
      'ApiReady',
    );
    expect(found).toMatchObject({ status, reason });
    expect(found?.message).toContain('Deployment dhaka-api');
  });

  it('is true without pods when the owner asks for none', () => {
    const spec = { api: { replicas: 0, ...fixedPods } };
    const status = statusOf({ spec, observations: withDeployment('api', { wanted: 0 }) });
    expect(conditionOf(status, 'ApiReady')).toMatchObject({
      status: 'True',
      reason: 'ScaledToZero',
    });
    expect(conditionOf(status, 'Ready')?.status).toBe('True');
  });
});
