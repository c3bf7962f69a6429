// Registering, verifying an address, forgetting a password. Each answer is the same whether or not the address is known.
import type { Registration } from '../accounts/registration.ts';
import { defineRoute, type Route } from '../routing/route.ts';
import { forgotBody, mailReply, registerBody, resetBody, verifyBody } from './account-schemas.ts';

const facts = { method: 'POST', auth: 'none' } as const;
const accepted = { status: 202, body: { status: 'check-your-mail' } } as const;
const mailed = { 202: { description: 'A mail says how to go on.', body: mailReply } } as const;

function registerRoute(registration: Registration): Route {
  return defineRoute({
    ...facts,
    path: '/api/auth/register',
    summary: 'Open an account; whoever has one already is told by mail',
    limitClass: 'login',
    body: registerBody,
    responses: mailed,
    async handler({ body }, { now, log }) {
      await registration.register({ ...body, now });
      log.info({ event: 'registration' }, 'somebody registered');
      return accepted;
    },
  });
}

function forgotRoute(registration: Registration): Route {
  return defineRoute({
    ...facts,
    path: '/api/auth/forgot',
    summary: 'Ask for a mail to choose a new password',
    limitClass: 'reset',
    body: forgotBody,
    responses: mailed,
    async handler({ body }, { now, log }) {
      await registration.requestReset(body.email, now);
      log.info({ event: 'reset-requested' }, 'somebody has forgotten a password');
      return accepted;
    },
  });
}

function resetRoute(registration: Registration): Route {
  return defineRoute({
    ...facts,
    path: '/api/auth/reset',
    summary: 'Choose a new password with the token of a mail; every session ends',
    limitClass: 'reset',
    body: resetBody,
    responses: { 204: { description: 'Sign in with the new password.' } },
    async handler({ body }, { now, log }) {
      const userId = await registration.reset({ ...body, now });
      log.info({ event: 'password-reset', userId }, 'a password was reset');
      return { status: 204 };
    },
  });
}

function verifyRoute(registration: Registration): Route {
  return defineRoute({
    ...facts,
    path: '/api/auth/verify',
    summary: 'Verify an address with the token of a mail',
    limitClass: 'reset',
    body: verifyBody,
    responses: { 204: { description: 'Verified.' } },
    async handler({ body }, { now, log }) {
      const userId = await registration.verify(body.token, now);
      log.info({ event: 'email-verified', userId }, 'an address was verified');
      return { status: 204 };
    },
  });
}

/** Routes by which an account begins and is recovered. */
export function registrationRoutes(registration: Registration): readonly Route[] {
  return [registerRoute, verifyRoute, forgotRoute, resetRoute].map((route) => route(registration));
}
