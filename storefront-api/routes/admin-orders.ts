import { negotiatedLocale } from '../domain/locale.ts';
import { orderMove } from '../domain/order-state.ts';
import type { OrderReader } from '../domain/order.ts';
import { conflict, notFound } from '../errors.ts';
import { defineRoute, type RequestInfo, type Route } from '../routing/route.ts';
import { adminOrderBody, adminOrdersQuery, transitionBody } from './admin-schemas.ts';
import { languageHeader, localeQuery } from './catalogue-schemas.ts';
import { orderPage, orderParams } from './order-schemas.ts';
import { orderBefore, type OrderDependencies, orderPageBody } from './orders.ts';

const oneOrder = {
  auth: 'staff',
  params: orderParams,
  query: localeQuery,
  headers: languageHeader,
} as const;

function readerOf({ actor }: Pick<RequestInfo, 'actor'>): OrderReader {
  return { kind: 'staff', userId: actor?.userId ?? '' };
}

function noSuchOrder(): Error {
  return notFound('there is no such order');
}

function listRoute({ orders, signCursor }: OrderDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/admin/orders',
    summary: 'Orders of everybody, newest first',
    auth: 'staff',
    limitClass: 'browse',
    query: adminOrdersQuery,
    responses: { 200: { description: 'A page.', body: orderPage } },
    async handler({ query }) {
      const { state, limit } = query;
      const list = `orders that are ${state ?? 'anything'}`;
      const before = orderBefore(query.cursor, list, signCursor);
      const page = await orders.list({ userId: undefined, state, before, limit });
      return { status: 200, body: orderPageBody(page, list, signCursor) };
    },
  });
}

function showRoute({ orders }: OrderDependencies): Route {
  return defineRoute({
    ...oneOrder,
    method: 'GET',
    path: '/api/admin/orders/:id',
    summary: 'One order with the notes of its steps',
    limitClass: 'browse',
    responses: { 200: { description: 'The order.', body: adminOrderBody } },
    async handler({ params, query, headers }, request) {
      const locale = negotiatedLocale(query.locale, headers['accept-language']);
      const found = await orders.find(params.id, readerOf(request), locale);
      if (found === undefined) throw noSuchOrder();
      return { status: 200, body: found };
    },
  });
}

function moveRoute({ orders }: OrderDependencies): Route {
  return defineRoute({
    ...oneOrder,
    method: 'POST',
    path: '/api/admin/orders/:id/transition',
    summary: 'Bring an order into its next state',
    limitClass: 'write',
    body: transitionBody,
    responses: { 200: { description: 'The order.', body: adminOrderBody } },
    async handler({ params, query, headers, body }, request) {
      const reader = readerOf(request);
      const { to, note } = body;
      const asked = { orderId: params.id, reader, move: orderMove(to), note, now: request.now };
      const outcome = await orders.move(asked);
      if (outcome === undefined) throw noSuchOrder();
      if (!outcome.isMoved) {
        throw conflict('order-state', `the order is ${outcome.was} and cannot become ${to}`);
      }
      const locale = negotiatedLocale(query.locale, headers['accept-language']);
      const found = await orders.find(params.id, reader, locale);
      if (found === undefined) throw noSuchOrder();
      return { status: 200, body: found };
    },
  });
}

/** Routes with which staff work on orders. */
export function adminOrderRoutes(deps: OrderDependencies): readonly Route[] {
  return [listRoute(deps), showRoute(deps), moveRoute(deps)];
}
