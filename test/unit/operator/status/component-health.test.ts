import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import { componentHealth } from '../../../../operator/status/component-health.ts';
import {
  aDeployment,
  aPod,
  anInput,
  deadlineExceeded,
  healthy,
  type InputWish,
  type PodCounts,
  statusOf,
  waitingFor,
  withDeployment,
} from './status-inputs.ts';

const api = (wish: InputWish) => componentHealth(anInput(wish), 'api');
const fixed = (replicas: number): Partial<StoreSpecInput> => ({
  api: { replicas, autoscaling: { enabled: false }, disruptionBudget: { enabled: false } },
});

describe('a component under an autoscaler (3 to 10)', () => {
  const table: readonly (readonly [string, PodCounts, boolean, boolean])[] = [
    ['all pods available', {}, true, true],
    ['one of three pods lost', { ready: 2 }, false, true],
    ['ready, but not yet for minReadySeconds', { available: 2 }, false, true],
    ['scaling from 3 to 7', { wanted: 7, total: 7, updated: 7, ready: 3 }, true, true],
    ['scaled to 7, two lost', { wanted: 7, ready: 5 }, true, true],
    ['rollout: one of three new', { total: 4, updated: 1 }, true, false],
    ['rollout: all new, one old left', { total: 4, updated: 3 }, true, false],
    ['first pods starting', { ready: 0 }, false, true],
    ['no pods at all', { total: 0, updated: 0, ready: 0 }, false, false],
    ['scaled to 0 by hand', { wanted: 0 }, false, false],
  ];

  it.each(table)('%s', (_title, counts, serves, isRolledOut) => {
    expect(api({ observations: withDeployment('api', counts) })).toMatchObject({
      serves,
      isRolledOut,
    });
  });
});

describe('a component with a fixed number of pods', () => {
  it.each([
    [0, { wanted: 0 }, true],
    [1, { wanted: 1 }, true],
    [5, { wanted: 5, ready: 4 }, false],
    [5, { wanted: 5 }, true],
  ] as const)('wants %i: %j serves %s', (replicas, counts, serves) => {
    const observations = withDeployment('api', counts);
    expect(api({ spec: fixed(replicas), observations }).serves).toBe(serves);
  });

  it('reports the live number as desired', () => {
    const observations = withDeployment('api', { wanted: 5, ready: 4 });
    const { status } = api({ spec: fixed(5), observations });
    expect(status).toMatchObject({ ready: 4, desired: 5, updated: 5, pods: '4/5' });
  });
});

describe('a Deployment that is not there', () => {
  it('is named, with the number of pods it should have', () => {
    const { status, serves } = api({ observations: healthy({ deployments: {} }) });
    expect(serves).toBe(false);
    expect(status).toMatchObject({
      ready: 0,
      desired: 3,
      message: 'Deployment dhaka-api does not exist',
    });
  });
});

describe('a generation that the Deployment controller has not seen', () => {
  const unseen = withDeployment('api', { generation: 5, observedGeneration: 4 });

  it('keeps a ready store ready, since an autoscaler changes the generation too', () => {
    expect(api({ observations: unseen, previous: statusOf() }).isRolledOut).toBe(true);
  });

  it('is a rollout when the store has changed as well', () => {
    const health = api({ observations: unseen, previous: statusOf(), generation: 2 });
    expect(health.isRolledOut).toBe(false);
  });

  it('is a rollout when the store was never ready', () => {
    expect(api({ observations: unseen }).isRolledOut).toBe(false);
  });

  it('is not stuck: the condition is about the revision before', () => {
    const observations = withDeployment('api', {
      generation: 5,
      observedGeneration: 4,
      updated: 1,
      conditions: [deadlineExceeded],
    });
    expect(api({ observations }).stuck).toBeUndefined();
  });
});

describe('a rollout past its deadline', () => {
  const counts = { total: 4, updated: 1, conditions: [deadlineExceeded] };

  it("is stuck, and tells the pod's reason", () => {
    const pods = [aPod('dhaka-api-1', 'api', waitingFor('ImagePullBackOff', 'no such tag'))];
    const { stuck, status } = api({ observations: { ...withDeployment('api', counts), pods } });
    expect(stuck).toEqual({
      reason: 'RolloutStuck',
      message:
        'Deployment dhaka-api exceeded its progress deadline: pod dhaka-api-1: container api: ImagePullBackOff: no such tag',
    });
    expect(status.message).toContain('dhaka-api-1');
  });

  it('says so when no pod tells why', () => {
    expect(api({ observations: withDeployment('api', counts) }).stuck?.message).toContain(
      'no pod tells why',
    );
  });

  it('is over once every pod is new and available', () => {
    const observations = withDeployment('api', { conditions: [deadlineExceeded] });
    expect(api({ observations }).stuck).toBeUndefined();
  });
});

describe('the message of a component', () => {
  it('quotes why pods cannot be created', () => {
    const refused = {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: 'pods "x" is forbidden: exceeded quota: shop',
    };
    const observations = withDeployment('api', { total: 0, updated: 0, conditions: [refused] });
    expect(api({ observations }).status.message).toBe(refused.message);
  });

  it('is empty while all is well', () => {
    expect(api({}).status.message).toBe('');
  });

  it('stays within the bound of the schema', () => {
    const refused = { type: 'ReplicaFailure', status: 'True', message: 'x'.repeat(9_000) };
    const observations = withDeployment('api', { conditions: [refused] });
    expect(api({ observations }).status.message.length).toBe(1024);
  });
});

describe('scaling to 0 by hand under an autoscaler', () => {
  it('needs a person: the autoscaler is off as long as it lasts', () => {
    const { stuck } = api({ observations: withDeployment('api', { wanted: 0 }) });
    expect(stuck?.reason).toBe('ScaledToZero');
    expect(stuck?.message).toContain('Deployment dhaka-api');
  });
});

describe('without a valid spec', () => {
  it('judges by what lives: the bounds are those of the autoscaler', () => {
    const deployments = { api: aDeployment('api', { wanted: 7, ready: 3 }) };
    const input = { ...anInput({ observations: healthy({ deployments }) }), spec: undefined };
    expect(componentHealth(input, 'api')).toMatchObject({ serves: true, isRolledOut: true });
  });
});
