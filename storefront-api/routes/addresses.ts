import { maxAddresses } from '../domain/account.ts';
import { conflict, notFound } from '../errors.ts';
import type { AddressRepository } from '../repositories/address-repository.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import { addressList, addressReply, idParams } from './account-schemas.ts';
import { addressBody } from './address-schemas.ts';
import { actorOf } from './me.ts';

const facts = { auth: 'shopper' } as const;
const shown = (description: string) => ({ description, body: addressReply });

function noSuchAddress(): Error {
  return notFound('there is no such address');
}

function listRoute(addresses: AddressRepository): Route {
  return defineRoute({
    ...facts,
    method: 'GET',
    path: '/api/me/addresses',
    summary: 'Addresses of this account, the default one first',
    limitClass: 'browse',
    responses: { 200: { description: 'All of them.', body: addressList } },
    handler: async (_, request) => ({
      status: 200,
      body: { items: await addresses.list(actorOf(request).userId) },
    }),
  });
}

function showRoute(addresses: AddressRepository): Route {
  return defineRoute({
    ...facts,
    method: 'GET',
    path: '/api/me/addresses/:id',
    summary: 'One address',
    limitClass: 'browse',
    params: idParams,
    responses: { 200: shown('The address.') },
    async handler({ params }, request) {
      const address = await addresses.find(actorOf(request).userId, params.id);
      if (address === undefined) throw noSuchAddress();
      return { status: 200, body: address };
    },
  });
}

function addRoute(addresses: AddressRepository): Route {
  return defineRoute({
    ...facts,
    method: 'POST',
    path: '/api/me/addresses',
    summary: 'Add an address; the first one becomes the default',
    limitClass: 'write',
    body: addressBody,
    responses: {
      201: { ...shown('Added.'), headers: { location: 'Where it is.' } },
    },
    async handler({ body }, request) {
      const address = await addresses.add(actorOf(request).userId, body, request.now);
      if (address === undefined) {
        throw conflict('too-many-addresses', `an account has at most ${maxAddresses} addresses`);
      }
      const location = `/api/me/addresses/${address.id}`;
      return { status: 201, headers: { location }, body: address };
    },
  });
}

function replaceRoute(addresses: AddressRepository): Route {
  return defineRoute({
    ...facts,
    method: 'PUT',
    path: '/api/me/addresses/:id',
    summary: 'Replace an address',
    limitClass: 'write',
    params: idParams,
    body: addressBody,
    responses: { 200: shown('As it is now.') },
    async handler({ params, body }, request) {
      const address = await addresses.replace(actorOf(request).userId, params.id, body);
      if (address === undefined) throw noSuchAddress();
      return { status: 200, body: address };
    },
  });
}

function removeRoute(addresses: AddressRepository): Route {
  return defineRoute({
    ...facts,
    method: 'DELETE',
    path: '/api/me/addresses/:id',
    summary: 'Remove an address',
    limitClass: 'write',
    params: idParams,
    responses: { 204: { description: 'Removed.' } },
    async handler({ params }, request) {
      if (!(await addresses.remove(actorOf(request).userId, params.id))) throw noSuchAddress();
      return { status: 204 };
    },
  });
}

/** Routes of an account's addresses. */
export function addressRoutes(addresses: AddressRepository): readonly Route[] {
  const routes = [listRoute, showRoute, addRoute, replaceRoute, removeRoute];
  return routes.map((route) => route(addresses));
}
