import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoreSpecInput } from '../../../../crds/store/store.ts';
import {
  type ExposureFacts,
  type ExposurePlan,
  exposurePlan,
} from '../../../../operator/exposure/exposure-plan.ts';
import { aStore } from '../../../support/a-store.ts';
import { anIngressClass, gatewayFacts } from '../desired/sample-stores.ts';

const old = anIngressClass('b-old', 'example.com/b', { createdAt: '2026-01-01T00:00:00Z' });
const young = anIngressClass('a-young', 'example.com/a', { createdAt: '2026-02-01T00:00:00Z' });
const main = anIngressClass('c-main', 'example.com/c', {
  isDefault: true,
  createdAt: '2026-03-01T00:00:00Z',
});

const plan = (
  exposure: StoreSpecInput['exposure'],
  facts: Partial<ExposureFacts> = {},
): ExposurePlan =>
  exposurePlan('dhaka', aStore({ spec: { exposure } }).spec, {
    classes: [],
    liveClassName: undefined,
    gateway: gatewayFacts({ availability: 'absent', classes: [], parentClassName: undefined }),
    ownClassName: undefined,
    ...facts,
  });

describe('the plan of exposure', () => {
  const named = { mode: 'Ingress', ingress: { className: 'a-young' } } as const;
  const table: readonly (readonly [
    string,
    StoreSpecInput['exposure'],
    Partial<ExposureFacts>,
    ExposurePlan,
  ])[] = [
    ['None', { mode: 'None' }, { classes: [old], liveClassName: 'b-old' }, { mode: 'None' }],
    ['Auto without a class', {}, {}, { mode: 'None', problem: 'NoController' }],
    ['Ingress without a class', { mode: 'Ingress' }, {}, { mode: 'None', problem: 'NoController' }],
    [
      'Auto with the only class gone',
      {},
      { liveClassName: 'b-old' },
      { mode: 'Ingress', className: 'b-old', problem: 'NoController' },
    ],
    [
      'Auto: the oldest class',
      {},
      { classes: [young, old] },
      { mode: 'Ingress', className: 'b-old', controller: 'example.com/b' },
    ],
    [
      'Auto: the class that serves before one of the same second, times having no fraction',
      {},
      { classes: [{ ...young, createdAt: old.createdAt }, old], liveClassName: 'b-old' },
      { mode: 'Ingress', className: 'b-old', controller: 'example.com/b' },
    ],
    [
      'Auto: the default class before the one that serves',
      {},
      { classes: [old, main], liveClassName: 'b-old' },
      { mode: 'Ingress', className: 'c-main', controller: 'example.com/c' },
    ],
    [
      'Auto: the default class before an older one',
      {},
      { classes: [young, old, main] },
      { mode: 'Ingress', className: 'c-main', controller: 'example.com/c' },
    ],
    [
      'the class that is named',
      named,
      { classes: [old, main, young] },
      { mode: 'Ingress', className: 'a-young', controller: 'example.com/a' },
    ],
    [
      'the class that is named, and missing',
      named,
      { classes: [old, main] },
      { mode: 'Ingress', className: 'a-young', problem: 'ClassNotFound' },
    ],
    [
      'classes that cannot be read: the one that is named, as it is',
      named,
      { classes: 'unwatched', ownClassName: 'b-old' },
      { mode: 'Ingress', className: 'a-young', isUnchecked: true },
    ],
    [
      'classes that cannot be read: the one that the operator gave before',
      {},
      { classes: 'unwatched', liveClassName: 'b-old', ownClassName: 'b-old' },
      { mode: 'Ingress', className: 'b-old', isUnchecked: true },
    ],
    [
      'classes that cannot be read: none, for the default of the cluster, which stays its own',
      {},
      { classes: 'unwatched', liveClassName: 'c-main' },
      { mode: 'Ingress', isUnchecked: true },
    ],
    [
      'classes that cannot be read, and None',
      { mode: 'None' },
      { classes: 'unwatched' },
      { mode: 'None' },
    ],
  ];

  const shared = { parentRef: { name: 'shared', namespace: 'infra' } };
  const own = { attach: 'Gateway', gatewayClassName: 'envoy' } as const;
  const controller = 'gateway.envoyproxy.io/gatewayclass-controller';
  const features = { redirect: true, headers: true, timeouts: true };
  const attached = {
    mode: 'Gateway',
    attach: 'Route',
    gateway: { namespace: 'infra', name: 'shared' },
    className: 'envoy',
    controller,
    features,
  } as const;
  const absent = gatewayFacts({ availability: 'absent', classes: [], parentClassName: undefined });
  const { className: _class, controller: _controller, ...unknownClass } = attached;
  const gatewayTable: typeof table = [
    ['Auto with a Gateway', { gateway: shared }, { gateway: gatewayFacts() }, attached],
    [
      'Auto with a Gateway, before any class of Ingresses',
      { gateway: shared },
      { gateway: gatewayFacts(), classes: [main] },
      attached,
    ],
    [
      'Auto without a name: no Gateway is guessed',
      {},
      { gateway: gatewayFacts(), classes: [old] },
      {
        mode: 'Ingress',
        className: 'b-old',
        controller: 'example.com/b',
      },
    ],
    [
      'Auto with a Gateway, without the API',
      { gateway: shared },
      { gateway: absent, classes: [old] },
      {
        mode: 'Ingress',
        className: 'b-old',
        controller: 'example.com/b',
        lacksGatewayApi: true,
      },
    ],
    [
      'Auto with a Gateway, without the API and without a class',
      { gateway: shared },
      { gateway: absent },
      { mode: 'None', problem: 'NoController', lacksGatewayApi: true },
    ],
    [
      'Auto with a Gateway that is not known yet: nothing else is tried',
      { gateway: shared },
      {
        gateway: gatewayFacts({
          availability: 'unlisted',
          classes: [],
          parentClassName: undefined,
        }),
        classes: [old],
      },
      { ...unknownClass, problem: 'GatewayApiUnreadable' },
    ],
    [
      'Auto with a Gateway that does not exist',
      { gateway: shared },
      { gateway: gatewayFacts({ parentClassName: undefined }), classes: [old] },
      { ...unknownClass, problem: 'GatewayNotFound' },
    ],
    [
      'Gateway without the API',
      { mode: 'Gateway', gateway: shared },
      { gateway: absent, classes: [old] },
      { ...unknownClass, problem: 'GatewayApiNotInstalled' },
    ],
    [
      'Ingress, whatever Gateway is named',
      { mode: 'Ingress', gateway: shared },
      { gateway: gatewayFacts() },
      {
        mode: 'None',
        problem: 'NoController',
      },
    ],
    [
      'None, whatever Gateway is named',
      { mode: 'None', gateway: shared },
      { gateway: gatewayFacts() },
      {
        mode: 'None',
      },
    ],
    [
      'a Gateway of its own',
      { gateway: own },
      { gateway: gatewayFacts({ parentClassName: undefined }) },
      { ...attached, attach: 'Gateway', gateway: { name: 'dhaka-gateway' } },
    ],
    [
      'a Gateway of its own, without its class',
      { gateway: own },
      { gateway: gatewayFacts({ classes: [] }) },
      {
        mode: 'Gateway',
        attach: 'Gateway',
        gateway: { name: 'dhaka-gateway' },
        className: 'envoy',
        features,
        problem: 'ClassNotFound',
      },
    ],
    [
      'classes that cannot be read: the Gateway as it is',
      { gateway: shared },
      { gateway: gatewayFacts({ classes: 'unwatched' }) },
      { ...unknownClass, className: 'envoy', unchecked: 'GatewayClass' },
    ],
    [
      'classes that cannot be read, and no Gateway',
      { gateway: shared },
      { gateway: gatewayFacts({ classes: 'unwatched', parentClassName: undefined }) },
      { ...unknownClass, problem: 'GatewayNotFound', unchecked: 'GatewayClass' },
    ],
    [
      'a Gateway where the operator does not watch',
      { gateway: shared },
      {
        gateway: gatewayFacts({
          classes: 'unwatched',
          parentClassName: undefined,
          isParentUnwatched: true,
        }),
      },
      { ...unknownClass, unchecked: 'Gateway' },
    ],
    [
      'a Gateway of its own, whose class cannot be read',
      { gateway: own },
      { gateway: gatewayFacts({ classes: 'unwatched', isParentUnwatched: true }) },
      {
        ...unknownClass,
        attach: 'Gateway',
        gateway: { name: 'dhaka-gateway' },
        className: 'envoy',
        unchecked: 'GatewayClass',
      },
    ],
    [
      'a class that tells what it can do',
      { gateway: shared },
      {
        gateway: gatewayFacts({
          classes: [{ name: 'envoy', controller, features: ['HTTPRouteSchemeRedirect'] }],
        }),
      },
      { ...attached, features: { redirect: true, headers: false, timeouts: false } },
    ],
  ];

  it.each([...table, ...gatewayTable])('%s', (_title, exposure, facts, expected) => {
    expect(plan(exposure, facts)).toEqual(expected);
  });

  it('does not depend on the order of the classes, nor on one that comes later and is no default', () => {
    const ages = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(ages, fc.boolean(), (years, isReversed) => {
        const classes = years.map((year) =>
          anIngressClass(`class-${year}`, 'example.com/x', {
            createdAt: `200${year}-01-01T00:00:00Z`,
          }),
        );
        const before = plan({}, { classes });
        const later = anIngressClass('a', 'example.com/a', { createdAt: '2026-01-01T00:00:00Z' });
        const more = [...classes, later];
        expect(plan({}, { classes: isReversed ? more.toReversed() : more })).toEqual(before);
      }),
    );
  });
});
