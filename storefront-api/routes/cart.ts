import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { type CartOwner, maxCartLines, maxLineQuantity, pricedCart } from '../domain/cart.ts';
import { type Locale, negotiatedLocale } from '../domain/locale.ts';
import type { Sign } from '../domain/page-cursor.ts';
import { conflict, invalidRequest, notFound } from '../errors.ts';
import type { CartChange, CartRepository } from '../repositories/cart-repository.ts';
import { defineRoute, type RequestInfo, type Route } from '../routing/route.ts';
import { cartCookie, cartOwner } from './cart-owner.ts';
import { cartBody, lineParams, lineQuantity, newLine } from './cart-schemas.ts';
import { languageHeader, localeQuery } from './catalogue-schemas.ts';

/** What the cart's routes need. */
export interface CartDependencies {
  readonly carts: CartRepository;
  /** Signs the guest's cookie. */
  readonly signCart: Sign;
}

const language = { query: localeQuery, headers: languageHeader } as const;
const responses = {
  200: {
    description: 'The cart.',
    body: cartBody,
    headers: { 'set-cookie': 'The cart of a guest who had none.' },
  },
} as const;

interface LanguageInput {
  readonly query: { readonly locale?: Locale | undefined };
  readonly headers: z.output<typeof languageHeader>;
}

async function cartReply(
  { carts }: CartDependencies,
  owner: CartOwner | undefined,
  { query, headers }: LanguageInput,
) {
  const locale = negotiatedLocale(query.locale, headers['accept-language']);
  const lines = owner === undefined ? [] : await carts.lines(owner, locale);
  return {
    status: 200 as const,
    headers: { 'content-language': locale, vary: 'Accept-Language, Authorization, Cookie, Origin' },
    body: pricedCart(lines),
  };
}

/** @throws HttpProblem when the line could not be changed */
function demandDone(change: CartChange): void {
  switch (change.kind) {
    case 'done':
      return;
    case 'unknown':
      throw notFound('there is no such variant');
    case 'not-enough':
      throw conflict('not-enough-stock', 'there are not as many pieces left', {
        extensions: { available: change.available },
      });
    case 'too-many':
      throw invalidRequest('the request is not valid', [
        {
          in: 'body',
          path: 'quantity',
          message: `a line holds at most ${maxLineQuantity} pieces, with those already in the cart`,
        },
      ]);
    case 'full':
      throw conflict('cart-full', `a cart holds at most ${maxCartLines} lines`);
  }
}

function knownOwner(request: RequestInfo, sign: Sign): CartOwner {
  const owner = cartOwner(request, sign);
  if (owner === undefined) throw notFound('there is no such variant');
  return owner;
}

function showRoute(deps: CartDependencies): Route {
  return defineRoute({
    ...language,
    method: 'GET',
    path: '/api/cart',
    summary: 'The cart, with the prices and the stock of now',
    auth: 'optional',
    limitClass: 'browse',
    responses,
    handler: (input, request) => cartReply(deps, cartOwner(request, deps.signCart), input),
  });
}

function addRoute(deps: CartDependencies): Route {
  return defineRoute({
    ...language,
    method: 'POST',
    path: '/api/cart/lines',
    summary: 'Put pieces into the cart',
    auth: 'optional',
    limitClass: 'write',
    body: newLine,
    responses,
    async handler(input, request) {
      const { carts, signCart } = deps;
      const known = cartOwner(request, signCart);
      const owner = known ?? { kind: 'guest' as const, cartId: randomUUID() };
      demandDone(await carts.add({ owner, ...input.body, now: request.now }));
      const reply = await cartReply(deps, owner, input);
      if (owner.kind === 'account') return reply;
      // Given anew at each addition, so that it lasts as long as the cart is used.
      const cookie = cartCookie(owner.cartId, signCart);
      return { ...reply, headers: { ...reply.headers, 'set-cookie': cookie } };
    },
  });
}

function changeRoute(deps: CartDependencies): Route {
  return defineRoute({
    ...language,
    method: 'PATCH',
    path: '/api/cart/lines/:sku',
    summary: 'Change how many pieces a line has',
    auth: 'optional',
    limitClass: 'write',
    params: lineParams,
    body: lineQuantity,
    responses,
    async handler(input, request) {
      const owner = knownOwner(request, deps.signCart);
      const { params, body } = input;
      demandDone(await deps.carts.set({ owner, ...params, ...body, now: request.now }));
      return cartReply(deps, owner, input);
    },
  });
}

function removeRoute(deps: CartDependencies): Route {
  return defineRoute({
    ...language,
    method: 'DELETE',
    path: '/api/cart/lines/:sku',
    summary: 'Take a line out of the cart, whether it is there or not',
    auth: 'optional',
    limitClass: 'write',
    params: lineParams,
    responses,
    async handler(input, request) {
      const owner = cartOwner(request, deps.signCart);
      const { now } = request;
      if (owner !== undefined) await deps.carts.remove({ owner, ...input.params, now });
      return cartReply(deps, owner, input);
    },
  });
}

/** Routes of the cart. */
export function cartRoutes(deps: CartDependencies): readonly Route[] {
  return [showRoute(deps), addRoute(deps), changeRoute(deps), removeRoute(deps)];
}
