// ExposureReady of a store behind a Gateway of the platform, for each thing that its controller may say.
import { describe, expect, it } from 'vitest';
import type { GatewayPlan } from '../../../../operator/exposure/gateway-plan.ts';
import type { LiveCondition } from '../../../../operator/status/observation.ts';
import {
  aGateway,
  aRoute,
  generation,
  judge,
  parentRef,
  plan,
  ready,
  refused,
  said,
  sound,
  stalled,
  type Wish,
} from './gateway-inputs.ts';
import { conditionOf, firstMoment, healthy, statusOf, verdictText } from './status-inputs.ts';

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
