// ExposureReady and TLSReady of a store that brings listeners of its own to a Gateway.
import { describe, expect, it } from 'vitest';
import type {
  LiveCondition,
  LiveListenerSet,
  LiveRoute,
} from '../../../../operator/status/observation.ts';
import {
  aGateway,
  generation,
  judge,
  plan,
  ready,
  refused,
  said,
  stalled,
} from './gateway-inputs.ts';
import { verdictText } from './status-inputs.ts';

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
