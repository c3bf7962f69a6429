// An account in the hands of its owner: name and telephone, password, sessions.
import type { Registration } from '../accounts/registration.ts';
import type { Sessions } from '../accounts/sessions.ts';
import { notFound, unauthorized } from '../errors.ts';
import type { Actor } from '../domain/actor.ts';
import type { AccountRepository } from '../repositories/account-repository.ts';
import { defineRoute, type RequestInfo, type Route } from '../routing/route.ts';
import {
  accountChange,
  accountReply,
  idParams,
  passwordBody,
  sessionList,
} from './account-schemas.ts';

/** What the routes of an account need. */
export interface MeDependencies {
  readonly accounts: Pick<AccountRepository, 'find' | 'update'>;
  readonly sessions: Sessions;
  readonly registration: Registration;
}

const facts = { auth: 'shopper' } as const;

/** Whoever asks; the route's `auth` has seen to it that there is somebody. */
export function actorOf({ actor }: RequestInfo): Actor {
  if (actor === undefined) throw unauthorized();
  return actor;
}

function showRoute({ accounts }: MeDependencies): Route {
  return defineRoute({
    ...facts,
    method: 'GET',
    path: '/api/me',
    summary: 'The account that is signed in',
    limitClass: 'browse',
    responses: { 200: { description: 'The account.', body: accountReply } },
    async handler(_, request) {
      const account = await accounts.find(actorOf(request).userId);
      if (account === undefined) throw unauthorized();
      return { status: 200, body: account };
    },
  });
}

function changeRoute({ accounts }: MeDependencies): Route {
  return defineRoute({
    ...facts,
    method: 'PATCH',
    path: '/api/me',
    summary: 'Change name, telephone or language',
    limitClass: 'write',
    body: accountChange,
    responses: { 200: { description: 'The account as it is now.', body: accountReply } },
    async handler({ body }, request) {
      const account = await accounts.update(actorOf(request).userId, body, request.now);
      if (account === undefined) throw unauthorized();
      return { status: 200, body: account };
    },
  });
}

function passwordRoute({ registration }: MeDependencies): Route {
  return defineRoute({
    ...facts,
    method: 'PUT',
    path: '/api/me/password',
    summary: 'Choose another password; all other sessions end',
    limitClass: 'login',
    body: passwordBody,
    responses: { 204: { description: 'Changed.' } },
    async handler({ body }, request) {
      const { userId, sessionId } = actorOf(request);
      const { ip, now, log } = request;
      await registration.changePassword({ ...body, userId, sessionId, ip, now });
      log.info({ event: 'password-changed', userId, sessionId }, 'a password was changed');
      return { status: 204 };
    },
  });
}

function sessionsRoute({ sessions }: MeDependencies): Route {
  return defineRoute({
    ...facts,
    method: 'GET',
    path: '/api/auth/sessions',
    summary: 'Where this account is signed in',
    limitClass: 'browse',
    responses: { 200: { description: 'Sessions, the newest first.', body: sessionList } },
    async handler(_, request) {
      const { userId, sessionId } = actorOf(request);
      const items = (await sessions.list(userId, request.now)).map((session) => ({
        id: session.id,
        device: session.device,
        createdAt: session.createdAt.toISOString(),
        lastUsedAt: session.lastUsedAt.toISOString(),
        expiresAt: session.expiresAt.toISOString(),
        isCurrent: session.id === sessionId,
      }));
      return { status: 200, body: { items } };
    },
  });
}

function endSessionRoute({ sessions }: MeDependencies): Route {
  return defineRoute({
    ...facts,
    method: 'DELETE',
    path: '/api/auth/sessions/:id',
    summary: 'End a session of this account',
    limitClass: 'write',
    params: idParams,
    responses: { 204: { description: 'Ended.' } },
    async handler({ params }, request) {
      const { userId } = actorOf(request);
      const { now, log } = request;
      const ended = await sessions.revoke({ userId, only: params.id, reason: 'logout', now });
      if (ended === 0) throw notFound('there is no such session');
      log.info({ event: 'session-ended', userId, sessionId: params.id }, 'a session was ended');
      return { status: 204 };
    },
  });
}

/** Routes of whoever is signed in. */
export function meRoutes(deps: MeDependencies): readonly Route[] {
  const routes = [showRoute, changeRoute, passwordRoute, sessionsRoute, endSessionRoute];
  return routes.map((route) => route(deps));
}
