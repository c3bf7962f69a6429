// Each attachment to a Gateway, as reviewed: one golden file for each. The API server with the CRDs of the Gateway API takes
// every one of them (test/integration/operator/gateway.test.ts).
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { IIngress } from 'kubernetes-models/networking.k8s.io/v1';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { EdgePolicy } from '../../../../crds/store/status.ts';
import type { Store, StoreSpecInput } from '../../../../crds/store/store.ts';
import { gatewayObjects } from '../../../../operator/desired/gateway.ts';
import { desiredObjects } from '../../../../operator/desired/desired-objects.ts';
import { exposurePlan } from '../../../../operator/exposure/exposure-plan.ts';
import { gatewayEdgePolicy } from '../../../../operator/exposure/gateway-plan.ts';
import { aStore } from '../../../support/a-store.ts';
import { completeFacts, gatewayFacts } from './sample-stores.ts';

const folder = fileURLToPath(new URL('../../../golden/gateway-api', import.meta.url));

type Gateway = NonNullable<NonNullable<StoreSpecInput['exposure']>['gateway']>;

const shared = { name: 'shared', namespace: 'infra' };
const attachments: Readonly<Record<string, Gateway>> = {
  route: { parentRef: { ...shared, sectionName: 'https', httpSectionName: 'http' } },
  'route-to-every-listener': { parentRef: shared },
  'route-to-https': { parentRef: { ...shared, sectionName: 'https' } },
  'listener-set': { attach: 'ListenerSet', parentRef: shared },
  'own-gateway': { attach: 'Gateway', gatewayClassName: 'envoy' },
};

const specs: Readonly<Record<string, Partial<StoreSpecInput>>> = {
  https: {},
  'https-without-redirect': { exposure: { policy: { httpsRedirect: false } } },
  http: { tls: { mode: 'Off' } },
};

const ownListenerSpecs: typeof specs = {
  ...specs,
  'own-certificate': { tls: { mode: 'ExistingSecret', secretName: 'shop-tls' } },
};

const storeWith = (gateway: Gateway, spec: Partial<StoreSpecInput> = {}): Store =>
  aStore({
    spec: {
      hosts: ['shop.example.com', 'www.example.com'],
      ...spec,
      exposure: { ...spec.exposure, mode: 'Gateway', gateway },
    },
  });

const cases = Object.entries(attachments).flatMap(([attachment, gateway]) =>
  Object.entries(gateway.attach === undefined ? specs : ownListenerSpecs).map(([title, spec]) => ({
    file: `${attachment}.${title}.yaml`,
    store: storeWith(gateway, spec),
  })),
);

/** The fields that the tests look into. */
interface AnySpec {
  readonly hostnames?: readonly string[];
  readonly parentRefs?: readonly { readonly sectionName?: string }[];
  readonly rules?: readonly {
    readonly matches: readonly { readonly path: { readonly value: string } }[];
    readonly backendRefs?: readonly { readonly name: string }[];
  }[];
  readonly listeners?: readonly {
    readonly tls?: { readonly certificateRefs: readonly { readonly name: string }[] };
  }[];
}

interface Golden {
  readonly edgePolicy: EdgePolicy;
  readonly objects: readonly {
    readonly kind: string;
    readonly name: string;
    readonly spec: AnySpec;
  }[];
}

function rendered(store: Store, facts = gatewayFacts()): Golden {
  const plan = exposurePlan(store.metadata.name, store.spec, {
    classes: [],
    liveClassName: undefined,
    ownClassName: undefined,
    gateway: facts,
  });
  if (plan.mode !== 'Gateway') throw new Error(`the plan is ${plan.mode}`);
  const objects = gatewayObjects(store, { ...completeFacts(store), exposure: plan });
  return {
    edgePolicy: gatewayEdgePolicy(store.spec, plan, true),
    objects: objects.map((manifest) => ({
      kind: manifest.kind,
      name: manifest.metadata.name,
      spec: manifest['spec'] as AnySpec,
    })),
  };
}

describe('the way through a Gateway', () => {
  it.each(cases)('is as reviewed: $file', async ({ file, store }) => {
    const text = stringify(rendered(store), { aliasDuplicateObjects: false });
    await expect(text).toMatchFileSnapshot(`${folder}/${file}`);
  });

  it('has no golden file too many', () => {
    // The folder is made by the first run, at its end.
    const files = existsSync(folder) ? readdirSync(folder) : [];
    const known = new Set(cases.map(({ file }) => file));
    expect(files.filter((file) => !known.has(file))).toEqual([]);
  });

  it.each(cases)('leads to the same places as the Ingress would: $file', ({ store }) => {
    const asIngress = { ...store, spec: { ...store.spec, exposure: aStore().spec.exposure } };
    const ingress = desiredObjects(asIngress, completeFacts(asIngress)).find(
      ({ manifest }) => manifest.kind === 'Ingress',
    )?.manifest['spec'] as IIngress['spec'];
    const route = rendered(store).objects.find(({ name }) => name === 'dhaka-route')?.spec;
    expect(route?.hostnames).toEqual(ingress?.rules?.map(({ host }) => host));
    const targets = route?.rules?.flatMap(({ matches, backendRefs }) =>
      matches.map(({ path }) => [path.value, backendRefs?.[0]?.name]),
    );
    const wanted = ingress?.rules?.[0]?.http?.paths;
    expect(targets).toEqual(wanted?.map(({ path, backend }) => [path, backend.service?.name]));
  });

  it.each(cases)('never insists on https over http: $file', ({ store }) => {
    const { objects } = rendered(store);
    const route = objects.find(({ name }) => name === 'dhaka-route')?.spec;
    const sections = route?.parentRefs?.map(({ sectionName = '' }) => sectionName) ?? [];
    const takesHttp = sections.some((name) => !name.startsWith('https'));
    const hasHeader = JSON.stringify(route).includes('Strict-Transport-Security');
    expect(hasHeader && takesHttp).toBe(false);
    expect(hasHeader).toBe(rendered(store).edgePolicy.hsts === 'Edge');
  });

  it('asks a class for nothing that it says it cannot do', () => {
    const name = 'HTTPRouteResponseHeaderModification';
    const facts = gatewayFacts({ classes: [{ name: 'envoy', controller: 'x', features: [name] }] });
    const { objects, edgePolicy } = rendered(
      storeWith(attachments['listener-set'] as Gateway),
      facts,
    );
    expect(objects.map((each) => each.name)).toEqual(['dhaka-listeners', 'dhaka-route']);
    expect(JSON.stringify(objects)).not.toContain('timeouts');
    // http leads to the shop then, which redirects by itself, so the header is the shop's, too.
    expect(edgePolicy).toEqual({
      httpsRedirect: 'App',
      hsts: 'App',
      maxBodySize: 'App',
      requestTimeout: 'App',
    });
  });

  it.each(['absent', 'unlisted'] as const)('has no object while the API is %s', (availability) => {
    const facts = gatewayFacts({ availability, classes: [], parentClassName: undefined });
    expect(rendered(storeWith(attachments['own-gateway'] as Gateway), facts).objects).toEqual([]);
  });

  it("leaves the certificate to the platform where the listener is the platform's", () => {
    const secrets = (gateway: Gateway): readonly string[] =>
      rendered(storeWith(gateway)).objects.flatMap(({ spec }) =>
        (spec.listeners ?? []).flatMap(({ tls }) =>
          (tls?.certificateRefs ?? []).map(({ name }) => name),
        ),
      );
    expect(secrets(attachments['route'] as Gateway)).toEqual([]);
    expect(secrets(attachments['listener-set'] as Gateway)).toEqual(['dhaka-tls', 'dhaka-tls']);
  });
});
