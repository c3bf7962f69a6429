import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { withOperator } from '../../support/operator.ts';
import { children, condition, keptChildren, list, readyStore } from '../../support/stores.ts';

const minimalSample = fileURLToPath(new URL('../../../crds/samples/minimal.yaml', import.meta.url));

describe('a store on a real control plane', () => {
  const cluster = withOwnCluster();
  const operator = withOperator(cluster, { queue: { resyncMs: 1_500, waitingDelayMs: 1_000 } });
  const namespace = withNamespace('store', cluster);

  const { get, run, apply, applyStore, merge } = kubectlIn(cluster, namespace);

  it('becomes Ready from the minimal sample, and reads well', async () => {
    await mustRun(cluster(), ['apply', '-f', minimalSample]);
    await mustRun(cluster(), ['wait', '--for=condition=Ready', 'dcs/dhaka', '--timeout=60s']);

    const table = await mustRun(cluster(), ['get', 'dcs']);
    const explained = await mustRun(cluster(), ['explain', 'dcs.spec.api.autoscaling']);

    expect(table).toMatch(/NAME\s+READY\s+REASON\s+VERSION\s+API\s+WEB\s+URL\s+AGE/);
    expect(table).toMatch(
      /dhaka\s+True\s+AllComponentsReady\s+1\.0\.0\s+3\/3\s+3\/3\s+https:\/\/shop\.example\.com/,
    );
    expect(explained).toMatch(/maxReplicas/);
  });

  it('changes nothing while nothing changes, however often it reconciles', async () => {
    await readyStore(cluster(), namespace(), 'quiet', { api: {}, web: {} });
    const versions = async (): Promise<readonly string[]> => {
      const objects = [
        ...(await children(cluster(), namespace(), 'quiet')),
        await get('dcs/quiet'),
      ];
      return objects.map(
        ({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`,
      );
    };
    await sleep(3_000);

    const before = await versions();
    await sleep(8_000);

    expect(await versions()).toEqual(before);
  });

  it('applies an edit of the owner', async () => {
    await readyStore(cluster(), namespace(), 'edited', {
      web: { autoscaling: { enabled: false }, replicas: 2 },
    });

    await merge('dcs/edited', { spec: { web: { replicas: 4 } } });

    await eventually(async () => {
      expect((await get('deployment/edited-web'))['spec'].replicas).toBe(4);
      const store = await get('dcs/edited');
      expect(store['status'].observedGeneration).toBe(store['metadata']['generation' as never]);
      expect(store['status'].components.web.pods).toBe('4/4');
    });
  });

  it('prunes what is no longer asked for, and nothing of others', async () => {
    await readyStore(cluster(), namespace(), 'pruned', { api: {}, web: {} });
    await run('create', 'configmap', 'of-a-person');

    await merge('dcs/pruned', {
      spec: { web: { autoscaling: { enabled: false }, disruptionBudget: { enabled: false } } },
    });

    await eventually(async () => {
      const left = (
        await list(cluster(), 'hpa,pdb', [
          '-n',
          namespace(),
          '-l',
          'app.kubernetes.io/instance=pruned',
        ])
      ).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
      expect(left).toEqual([
        'HorizontalPodAutoscaler/pruned-api',
        'PodDisruptionBudget/pruned-api',
      ]);
    });
    await get('configmap/of-a-person');
  });

  it('never takes over an object of somebody else, and says whose name it is', async () => {
    await run('create', 'configmap', 'taken-api', '--from-literal=mine=1');

    await applyStore('taken');

    await eventually(async () => {
      const stalled = condition(await get('dcs/taken'), 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason: 'NameConflict' });
      expect(stalled?.message).toContain('ConfigMap');
    });
    expect((await get('configmap/taken-api'))['data']).toEqual({ mine: '1' });

    // It is tried again each second; once the pods have come up, its status stands still: nothing flaps.
    await eventually(async () => {
      const { resourceVersion } = (await get('dcs/taken')).metadata;
      await sleep(4_000);
      expect((await get('dcs/taken')).metadata.resourceVersion).toBe(resourceVersion);
    });
  });

  it('names a Secret that is missing, keeps what runs, and goes on when it is there', async () => {
    await readyStore(cluster(), namespace(), 'mail');
    const env = [{ name: 'SMTP', valueFrom: { secretKeyRef: { name: 'smtp', key: 'password' } } }];

    await merge('dcs/mail', { spec: { api: { env } } });
    await eventually(async () => {
      const stalled = condition(await get('dcs/mail'), 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason: 'MissingReference' });
      expect(stalled?.message).toContain('smtp');
    });
    await run('create', 'secret', 'generic', 'smtp', '--from-literal=password=1');

    await eventually(async () => {
      expect(condition(await get('dcs/mail'), 'Stalled')).toBeUndefined();
      const { containers } = (await get('deployment/mail-api'))['spec'].template.spec;
      expect(JSON.stringify(containers)).toContain('smtp');
    });
  });

  it('rolls the pods when a ConfigMap that env refers to has changed', async () => {
    const literal = (value: string): Promise<string> =>
      apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'tuning' },
        data: { level: value },
      });
    await literal('1');
    const valueFrom = { configMapKeyRef: { name: 'tuning', key: 'level' } };
    await readyStore(cluster(), namespace(), 'tuned', { web: { env: [{ name: 'L', valueFrom }] } });
    const annotation = async (): Promise<unknown> =>
      (await get('deployment/tuned-web'))['spec'].template.metadata.annotations[
        'dhakacart.io/config-maps-checksum'
      ];
    const before = await annotation();
    expect(before).toMatch(/^[0-9a-f]{16}$/);

    await literal('2');

    await eventually(async () => expect(await annotation()).not.toBe(before));
  });

  it('does not touch children while it is paused, and says so', async () => {
    await readyStore(cluster(), namespace(), 'paused');
    await merge('dcs/paused', { spec: { paused: true } });
    await eventually(async () =>
      expect(condition(await get('dcs/paused'), 'Paused')?.status).toBe('True'),
    );

    await run('delete', 'service', 'paused-web');
    await sleep(3_000);
    const services = await list(cluster(), 'services', [
      '-n',
      namespace(),
      '-l',
      'app.kubernetes.io/instance=paused',
    ]);
    expect(services.map(({ metadata }) => metadata.name)).toEqual(['paused-api', 'paused-db']);

    await merge('dcs/paused', { spec: { paused: false } });
    await eventually(() => get('service/paused-web'));
  });

  it('keeps two stores of one namespace apart', async () => {
    await readyStore(cluster(), namespace(), 'one');
    await readyStore(cluster(), namespace(), 'one-api');
    await sleep(2_000);
    const other = async (): Promise<string> =>
      JSON.stringify(await children(cluster(), namespace(), 'one-api'));
    const before = await other();

    await run('delete', 'dcs/one', '--wait');
    await eventually(async () => {
      const left = await children(cluster(), namespace(), 'one');
      expect(left.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual(
        keptChildren('one'),
      );
    });

    expect(await other()).toBe(before);
  });

  it('reports itself to Prometheus under the names of controller-runtime', async () => {
    const { metricsPort } = operator();
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();

    expect(text).toMatch(
      /controller_runtime_reconcile_total\{result="requeue_after",controller="dhakacartstore"\} \d+/,
    );
    expect(text).toMatch(/dhakacart_store_condition\{[^}]*name="dhaka"[^}]*type="Ready"[^}]*\} 1/);
    expect(text).not.toMatch(/name="one",/);
  });
});
