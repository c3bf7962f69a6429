// ExposureReady and TLSReady behind a Gateway or a class that belongs to others, for an operator of single namespaces.
import { describe, expect, it } from 'vitest';
import type { GatewayPlan } from '../../../../operator/exposure/gateway-plan.ts';
import {
  aRoute,
  generation,
  judge,
  plan,
  ready,
  refused,
  sound,
  type Wish,
} from './gateway-inputs.ts';
import { verdictText } from './status-inputs.ts';

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
