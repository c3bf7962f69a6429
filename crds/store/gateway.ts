// `spec.exposure.gateway`: which Gateway of the Gateway API (https://gateway-api.sigs.k8s.io) leads to the store. A platform's
// Gateway is never guessed by its name: it is named here, or the store has one of its own.
import { z } from 'zod';
import { objectNamePattern, patternedString } from './formats.ts';
import { ruled, type Rule } from './rules.ts';

const optionalName = (maxLength: number, what: string): z.ZodString =>
  patternedString(maxLength, `^$|${objectNamePattern}`, `must be the name of ${what}, or empty`);

interface ParentRef {
  readonly name: string;
  readonly namespace: string;
  readonly sectionName: string;
  readonly httpSectionName: string;
}

const restNeedsName: Rule<ParentRef> = {
  cel: `self.name != '' || (self.namespace == '' && self.sectionName == '' && self.httpSectionName == '')`,
  holds: ({ name, namespace, sectionName, httpSectionName }) =>
    name !== '' || (namespace === '' && sectionName === '' && httpSectionName === ''),
  message: 'must be written when the rest of parentRef is: name the Gateway, or remove the rest',
  field: 'name',
};

/** Without a listener of its own for https, the route would take http too, where the redirect is to be. */
const httpNeedsHttps: Rule<ParentRef> = {
  cel: `self.httpSectionName == '' || (self.sectionName != '' && self.sectionName != self.httpSectionName)`,
  holds: ({ sectionName, httpSectionName }) =>
    httpSectionName === '' || (sectionName !== '' && sectionName !== httpSectionName),
  message:
    'needs the https listener beside it: write sectionName, another one than httpSectionName',
  field: 'httpSectionName',
};

const parentRef = ruled(
  z.object({
    name: optionalName(253, 'a Gateway').default('').describe('Gateway to attach to.'),
    namespace: patternedString(
      63,
      '^([a-z0-9]([-a-z0-9]*[a-z0-9])?)?$',
      'must be the name of a namespace, or empty',
    )
      .default('')
      .describe("Namespace of the Gateway; empty is the store's."),
    sectionName: optionalName(253, 'a listener')
      .default('')
      .describe(
        'With attach Route: its https listener (its http one when spec.tls.mode is Off). Empty: every listener that takes the hosts.',
      ),
    httpSectionName: optionalName(253, 'a listener')
      .default('')
      .describe('With attach Route: its http listener, for the redirect to https.'),
  }),
  restNeedsName,
  httpNeedsHttps,
)
  .prefault({})
  .describe('The Gateway of the platform, for attach Route and ListenerSet.');

interface Attachment {
  readonly attach: string;
  readonly gatewayClassName: string;
  readonly parentRef: ParentRef;
}

const rules: readonly Rule<Attachment>[] = [
  {
    cel: `(self.attach == 'Gateway') == (self.gatewayClassName != '')`,
    holds: ({ attach, gatewayClassName }) => (attach === 'Gateway') === (gatewayClassName !== ''),
    message:
      'is for attach Gateway, which needs it: write both attach: Gateway and gatewayClassName, or neither',
    field: 'gatewayClassName',
  },
  {
    cel: `self.attach != 'Gateway' || self.parentRef.name == ''`,
    holds: ({ attach, parentRef: { name } }) => attach !== 'Gateway' || name === '',
    message: 'must be absent with attach Gateway, which makes a Gateway of its own: remove it',
    field: 'parentRef',
  },
  {
    cel: `self.attach != 'ListenerSet' || self.parentRef.name != ''`,
    holds: ({ attach, parentRef: { name } }) => attach !== 'ListenerSet' || name !== '',
    message: 'must name the Gateway that the ListenerSet belongs to: write parentRef.name',
    field: 'parentRef',
  },
  {
    cel: `self.attach == 'Route' || self.parentRef.sectionName == ''`,
    holds: ({ attach, parentRef: { sectionName } }) => attach === 'Route' || sectionName === '',
    message: 'must name no listeners unless attach is Route: the store brings its own',
    field: 'parentRef',
  },
];

/** Schema of `spec.exposure.gateway`. */
export const gatewaySpec = ruled(
  z.object({
    attach: z
      .enum(['Route', 'ListenerSet', 'Gateway'])
      .default('Route')
      .describe(
        "Route: an HTTPRoute at the listeners of parentRef, whose certificate is the platform's. ListenerSet: listeners of the store, with its own certificate, at that Gateway, which must allow them. Gateway: one of its own, which may cost a load balancer.",
      ),
    parentRef,
    gatewayClassName: optionalName(253, 'a GatewayClass')
      .default('')
      .describe('With attach Gateway: class of the Gateway of the store.'),
  }),
  ...rules,
)
  .prefault({})
  .describe('How the store is attached to a Gateway of the Gateway API.');

/** `spec.exposure.gateway` after defaults. */
export type GatewaySpec = z.output<typeof gatewaySpec>;

/** Whether a Gateway is named, be it the platform's or one to be made. */
export function namesGateway({ parentRef: { name }, gatewayClassName }: GatewaySpec): boolean {
  return name !== '' || gatewayClassName !== '';
}

/** As many hosts as an HTTPRoute takes. */
export const maxRouteHosts = 16;
