import type { z } from 'zod';
import { negotiatedLocale } from '../domain/locale.ts';
import type { OrderReader } from '../domain/order.ts';
import { orderMove } from '../domain/order-state.ts';
import { pageCursor, positionOf, type Sign } from '../domain/page-cursor.ts';
import { conflict, invalidRequest, notFound } from '../errors.ts';
import type { OrderPage, OrderRepository } from '../repositories/order-repository.ts';
import { defineRoute, type RequestInfo, type Route } from '../routing/route.ts';
import { sha256 } from './checkout.ts';
import {
  orderBody,
  orderHeaders,
  orderPage,
  orderParams,
  orderQuery,
  ordersQuery,
} from './order-schemas.ts';

/** What the orders' routes need. */
export interface OrderDependencies {
  readonly orders: OrderRepository;
  readonly signCursor: Sign;
}

/** Somebody else's order and one that does not exist look alike (OWASP API1:2023). */
const noSuchOrder = 'there is no such order';

/** @throws HttpProblem 400 for a cursor that is not of this list */
export function orderBefore(
  cursor: string | undefined,
  list: string,
  sign: Sign,
): number | undefined {
  if (cursor === undefined) return undefined;
  const position = positionOf(cursor, list, sign);
  if (position !== undefined) return position.id;
  throw invalidRequest('the request is not valid', [
    { in: 'query', path: 'cursor', message: 'was not given by this shop for this list' },
  ]);
}

/** A page as it is sent. Pure. */
export function orderPageBody(
  { items, next }: OrderPage,
  list: string,
  sign: Sign,
): z.output<typeof orderPage> {
  const position = next === undefined ? undefined : { key: String(next), id: next };
  return {
    items: [...items],
    nextCursor: position === undefined ? null : pageCursor(position, list, sign),
  };
}

function readerOf(
  headers: z.output<typeof orderHeaders>,
  { actor }: Pick<RequestInfo, 'actor'>,
): OrderReader {
  const token = headers['x-order-token'];
  if (token !== undefined) return { kind: 'guest', tokenHash: sha256(token) };
  if (actor === undefined) throw notFound(noSuchOrder);
  return { kind: 'account', userId: actor.userId };
}

function listRoute({ orders, signCursor }: OrderDependencies): Route {
  return defineRoute({
    method: 'GET',
    path: '/api/orders',
    summary: 'Own orders, newest first',
    auth: 'shopper',
    limitClass: 'browse',
    query: ordersQuery,
    responses: { 200: { description: 'A page.', body: orderPage } },
    async handler({ query }, { actor }) {
      const userId = actor?.userId ?? '';
      const list = `orders of ${userId}`;
      const before = orderBefore(query.cursor, list, signCursor);
      const page = await orders.list({ userId, state: undefined, before, limit: query.limit });
      return { status: 200, body: orderPageBody(page, list, signCursor) };
    },
  });
}

const oneOrder = {
  auth: 'optional',
  params: orderParams,
  query: orderQuery,
  headers: orderHeaders,
  responses: { 200: { description: 'The order.', body: orderBody } },
} as const;

type OneOrderInput = {
  readonly params: z.output<typeof orderParams>;
  readonly query: z.output<typeof orderQuery>;
  readonly headers: z.output<typeof orderHeaders>;
};

async function orderReply(
  orders: OrderRepository,
  { params, query, headers }: OneOrderInput,
  reader: OrderReader,
) {
  const locale = negotiatedLocale(query.locale, headers['accept-language']);
  const body = await orders.find(params.id, reader, locale);
  if (body === undefined) throw notFound(noSuchOrder);
  return { status: 200 as const, headers: { 'content-language': locale }, body };
}

function showRoute({ orders }: OrderDependencies): Route {
  return defineRoute({
    ...oneOrder,
    method: 'GET',
    path: '/api/orders/:id',
    summary: 'One own order',
    limitClass: 'browse',
    handler: (input, request) => orderReply(orders, input, readerOf(input.headers, request)),
  });
}

function cancelRoute({ orders }: OrderDependencies): Route {
  return defineRoute({
    ...oneOrder,
    method: 'POST',
    path: '/api/orders/:id/cancel',
    summary: 'Cancel an own order that is not packed yet',
    limitClass: 'write',
    async handler(input, request) {
      const reader = readerOf(input.headers, request);
      const move = orderMove('cancelled');
      const { now } = request;
      const outcome = await orders.move({ orderId: input.params.id, reader, move, note: '', now });
      if (outcome === undefined) throw notFound(noSuchOrder);
      if (!outcome.isMoved) {
        throw conflict('order-state', `the order is ${outcome.was} and cannot be cancelled`);
      }
      return orderReply(orders, input, reader);
    },
  });
}

/** Routes of a shopper's orders. */
export function orderRoutes(deps: OrderDependencies): readonly Route[] {
  return [listRoute(deps), showRoute(deps), cancelRoute(deps)];
}
