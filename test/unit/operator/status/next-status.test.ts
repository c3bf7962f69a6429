import { describe, expect, it } from 'vitest';
import { storeStatus } from '../../../../crds/store/status.ts';
import { TransientError } from '../../../../operator/errors.ts';
import {
  aDeployment,
  conditionOf,
  healthy,
  laterMoment,
  firstMoment,
  statusOf,
  withDeployment,
} from './status-inputs.ts';

const release = { version: '2.0.0' };
const newApi = { image: 'ghcr.io/dhakacart/storefront-api:2.0.0' };
const newWeb = { image: 'ghcr.io/dhakacart/storefront-web:2.0.0' };

describe('what serves', () => {
  const before = statusOf();

  it('is the version, the images and the address after a finished rollout', () => {
    expect(before).toMatchObject({
      version: '1.0.0',
      url: 'https://shop.example.com',
      images: {
        api: 'ghcr.io/dhakacart/storefront-api:1.0.0',
        web: 'ghcr.io/dhakacart/storefront-web:1.0.0',
      },
    });
  });

  it('moves an image when its component is rolled out, and the version when both are', () => {
    const half = healthy({
      deployments: {
        api: aDeployment('api', newApi),
        web: aDeployment('web', { ...newWeb, total: 4, updated: 1 }),
      },
    });
    const during = statusOf({ spec: release, generation: 2, previous: before, observations: half });
    expect(during.version).toBe('1.0.0');
    expect(during.images).toEqual({ api: newApi.image, web: before.images?.web });

    const deployments = { api: aDeployment('api', newApi), web: aDeployment('web', newWeb) };
    const after = statusOf({
      spec: release,
      generation: 2,
      previous: during,
      observations: healthy({ deployments }),
    });
    expect(after.version).toBe('2.0.0');
    expect(after.images).toEqual({ api: newApi.image, web: newWeb.image });
  });

  it('does not move while a new generation could not be applied', () => {
    const error = new TransientError('Timeout', 'timed out');
    const status = statusOf({
      spec: { ...release, hosts: ['new.example.com'] },
      generation: 2,
      previous: before,
      outcome: { kind: 'failed', error },
    });
    expect(status).toMatchObject({ version: '1.0.0', url: 'https://shop.example.com' });
  });

  it('does not move while the store is paused', () => {
    const outcome = { kind: 'paused' } as const;
    const status = statusOf({ spec: release, generation: 2, previous: before, outcome });
    expect(status.version).toBe('1.0.0');
  });

  it('is not told before anything serves', () => {
    const status = statusOf({ observations: healthy({ deployments: {} }) });
    expect(status).not.toHaveProperty('version');
    expect(status).not.toHaveProperty('images');
  });
});

describe('a transition time', () => {
  const before = statusOf();

  it('stays while the status of its condition stays, whatever its reason does', () => {
    const observations = withDeployment('api', { total: 4, updated: 1 });
    const after = statusOf({ previous: before, observations, now: laterMoment });
    expect(conditionOf(after, 'ApiReady')).toMatchObject({
      reason: 'RollingOut',
      lastTransitionTime: firstMoment,
    });
    expect(conditionOf(after, 'Ready')?.lastTransitionTime).toBe(laterMoment);
    expect(conditionOf(after, 'Reconciling')?.lastTransitionTime).toBe(laterMoment);
  });
});

describe('the size of a status', () => {
  it('stays small and within the schema, however long the texts are that it repeats', () => {
    const long = 'é'.repeat(20_000);
    const problems = Array.from({ length: 20 }, (_, index) => ({
      path: `hosts[${index}]`,
      message: long,
    }));
    const conditions = [{ type: 'ReplicaFailure', status: 'True', message: long }];
    const status = statusOf({
      outcome: { kind: 'invalid', problems },
      observations: withDeployment('api', { ready: 0, conditions }),
    });
    expect(storeStatus.parse(status)).toEqual(status);
    expect(JSON.stringify(status).length).toBeLessThan(10_000);
  });

  it('has no empty map or list, which server-side apply would own as such', () => {
    const status = statusOf({ observations: healthy({ deployments: {}, autoscalers: {} }) });
    const empty = Object.entries(status).filter(
      ([, value]) => typeof value === 'object' && Object.keys(value).length === 0,
    );
    expect(empty).toEqual([]);
  });
});
