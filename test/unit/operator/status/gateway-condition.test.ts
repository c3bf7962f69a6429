// ExposureReady and TLSReady of a store behind a Gateway, for each thing that its controller may say.
import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import type { ExposurePlan } from '../../../../operator/exposure/exposure-plan.ts';
import type { GatewayPlan } from '../../../../operator/exposure/gateway-plan.ts';
import type {
  GatewayObjects,
  LiveCondition,
  LiveGateway,
  LiveListenerSet,
  LiveRoute,
} from '../../../../operator/status/observation.ts';
import { conditionOf, firstMoment, healthy, statusOf, verdictText } from './status-inputs.ts';

const generation = 3;
const said = (type: string, ...rest: Partial<LiveCondition>[]): LiveCondition =>
  Object.assign({ type, status: 'True', reason: type, observedGeneration: generation }, ...rest);
const refused = (type: string, reason: string): LiveCondition =>
  said(type, { status: 'False', reason, message: 'as its controller says' });

const parent = { kind: 'Gateway', namespace: 'infra', name: 'shared' };

function aRoute(name: string, section: string, ...conditions: readonly LiveCondition[]): LiveRoute {
  const judged = conditions.length > 0 ? conditions : [said('Accepted'), said('ResolvedRefs')];
  return {
    metadata: { name, generation },
    status: { parents: [{ parentRef: { ...parent, sectionName: section }, conditions: judged }] },
  };
}

function aGateway(
  changes: { readonly conditions?: readonly LiveCondition[]; readonly https?: LiveCondition } = {},
  addresses: readonly string[] = ['203.0.113.9'],
): LiveGateway {
  const { conditions = [said('Accepted'), said('Programmed')], https = said('ResolvedRefs') } =
    changes;
  return {
    metadata: { name: 'shared', generation },
    spec: {
      gatewayClassName: 'envoy',
      listeners: [
        { name: 'http', protocol: 'HTTP' },
        { name: 'https', protocol: 'HTTPS' },
        { name: 'other', protocol: 'HTTPS' },
      ],
    },
    status: {
      conditions,
      addresses: addresses.map((value) => ({ value })),
      listeners: [
        { name: 'https', conditions: [https] },
        { name: 'other', conditions: [refused('ResolvedRefs', 'InvalidCertificateRef')] },
      ],
    },
  };
}

const sound: GatewayObjects = {
  route: aRoute('dhaka-route', 'https'),
  redirect: aRoute('dhaka-redirect', 'http'),
  gateway: aGateway(),
};

const plan: GatewayPlan = {
  mode: 'Gateway',
  attach: 'Route',
  gateway: { namespace: 'infra', name: 'shared' },
  className: 'envoy',
  controller: 'example.com/envoy',
  features: { redirect: true, headers: true, timeouts: true },
};

const parentRef = {
  name: 'shared',
  namespace: 'infra',
  sectionName: 'https',
  httpSectionName: 'http',
};

interface Wish {
  readonly objects?: GatewayObjects;
  readonly plan?: ExposurePlan;
  readonly exposure?: StoreSpecInput['exposure'];
  readonly tls?: StoreSpecInput['tls'];
}

function judge({ objects = sound, plan: exposure = plan, ...wish }: Wish = {}) {
  const { ingress: _ingress, ...rest } = healthy();
  const spec = {
    exposure: wish.exposure ?? { mode: 'Gateway' as const, gateway: { parentRef } },
    ...(wish.tls && { tls: wish.tls }),
  };
  const status = statusOf({ spec, observations: { ...rest, exposure, gateway: objects } });
  const of = (type: 'ExposureReady' | 'TLSReady') => {
    const found = conditionOf(status, type);
    return { text: `${found?.status} ${found?.reason}`, message: found?.message ?? '' };
  };
  return { status, exposure: of('ExposureReady'), tls: of('TLSReady') };
}

const ready = 'Ready=True AllComponentsReady';
const stalled = (reason: string): string => `Ready=False NotReachable, Stalled=True ${reason}`;

describe('ExposureReady behind a Gateway of the platform', () => {
  const route = (...conditions: readonly LiveCondition[]): Wish => ({
    objects: { ...sound, route: aRoute('dhaka-route', 'https', ...conditions) },
  });
  const gateway = (...conditions: readonly LiveCondition[]): Wish => ({
    objects: { ...sound, gateway: aGateway({ conditions }) },
  });
  const problem = (reason: NonNullable<GatewayPlan['problem']>): Wish => ({
    plan: { ...plan, problem: reason },
    objects: {},
  });
  const stale = { observedGeneration: generation - 1 };
  const table: readonly (readonly [string, Wish, string, string, readonly string[]])[] = [
    [
      'all is well',
      {},
      'True Ready',
      ready,
      [
        'Gateway infra/shared of class envoy leads to the shop by HTTPRoute dhaka-route',
        '203.0.113.9',
      ],
    ],
    [
      'the API is missing',
      problem('GatewayApiNotInstalled'),
      'False GatewayApiNotInstalled',
      stalled('GatewayApiNotInstalled'),
      ['install its CRDs', 'set spec.exposure.mode to Ingress'],
    ],
    [
      'the API cannot be read',
      problem('GatewayApiUnreadable'),
      'Unknown NotJudgedYet',
      ready,
      ['may lack the right to list them'],
    ],
    [
      'the Gateway is missing',
      problem('GatewayNotFound'),
      'False GatewayNotFound',
      stalled('GatewayNotFound'),
      ['Gateway infra/shared does not exist', 'spec.exposure.gateway.parentRef'],
    ],
    [
      'its class is missing',
      problem('ClassNotFound'),
      'False ClassNotFound',
      stalled('ClassNotFound'),
      ['GatewayClass envoy does not exist: install its controller'],
    ],
    [
      'the route was not made',
      { objects: { gateway: aGateway() } },
      'False RouteMissing',
      ready,
      ['HTTPRoute dhaka-route does not exist'],
    ],
    [
      'nobody has looked at the route',
      { objects: { ...sound, route: { metadata: { name: 'dhaka-route', generation } } } },
      'False RoutePending',
      ready,
      ['HTTPRoute dhaka-route is not judged yet by example.com/envoy'],
    ],
    [
      'what is said is of another listener',
      { objects: { ...sound, route: aRoute('dhaka-route', 'http') } },
      'False RoutePending',
      ready,
      [],
    ],
    [
      'what is said is of an earlier generation',
      route(said('Accepted', stale), said('ResolvedRefs', stale)),
      'False RoutePending',
      ready,
      [],
    ],
    [
      'a refusal of an earlier generation',
      route(said('Accepted', { ...stale, status: 'False', reason: 'NotAllowedByListeners' })),
      'False RoutePending',
      ready,
      [],
    ],
    [
      'its controller says that it has not decided',
      route(refused('Accepted', 'Pending')),
      'False RoutePending',
      ready,
      [],
    ],
    [
      'its listener is being set up',
      { objects: { ...sound, gateway: aGateway({ https: refused('Programmed', 'Pending') }) } },
      'True Ready',
      ready,
      [],
    ],
    [
      'no generation is told',
      route({ type: 'Accepted', status: 'True' }, { type: 'ResolvedRefs', status: 'True' }),
      'True Ready',
      ready,
      [],
    ],
    [
      'the namespace is not allowed',
      route(refused('Accepted', 'NotAllowedByListeners'), said('ResolvedRefs')),
      'False RouteNotAccepted',
      stalled('RouteNotAccepted'),
      [
        'Gateway infra/shared refuses HTTPRoute dhaka-route: NotAllowedByListeners: as its controller says',
        'allow namespace shop in allowedRoutes',
      ],
    ],
    [
      'no listener takes the host',
      route(refused('Accepted', 'NoMatchingListenerHostname')),
      'False RouteNotAccepted',
      stalled('RouteNotAccepted'),
      ['a listener whose hostname takes shop.example.com'],
    ],
    [
      'the listener does not exist',
      route(refused('Accepted', 'NoMatchingParent')),
      'False RouteNotAccepted',
      stalled('RouteNotAccepted'),
      ['name a listener that it has', 'it has no https'],
    ],
    [
      'the policy is beyond the controller',
      route(refused('Accepted', 'UnsupportedValue')),
      'False RouteNotAccepted',
      stalled('RouteNotAccepted'),
      ['cannot do a part of spec.exposure.policy'],
    ],
    [
      'a reference is not permitted',
      route(said('Accepted'), refused('ResolvedRefs', 'RefNotPermitted')),
      'False RefNotPermitted',
      stalled('RefNotPermitted'),
      ['HTTPRoute dhaka-route refers to what Gateway infra/shared cannot use'],
    ],
    [
      'a backend is not found',
      route(said('Accepted'), refused('ResolvedRefs', 'BackendNotFound')),
      'False RefsNotResolved',
      stalled('RefsNotResolved'),
      ['BackendNotFound'],
    ],
    [
      'the Gateway is not judged',
      gateway(),
      'False RoutePending',
      ready,
      ['Gateway infra/shared is not judged yet'],
    ],
    [
      'the Gateway is invalid',
      gateway(refused('Accepted', 'Invalid'), refused('Programmed', 'Invalid')),
      'False GatewayNotProgrammed',
      ready,
      ['Gateway infra/shared does not serve yet: Invalid'],
    ],
    [
      'the Gateway is being set up',
      gateway(said('Accepted'), refused('Programmed', 'Pending')),
      'False GatewayNotProgrammed',
      ready,
      [],
    ],
    [
      'the Gateway got no address',
      gateway(said('Accepted'), refused('Programmed', 'AddressNotAssigned')),
      'False AddressPending',
      ready,
      ['AddressNotAssigned'],
    ],
    [
      'the Gateway tells no address',
      { objects: { ...sound, gateway: aGateway({}, []) } },
      'False AddressPending',
      ready,
      ['Gateway infra/shared has no address yet'],
    ],
    [
      'its listener has no certificate',
      {
        objects: {
          ...sound,
          gateway: aGateway({ https: refused('ResolvedRefs', 'InvalidCertificateRef') }),
        },
      },
      'False ListenersNotAccepted',
      stalled('ListenersNotAccepted'),
      ['listener https of Gateway infra/shared: InvalidCertificateRef'],
    ],
    [
      'its listener may not use its certificate',
      {
        objects: {
          ...sound,
          gateway: aGateway({ https: refused('ResolvedRefs', 'RefNotPermitted') }),
        },
      },
      'False RefNotPermitted',
      stalled('RefNotPermitted'),
      [],
    ],
    [
      'the redirect is refused, which the shop does itself then',
      {
        objects: {
          ...sound,
          redirect: aRoute('dhaka-redirect', 'http', refused('Accepted', 'UnsupportedValue')),
        },
      },
      'True Ready',
      ready,
      ['does not take the redirect to https'],
    ],
  ];

  it.each(table)('%s', (_title, wish, text, verdict, words) => {
    const judged = judge(wish);
    expect([judged.exposure.text, verdictText(judged.status)]).toEqual([text, verdict]);
    for (const word of words) expect(judged.exposure.message).toContain(word);
  });

  it.each(table)(
    'does not keep a store from being Ready that takes what there is: %s',
    (...row) => {
      const exposure = { mode: 'Auto', gateway: { parentRef } } as const;
      expect(verdictText(judge({ ...row[1], exposure }).status)).toBe(ready);
    },
  );

  it('tells the Gateway, its addresses and who sees to the policy', () => {
    expect(judge().status.exposure).toEqual({
      mode: 'Gateway',
      className: 'envoy',
      gateway: 'infra/shared',
      controller: 'example.com/envoy',
      urls: ['https://shop.example.com'],
      addresses: ['203.0.113.9'],
      edgePolicy: {
        httpsRedirect: 'Edge',
        hsts: 'Edge',
        maxBodySize: 'App',
        requestTimeout: 'Edge',
      },
    });
    const redirect = aRoute('dhaka-redirect', 'http', refused('Accepted', 'UnsupportedValue'));
    const without = judge({ objects: { ...sound, redirect } }).status.exposure;
    expect(without?.edgePolicy?.httpsRedirect).toBe('App');
  });

  it('stays as it was judged while the objects are not known, until the spec is another one', () => {
    const previous = judge().status;
    const { ingress: _ingress, ...rest } = healthy();
    const unreadable = { ...plan, problem: 'GatewayApiUnreadable' as const };
    const observations = { ...rest, exposure: unreadable, gateway: {} };
    const spec = { exposure: { mode: 'Gateway' as const, gateway: { parentRef } } };
    const again = statusOf({ spec, previous, observations, now: firstMoment });
    expect(conditionOf(again, 'ExposureReady')).toEqual(conditionOf(previous, 'ExposureReady'));
    const edited = statusOf({ spec, previous, observations, generation: 2 });
    expect(conditionOf(edited, 'ExposureReady')?.status).toBe('Unknown');
  });

  it('says what stays meanwhile, and what a cluster without the API lacks', () => {
    const kept = judge({ plan: { ...plan, problem: 'GatewayNotFound', keeps: 'Ingress' } });
    expect(kept.exposure.message).toContain('the Ingress of before stays until then');
    const none = { mode: 'None', problem: 'NoController', lacksGatewayApi: true } as const;
    const lacking = judge({ plan: none, objects: {} });
    expect(lacking.exposure.message).toContain('there is no Gateway API');
  });
});

describe('ExposureReady with listeners of the store', () => {
  const isSet = { ...plan, attach: 'ListenerSet' as const };
  const exposure = {
    mode: 'Gateway' as const,
    gateway: { attach: 'ListenerSet' as const, parentRef: { name: 'shared', namespace: 'infra' } },
  };
  const own = (name: string, section: string): LiveRoute => ({
    metadata: { name, generation },
    status: {
      parents: [
        {
          parentRef: { kind: 'ListenerSet', name: 'dhaka-listeners', sectionName: section },
          conditions: [said('Accepted'), said('ResolvedRefs')],
        },
      ],
    },
  });
  const routes = {
    route: own('dhaka-route', 'https-1'),
    redirect: own('dhaka-redirect', 'http-1'),
  };
  const aSet = (listener: LiveCondition, accepted = said('Accepted')): LiveListenerSet => ({
    metadata: { name: 'dhaka-listeners', generation },
    status: {
      conditions: [accepted],
      listeners: [{ name: 'https-1', conditions: [listener] }],
    },
  });
  const withSet = (listeners: LiveListenerSet | undefined) =>
    judge({ exposure, plan: isSet, objects: { ...routes, listeners, gateway: aGateway() } });
  const good = said('Programmed');

  it.each([
    ['all is well', aSet(good), 'True Ready', ready, 'leads to the shop'],
    ['it was not made', undefined, 'False RouteMissing', ready, 'ListenerSet dhaka-listeners'],
    [
      'nobody has looked at it',
      aSet(good, said('Accepted', { status: 'Unknown' })),
      'False RoutePending',
      ready,
      'ListenerSet dhaka-listeners is not judged yet',
    ],
    [
      'the Gateway does not allow it',
      aSet(good, refused('Accepted', 'NotAllowed')),
      'False ListenersNotAccepted',
      stalled('ListenersNotAccepted'),
      'let it allow namespace shop in spec.allowedListeners',
    ],
    [
      'another store has the host',
      aSet(said('Conflicted', { reason: 'HostnameConflict' })),
      'False ListenersNotAccepted',
      stalled('ListenersNotAccepted'),
      'listener https-1 of ListenerSet dhaka-listeners: HostnameConflict',
    ],
    [
      'the certificate cannot be used',
      aSet(refused('ResolvedRefs', 'InvalidCertificateRef')),
      'False ListenersNotAccepted',
      stalled('ListenersNotAccepted'),
      'InvalidCertificateRef',
    ],
  ] as const)('%s', (_title, listeners, text, verdict, words) => {
    const judged = withSet(listeners);
    expect([judged.exposure.text, verdictText(judged.status)]).toEqual([text, verdict]);
    expect(judged.exposure.message).toContain(words);
  });

  it('has a certificate of its own', () => {
    expect(withSet(aSet(good)).tls.text).toBe('True SelfSigned');
  });
});

describe("TLSReady where the listener is the platform's", () => {
  const to = (rest: object): StoreSpecInput['exposure'] => ({
    mode: 'Gateway',
    gateway: { parentRef: { name: 'shared', namespace: 'infra', ...rest } },
  });
  const unusable = refused('ResolvedRefs', 'InvalidCertificateRef');

  it.each([
    [
      'its https listener',
      {},
      'True PlatformCertificate',
      'listener https of Gateway infra/shared',
    ],
    ['any of its listeners', { exposure: to({}) }, 'True PlatformCertificate', 'listener https'],
    [
      'a listener for http',
      { exposure: to({ sectionName: 'http' }) },
      'False ListenerNotHttps',
      'name its https listener in spec.exposure.gateway.parentRef.sectionName',
    ],
    [
      'a listener that does not exist',
      { exposure: to({ sectionName: 'tls' }) },
      'False ListenerNotHttps',
      'no listener tls for https',
    ],
    [
      'a listener without a certificate',
      { objects: { ...sound, gateway: aGateway({ https: unusable }) } },
      'False PlatformCertificateUnusable',
      'InvalidCertificateRef: as its controller says',
    ],
    [
      'a Gateway that does not exist',
      { objects: {}, plan: { ...plan, problem: 'GatewayNotFound' } },
      'Unknown NotJudgedYet',
      'Gateway infra/shared',
    ],
    [
      'a listener, whatever certificate the owner has',
      { tls: { mode: 'ExistingSecret', secretName: 'mine' } },
      'True PlatformCertificate',
      'spec.tls is not used',
    ],
    ['plain http', { tls: { mode: 'Off' } }, 'True Off', 'plain http'],
  ] satisfies readonly (readonly [string, Wish, string, string])[])(
    '%s',
    (_title, wish, text, words) => {
      const judged = judge(wish);
      expect(judged.tls.text).toBe(text);
      expect(judged.tls.message).toContain(words);
    },
  );

  it('is said of the certificate, too', () => {
    expect(judge().status.tls).toEqual({ mode: 'Platform' });
  });
});

describe('behind what an operator of single namespaces cannot read', () => {
  const { className: _class, controller: _controller, ...bare } = plan;
  const elsewhere: GatewayPlan = { ...bare, unchecked: 'Gateway' };
  const ofUnknownClass: GatewayPlan = { ...bare, className: 'envoy', unchecked: 'GatewayClass' };
  const { gateway: _gateway, ...routes } = sound;
  const why = 'in a namespace that the operator does not watch';

  it.each([
    [
      'a Gateway that took the route',
      { plan: elsewhere, objects: routes },
      'True Ready',
      ['Gateway infra/shared leads to the shop by HTTPRoute dhaka-route; the Gateway', why],
    ],
    [
      'a Gateway that did not look yet',
      { plan: elsewhere, objects: { route: { metadata: { name: 'dhaka-route', generation } } } },
      'False RoutePending',
      ['not judged yet by the controller of Gateway infra/shared', why],
    ],
    [
      'a Gateway that refuses',
      {
        plan: elsewhere,
        objects: {
          ...routes,
          route: aRoute('dhaka-route', 'https', refused('Accepted', 'NotAllowedByListeners')),
        },
      },
      'False RouteNotAccepted',
      ['let its listener allow namespace shop'],
    ],
    [
      'a class',
      { plan: ofUnknownClass },
      'True Ready',
      ['of class envoy', 'at 203.0.113.9', 'GatewayClasses belong to the cluster'],
    ],
  ] satisfies readonly (readonly [string, Wish, string, readonly string[]])[])(
    'ExposureReady says so of %s',
    (_title, wish, text, words) => {
      const { exposure } = judge(wish);
      expect(exposure.text).toBe(text);
      for (const word of words) expect(exposure.message).toContain(word);
    },
  );

  it('TLSReady says so of the listener', () => {
    const { tls, status } = judge({ plan: elsewhere, objects: routes });
    expect(tls.text).toBe('Unknown NotJudgedYet');
    expect(tls.message).toContain(why);
    expect(verdictText(status)).toBe(ready);
  });
});
