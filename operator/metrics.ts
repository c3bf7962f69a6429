// Gauges about stores, read from the cache at each scrape: a store that is gone leaves no series behind.
import { Gauge, type Registry } from 'prom-client';
import type { StoreStatus } from '../crds/store/status.ts';
import type { KubeObject } from './runtime/kube-object.ts';

/** Registers the gauges about stores. */
export function registerStoreMetrics(registry: Registry, stores: () => Iterable<KubeObject>): void {
  const labelNames = ['namespace', 'name'];
  const condition = new Gauge({
    name: 'dhakacart_store_condition',
    help: 'Conditions of each store: 1 while true, 0 while false or unknown.',
    labelNames: [...labelNames, 'type'],
    registers: [registry],
    collect() {
      condition.reset();
      for (const { metadata, status } of stores()) {
        const { namespace = '', name } = metadata;
        for (const { type, status: value } of (status as StoreStatus | undefined)?.conditions ??
          []) {
          condition.set({ namespace, name, type }, value === 'True' ? 1 : 0);
        }
      }
    },
  });
  const moments = [
    ['not_before', 'From when', 'notBefore'],
    ['not_after', 'Until when', 'notAfter'],
  ] as const;
  for (const [suffix, words, field] of moments) {
    const moment = new Gauge({
      name: `dhakacart_tls_${suffix}_timestamp_seconds`,
      help: `${words} the certificate holds that the main host of a store serves, in seconds since the epoch.`,
      labelNames,
      registers: [registry],
      collect() {
        moment.reset();
        for (const { metadata, status } of stores()) {
          const { namespace = '', name } = metadata;
          const text = (status as StoreStatus | undefined)?.tls?.[field];
          if (text !== undefined) moment.set({ namespace, name }, Date.parse(text) / 1000);
        }
      },
    });
  }
  const info = new Gauge({
    name: 'dhakacart_store_info',
    help: 'One series for each store, with the release that serves now.',
    labelNames: [...labelNames, 'version'],
    registers: [registry],
    collect() {
      info.reset();
      for (const { metadata, status } of stores()) {
        const { namespace = '', name } = metadata;
        const version = (status as StoreStatus | undefined)?.version ?? '';
        info.set({ namespace, name, version }, 1);
      }
    },
  });
}

/** Registers the gauge about namespaces that are watched one by one. */
export function registerNamespaceMetrics(
  registry: Registry,
  names: readonly string[],
  isServing: (namespace: string) => boolean,
): void {
  const served = new Gauge({
    name: 'dhakacart_namespace_served',
    help: 'One series for each namespace that is watched by name: 0 while it cannot be read, as without a Role in it.',
    labelNames: ['namespace'],
    registers: [registry],
    collect() {
      for (const namespace of names) served.set({ namespace }, isServing(namespace) ? 1 : 0);
    },
  });
}
