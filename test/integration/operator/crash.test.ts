import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { OperatorProcess } from '../../support/operator.ts';
import { children, storeManifest } from '../../support/stores.ts';

/** Kills in this test; `npm run bench:crash` makes 500. */
const kills = Number(process.env['CRASH_KILLS'] ?? 50);
const testTimeoutMs = 60_000 + kills * 6_000;

// Without election a killed operator has no lease to wait for: each start acts at once.
const flags = ['--leader-elect=false'];

describe('an operator that is killed at any moment', () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('crash', cluster);

  it(
    `changes no Secret and leaves no duplicate or orphan, ${kills} times`,
    async () => {
      const kubeconfig = await installOperatorRole(cluster());
      const apply = (replicas: number): Promise<string> =>
        mustRun(
          cluster(),
          ['apply', '-f', '-'],
          storeManifest('shop', namespace(), {
            web: { autoscaling: { enabled: replicas % 2 === 0 }, replicas },
          }),
        );
      const secrets = new Map<string, string>();
      for (let round = 1; round <= kills; round += 1) {
        await apply(2 + (round % 5));
        const operator = new OperatorProcess(kubeconfig, flags);
        // From the start of the program to the end of the first reconcile, a little further each round.
        await sleep(600 + ((round * 37) % 1_400));
        await operator.end('SIGKILL');
        for (const object of await children(cluster(), namespace(), 'shop')) {
          if (object.kind !== 'Secret') continue;
          const data = JSON.stringify(object['data']);
          expect(secrets.get(object.metadata.name) ?? data).toBe(data);
          secrets.set(object.metadata.name, data);
        }
      }

      const operator = new OperatorProcess(kubeconfig, flags);
      await mustRun(cluster(), [
        'wait',
        '--for=condition=Ready',
        'dcs/shop',
        '-n',
        namespace(),
        '--timeout=60s',
      ]);
      const names = (await children(cluster(), namespace(), 'shop')).map(
        ({ kind, metadata }) => `${kind}/${metadata.name}`,
      );
      expect(await operator.end('SIGTERM')).toBe(0);
      expect(secrets.size).toBe(2);
      expect(
        names.filter((name) => !name.startsWith('HorizontalPodAutoscaler/shop-web')).toSorted(),
      ).toEqual([
        'ConfigMap/shop-api',
        'ConfigMap/shop-web',
        'Deployment/shop-api',
        'Deployment/shop-web',
        'HorizontalPodAutoscaler/shop-api',
        'PodDisruptionBudget/shop-api',
        'PodDisruptionBudget/shop-web',
        'Secret/shop-jwt',
        'Secret/shop-session',
        'Service/shop-api',
        'Service/shop-web',
        'ServiceAccount/shop-api',
        'ServiceAccount/shop-web',
      ]);
    },
    testTimeoutMs,
  );
});
