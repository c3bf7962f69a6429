// Two stores with one host on a real control plane. No ingress controller runs here: the test writes the addresses.
import { describe, expect, it } from 'vitest';
import { withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { kubectlIn } from '../../support/kubectl-in.ts';
import { withOperator } from '../../support/operator.ts';
import { condition, installIngressClass, readyStore, smallShop } from '../../support/stores.ts';

/** A change in the cluster must be seen within seconds: the operator watches. */
const noticeMs = 5_000;

describe('a host that two stores name', { timeout: 120_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster);
  const namespace = withNamespace('shared-hosts', cluster);
  const { get, run, applyStore, merge } = kubectlIn(cluster, namespace);
  const hosts = ['shop.example.com'];

  const giveAddress = (name: string): Promise<string> =>
    merge(
      `ingress/${name}-ingress`,
      { status: { loadBalancer: { ingress: [{ ip: '203.0.113.7' }] } } },
      '--subresource=status',
    );
  const exposed = (name: string, expected: object): Promise<void> =>
    eventually(
      async () => {
        expect(condition(await get(`dcs/${name}`), 'ExposureReady')).toMatchObject(expected);
      },
      { timeoutMs: noticeMs },
    );
  const isTaken = { status: 'False', reason: 'HostTaken' };
  const isFree = { status: 'True', reason: 'Ready' };

  it('belongs to the older one, and the other one is told', async () => {
    await installIngressClass(cluster(), 'edge', { controller: 'traefik.io/ingress-controller' });
    await readyStore(cluster(), namespace(), 'old', { hosts });
    await applyStore('young', { ...smallShop, hosts, exposure: { mode: 'Ingress' } });

    await exposed('young', {
      ...isTaken,
      message: expect.stringContaining(`${namespace()}/old`) as string,
    });
    await Promise.all(['old', 'young'].map(giveAddress));
    await exposed('old', isFree);
    await exposed('young', isTaken);
  });

  it('is free when the older one takes another host, and taken again when it is set back', async () => {
    await merge('dcs/old', { spec: { hosts: ['old.example.com'] } });
    await exposed('young', isFree);
    await run('wait', '--for=condition=Ready', 'dcs/young', '--timeout=60s');

    await merge('dcs/old', { spec: { hosts } });
    await exposed('young', isTaken);
    expect(condition(await get('dcs/young'), 'Stalled')?.reason).toBe('HostTaken');
    await exposed('old', isFree);
  });

  it('is free when the older one is at another controller', async () => {
    await installIngressClass(cluster(), 'inner', { controller: 'haproxy.org/ingress-controller' });
    const className = (name: string): Promise<string> =>
      merge('dcs/old', { spec: { exposure: { ingress: { className: name } } } });

    await className('inner');
    await exposed('young', isFree);
    await className('edge');
    await exposed('young', isTaken);
  });

  it('stays with the older one that is paused, since its Ingress goes on', async () => {
    await merge('dcs/old', { spec: { paused: true } });
    await merge('dcs/young', { spec: { hosts: [...hosts, 'young.example.com'] } });
    await eventually(async () => {
      const { metadata, status } = await get('dcs/young');
      expect(status.observedGeneration).toBe(metadata['generation' as never]);
    });
    await exposed('young', isTaken);
    await merge('dcs/old', { spec: { paused: false } });
  });

  it('is free when the older one goes', async () => {
    await run('delete', 'dcs/old', '--timeout=60s');
    await exposed('young', isFree);
  });
});
