import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { withOperator } from '../../support/operator.ts';
import { list, type LiveObject, read, readyStore, smallShop } from '../../support/stores.ts';

describe('the number of pods', () => {
  const cluster = withOwnCluster();
  withOperator(cluster, { queue: { resyncMs: 1_000 } });
  const namespace = withNamespace('scaling', cluster);
  const deployment = (name: string): Promise<LiveObject> =>
    read(cluster(), [`deployment/${name}`, '-n', namespace()]);
  const merge = (name: string, api: object): Promise<string> =>
    mustRun(cluster(), [
      'patch',
      `dcs/${name}`,
      '-n',
      namespace(),
      '--type=merge',
      '-p',
      JSON.stringify({ spec: { api } }),
    ]);

  /** Every value of spec.replicas that the API server ever held, while `action` runs. */
  async function replicasDuring(
    name: string,
    action: () => Promise<unknown>,
  ): Promise<readonly number[]> {
    const { kubectl } = cluster().address;
    const watch = spawn(
      kubectl.file,
      [
        ...kubectl.args,
        'get',
        `deployment/${name}`,
        '-n',
        namespace(),
        '--watch',
        '-o',
        'jsonpath={.spec.replicas}{"\\n"}',
      ],
      {
        env: { ...process.env, KUBECONFIG: cluster().kubeconfigPath },
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const seen: number[] = [];
    createInterface({ input: watch.stdout }).on('line', (line) => seen.push(Number(line)));
    await eventually(() => expect(seen.length).toBeGreaterThan(0));
    await action();
    watch.kill();
    return seen;
  }

  it('belongs to the autoscaler while autoscaling is on', async () => {
    await readyStore(cluster(), namespace(), 'auto');
    await mustRun(cluster(), ['scale', 'deployment/auto-api', '-n', namespace(), '--replicas=7']);

    const seen = await replicasDuring('auto-api', async () => {
      await merge('auto', { resources: { limits: { cpu: '2' } } });
      await eventually(async () => {
        const { limits } = (await deployment('auto-api'))['spec'].template.spec.containers[0]
          .resources;
        expect(limits.cpu).toBe('2');
      });
    });

    expect(new Set(seen)).toEqual(new Set([7]));
  });

  it('never dips when autoscaling is turned on, nor when it is turned off', async () => {
    await readyStore(cluster(), namespace(), 'switched', {
      api: { autoscaling: { enabled: false }, replicas: 5 },
    });

    const seen = await replicasDuring('switched-api', async () => {
      await merge('switched', { autoscaling: { enabled: true } });
      await eventually(() => read(cluster(), ['hpa/switched-api', '-n', namespace()]));
      await eventually(async () => {
        const store = await read(cluster(), ['dcs/switched', '-n', namespace()]);
        expect(store['status'].observedGeneration).toBe(2);
      });
      await merge('switched', { autoscaling: { enabled: false } });
      await eventually(async () => {
        const store = await read(cluster(), ['dcs/switched', '-n', namespace()]);
        expect(store['status'].observedGeneration).toBe(3);
      });
    });

    expect(new Set(seen)).toEqual(new Set([5]));
  });

  it('goes to what the owner has written when autoscaling is turned off, which is no drift', async () => {
    const api = { autoscaling: { minReplicas: 1 }, replicas: 2 };
    await readyStore(cluster(), namespace(), 'left', { api: { ...smallShop.api, ...api } });
    await mustRun(cluster(), ['scale', 'deployment/left-api', '-n', namespace(), '--replicas=4']);

    await merge('left', { autoscaling: { enabled: false } });
    await eventually(async () => {
      const store = await read(cluster(), ['dcs/left', '-n', namespace()]);
      expect(store['status'].observedGeneration).toBe(2);
    });
    expect((await deployment('left-api'))['spec'].replicas).toBe(2);
    // Events are told one after the other: those of before a pruned autoscaler are there when that is.
    const reasons = async (): Promise<readonly string[]> => {
      const told = await list(cluster(), 'events.events.k8s.io', ['-n', namespace()]);
      return told
        .filter((event) => event['regarding'].name === 'left')
        .map((event) => event['reason'] as string);
    };
    await eventually(async () => expect(await reasons()).toContain('Pruned'));
    expect(await reasons()).not.toContain('DriftRepaired');
  });

  it('may be 0, which is a state that was asked for', async () => {
    await readyStore(cluster(), namespace(), 'zero', {
      api: { autoscaling: { enabled: false }, replicas: 0 },
    });

    expect((await deployment('zero-api'))['spec'].replicas).toBe(0);
  });
});
