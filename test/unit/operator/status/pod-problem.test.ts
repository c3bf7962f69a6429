import { describe, expect, it } from 'vitest';
import { podProblem } from '../../../../operator/status/pod-problem.ts';
import { anUnschedulablePod, aPod, waitingFor } from './status-inputs.ts';

describe('podProblem', () => {
  it.each([
    [
      'ImagePullBackOff',
      'Back-off pulling image "x"',
      'pod p: container api: ImagePullBackOff: Back-off pulling image "x"',
    ],
    ['ErrImagePull', 'not found', 'pod p: container api: ErrImagePull: not found'],
    [
      'CreateContainerConfigError',
      'secret "smtp" not found',
      'pod p: container api: CreateContainerConfigError: secret "smtp" not found',
    ],
    ['CrashLoopBackOff', 'back-off 2m40s restarting', 'pod p: container api: CrashLoopBackOff'],
  ])('names pod, container and reason of %s', (reason, message, expected) => {
    expect(podProblem([aPod('p', 'api', waitingFor(reason, message))], 'api')).toBe(expected);
  });

  it('tells how a container that crashes ended before', () => {
    const crashing = {
      ...waitingFor('CrashLoopBackOff'),
      lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
    };
    expect(podProblem([aPod('p', 'api', crashing)], 'api')).toBe(
      'pod p: container api: CrashLoopBackOff (ended before: OOMKilled, exit code 137)',
    );
  });

  it('quotes the scheduler', () => {
    expect(podProblem([anUnschedulablePod('p', 'web')], 'web')).toBe(
      'pod p: Unschedulable: 0/3 nodes are available: 3 Insufficient cpu.',
    );
  });

  it('prefers a waiting container to an unscheduled pod, and the first name among equals', () => {
    const pods = [
      anUnschedulablePod('a', 'api'),
      aPod('c', 'api', waitingFor('ErrImagePull')),
      aPod('b', 'api', waitingFor('ErrImagePull')),
    ];
    expect(podProblem(pods, 'api')).toBe('pod b: container api: ErrImagePull');
    expect(podProblem(pods.toReversed(), 'api')).toBe(podProblem(pods, 'api'));
  });

  it('is undefined for running pods, and ignores pods that are going and those of another component', () => {
    const leaving = aPod('p', 'api', waitingFor('ErrImagePull'));
    const deletionTimestamp = '2026-01-01T00:00:00Z';
    const pods = [
      aPod('running', 'api'),
      aPod('other', 'web', waitingFor('ErrImagePull')),
      { ...leaving, metadata: { ...leaving.metadata, deletionTimestamp } },
    ];
    expect(podProblem(pods, 'api')).toBeUndefined();
  });

  it('keeps a long message short', () => {
    const long = aPod('p', 'api', waitingFor('ErrImagePull', 'x'.repeat(5_000)));
    expect(podProblem([long], 'api')?.length).toBeLessThan(500);
  });
});
