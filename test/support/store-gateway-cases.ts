// Accepted and refused examples for `spec.exposure.gateway`; the table is read with the others of store-cases.ts.
import type { StoreCase } from './store-cases.ts';

const gateway = (fields: object, mode = 'Auto'): object => ({
  exposure: { mode, gateway: fields },
});
const at = (fields: object, attach = 'Route'): object => gateway({ attach, parentRef: fields });
const path = 'exposure.gateway';
const own = { attach: 'Gateway', gatewayClassName: 'envoy' };
const hosts = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `shop-${index}.example.com`);
const shared = { parentRef: { name: 'shared' } };

/** All of them. */
export const gatewayCases: readonly StoreCase[] = [
  {
    title: 'mode Gateway names a Gateway',
    accepted: gateway({ parentRef: { name: 'shared', namespace: 'infra' } }, 'Gateway'),
    refused: gateway({}, 'Gateway'),
    path,
    message: 'must name a Gateway when mode is Gateway: write parentRef.name',
  },
  {
    title: 'mode Gateway names a class for a Gateway of its own',
    accepted: gateway(own, 'Gateway'),
    refused: { exposure: { mode: 'Gateway' } },
    path,
    message: 'or attach: Gateway with gatewayClassName',
  },
  {
    title: 'attach Gateway needs a class',
    accepted: gateway(own),
    refused: gateway({ attach: 'Gateway' }),
    path: `${path}.gatewayClassName`,
    message: 'is for attach Gateway, which needs it',
  },
  {
    title: 'a class is for attach Gateway',
    accepted: gateway(shared),
    refused: gateway({ gatewayClassName: 'envoy' }),
    path: `${path}.gatewayClassName`,
    message: 'is for attach Gateway, which needs it',
  },
  {
    title: 'attach Gateway has no parent',
    accepted: gateway(own),
    refused: gateway({ ...own, ...shared }),
    path: `${path}.parentRef`,
    message: 'must be absent with attach Gateway, which makes a Gateway of its own: remove it',
  },
  {
    title: 'attach ListenerSet has a parent',
    accepted: at({ name: 'shared' }, 'ListenerSet'),
    refused: at({}, 'ListenerSet'),
    path: `${path}.parentRef`,
    message: 'must name the Gateway that the ListenerSet belongs to',
  },
  {
    title: 'a ListenerSet brings its listeners',
    accepted: at({ name: 'shared', namespace: 'infra' }, 'ListenerSet'),
    refused: at({ name: 'shared', sectionName: 'https' }, 'ListenerSet'),
    path: `${path}.parentRef`,
    message: 'must name no listeners unless attach is Route',
  },
  ...['namespace', 'sectionName'].map((field) => ({
    title: `parentRef: ${field} belongs to a Gateway`,
    accepted: at({ name: 'shared', [field]: 'infra' }),
    refused: at({ [field]: 'infra' }),
    path: `${path}.parentRef.name`,
    message: 'must be written when the rest of parentRef is: name the Gateway',
  })),
  ...[{}, { sectionName: 'http' }].map((rest) => ({
    title: `parentRef: an http listener stands beside an https one, not ${JSON.stringify(rest)}`,
    accepted: at({ name: 'shared', sectionName: 'https', httpSectionName: 'http' }),
    refused: at({ name: 'shared', httpSectionName: 'http', ...rest }),
    path: `${path}.parentRef.httpSectionName`,
    message: 'needs the https listener beside it: write sectionName',
  })),
  {
    title: 'parentRef: name',
    accepted: at({ name: 'shared.example' }),
    refused: at({ name: 'Shared' }),
    path: `${path}.parentRef.name`,
    message: 'must be the name of a Gateway, or empty',
  },
  {
    title: 'parentRef: namespace',
    accepted: at({ name: 'shared', namespace: 'infra-1' }),
    refused: at({ name: 'shared', namespace: 'infra.1' }),
    path: `${path}.parentRef.namespace`,
    message: 'must be the name of a namespace, or empty',
  },
  {
    title: 'parentRef: sectionName',
    accepted: at({ name: 'shared', sectionName: 'https' }),
    refused: at({ name: 'shared', sectionName: 'HTTPS' }),
    path: `${path}.parentRef.sectionName`,
    message: 'must be the name of a listener, or empty',
  },
  {
    title: 'parentRef: httpSectionName',
    accepted: at({ name: 'shared', sectionName: 'https', httpSectionName: 'http' }),
    refused: at({ name: 'shared', sectionName: 'https', httpSectionName: 'HTTP' }),
    path: `${path}.parentRef.httpSectionName`,
    message: 'must be the name of a listener, or empty',
  },
  {
    title: 'gatewayClassName',
    accepted: gateway(own),
    refused: gateway({ attach: 'Gateway', gatewayClassName: 'Envoy' }),
    path: `${path}.gatewayClassName`,
    message: 'must be the name of a GatewayClass, or empty',
  },
  {
    title: 'hosts: as many as an HTTPRoute takes',
    accepted: { hosts: hosts(16), ...gateway(shared) },
    refused: { hosts: hosts(17), ...gateway(shared) },
    path: 'hosts',
    message: 'must be at most 16 with a Gateway, as many as an HTTPRoute takes',
  },
  {
    title: 'hosts: more without a Gateway',
    accepted: { hosts: hosts(20) },
    refused: { hosts: hosts(20), ...gateway(own) },
    path: 'hosts',
    message: 'must be at most 16 with a Gateway, as many as an HTTPRoute takes',
  },
];
