// Each way of exposure with each controller, as reviewed: one golden file for each pair.
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Store, StoreSpecInput } from '../../../../crds/store/store.ts';
import { controllers, edgePolicy } from '../../../../operator/exposure/edge-adapters.ts';
import { desiredObjects } from '../../../../operator/desired/desired-objects.ts';
import { ingress } from '../../../../operator/desired/ingress.ts';
import { aStore } from '../../../support/a-store.ts';
import { completeFacts, ingressClasses } from './sample-stores.ts';

const folder = fileURLToPath(new URL('../../../golden/ingress', import.meta.url));

/** Specs that a controller must tell apart. */
const specs: Readonly<Record<string, Partial<StoreSpecInput>>> = {
  https: {},
  'https-without-redirect': { exposure: { policy: { httpsRedirect: false } } },
  http: { tls: { mode: 'Off' } },
  'own-certificate': { tls: { mode: 'ExistingSecret', secretName: 'shop-tls' } },
};

const storeWith = (className: string, spec: Partial<StoreSpecInput>): Store =>
  aStore({
    spec: {
      hosts: ['shop.example.com', 'www.example.com'],
      ...spec,
      exposure: { ...spec.exposure, ingress: { className } },
    },
  });

const cases = ingressClasses.flatMap(({ name, controller }) =>
  Object.entries(specs).map(([title, spec]) => ({
    file: `${name}.${title}.yaml`,
    store: storeWith(name, spec),
    controller,
  })),
);

describe('the Ingress of each controller', () => {
  it.each(cases)('is as reviewed: $file', async ({ file, store, controller }) => {
    const manifest = ingress(store, completeFacts(store));
    const text = stringify(
      {
        edgePolicy: edgePolicy(store.spec, controller),
        annotations: manifest?.metadata.annotations ?? {},
        spec: manifest?.['spec'],
      },
      { aliasDuplicateObjects: false },
    );
    await expect(text).toMatchFileSnapshot(`${folder}/${file}`);
  });

  it('has no golden file too many', () => {
    // The folder is made by the first run, at its end.
    const files = existsSync(folder) ? readdirSync(folder) : [];
    const known = new Set(cases.map(({ file }) => file));
    expect(files.filter((file) => !known.has(file))).toEqual([]);
  });

  it.each(cases)(
    'says of each part of the policy who sees to it: $file',
    ({ store, controller }) => {
      const { policy } = store.spec.exposure;
      const parts = edgePolicy(store.spec, controller);
      const isOff = store.spec.tls.mode === 'Off';
      expect(parts.httpsRedirect === 'Off').toBe(isOff || !policy.httpsRedirect);
      expect(parts.hsts === 'Off').toBe(isOff);
      expect([parts.maxBodySize, parts.requestTimeout]).not.toContain('Off');
    },
  );

  it.each(Object.values(controllers))('lets the owner win: %s', (controller) => {
    const name = ingressClasses.find((each) => each.controller === controller)?.name ?? '';
    const made = ingress(storeWith(name, {}), completeFacts(storeWith(name, {})));
    const [key = ''] = Object.keys(made?.metadata.annotations ?? {});
    const store = aStore({
      spec: { exposure: { ingress: { className: name, annotations: { [key]: 'mine' } } } },
    });
    expect(ingress(store, completeFacts(store))?.metadata.annotations?.[key]).toBe('mine');
  });

  it('is the last to be applied, and there is none for a store that is not exposed', () => {
    const kinds = (spec: Partial<StoreSpecInput>): readonly string[] => {
      const store = aStore({ spec });
      return desiredObjects(store, completeFacts(store)).map(({ manifest }) => manifest.kind);
    };
    expect(kinds({}).at(-1)).toBe('Ingress');
    expect(kinds({ exposure: { mode: 'None' } })).not.toContain('Ingress');
  });

  it('comes with health checks of the pods where the load balancer asks them itself', () => {
    const store = storeWith('alb', {});
    const services = desiredObjects(store, completeFacts(store)).flatMap(({ manifest }) =>
      manifest.kind === 'Service' ? [manifest.metadata.annotations] : [],
    );
    expect(services).toEqual([
      undefined, // the database's
      { 'alb.ingress.kubernetes.io/healthcheck-path': '/ready' },
      { 'alb.ingress.kubernetes.io/healthcheck-path': '/healthz' },
    ]);
  });
});
