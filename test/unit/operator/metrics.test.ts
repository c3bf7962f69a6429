import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { registerStoreMetrics } from '../../../operator/metrics.ts';
import type { KubeObject } from '../../../operator/runtime/kube-object.ts';

const store = (name: string, status: object): KubeObject => ({
  apiVersion: 'dhakacart.io/v1alpha1',
  kind: 'DhakaCartStore',
  metadata: { name, namespace: 'shop' },
  status,
});

describe('the gauges of certificates', () => {
  it('tell from when until when each holds, and vanish with it', async () => {
    const registry = new Registry();
    const tls = { notBefore: '2026-01-01T00:00:00Z', notAfter: '2026-04-01T00:00:00Z' };
    let stores = [store('dhaka', { tls }), store('plain', { tls: { mode: 'Off' } })];
    registerStoreMetrics(registry, () => stores);
    const series = async (): Promise<readonly string[]> =>
      (await registry.metrics()).split('\n').filter((line) => line.startsWith('dhakacart_tls_'));

    expect(await series()).toEqual([
      'dhakacart_tls_not_before_timestamp_seconds{namespace="shop",name="dhaka"} 1767225600',
      'dhakacart_tls_not_after_timestamp_seconds{namespace="shop",name="dhaka"} 1775001600',
    ]);
    stores = [];
    expect(await series()).toEqual([]);
  });
});
