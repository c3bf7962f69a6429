// What an owner makes and a store refers to: heard of at once, with the delays of production.
import { describe, expect, it } from 'vitest';
import { withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { withOperator } from '../../support/operator.ts';
import { condition, readyStore } from '../../support/stores.ts';

/** Far less than the half a minute after which what waits for somebody is tried again. */
const noticeMs = 5_000;

describe('what a store refers to', { timeout: 120_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster);
  const namespace = withNamespace('references', cluster);
  const { get, run, merge } = kubectlIn(cluster, namespace);
  const variable = (name: string, source: object): object => ({ name, valueFrom: source });
  const checksum = async (key: string): Promise<string | undefined> => {
    const { template } = (await get('deployment/shop-api'))['spec'];
    return template.metadata.annotations[`dhakacart.io/${key}-checksum`];
  };

  it('heals the store as soon as it is there', async () => {
    const env = [
      variable('SMTP', { secretKeyRef: { name: 'smtp', key: 'password' } }),
      variable('LEVEL', { configMapKeyRef: { name: 'tuning', key: 'level' } }),
    ];
    await readyStore(cluster(), namespace(), 'shop');
    await merge('dcs/shop', { spec: { api: { env } } });
    await eventually(async () =>
      expect(condition(await get('dcs/shop'), 'Stalled')?.reason).toBe('MissingReference'),
    );

    await run('create', 'secret', 'generic', 'smtp', '--from-literal=password=one');
    await run('create', 'configmap', 'tuning', '--from-literal=level=info');

    await eventually(
      async () => expect(condition(await get('dcs/shop'), 'Stalled')).toBeUndefined(),
      { timeoutMs: noticeMs },
    );
  });

  it.each([
    ['Secret', 'secrets', 'secret/smtp', { stringData: { password: 'two' } }],
    ['ConfigMap', 'config-maps', 'configmap/tuning', { data: { level: 'debug' } }],
  ])('rolls the pods as soon as a %s has changed', async (_kind, key, object, patch) => {
    const before = await checksum(key);
    await run('patch', object, '--type=merge', '-p', JSON.stringify(patch));
    await eventually(async () => expect(await checksum(key)).not.toBe(before), {
      timeoutMs: noticeMs,
    });
  });
});
