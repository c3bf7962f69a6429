// Signing in and out, and going on. The refresh token travels only in its cookie, the access token only in bodies and the
// Authorization header; neither ever in an address.
import type { SessionTokens, Sessions } from '../accounts/sessions.ts';
import type { SignInRequest } from '../accounts/sign-in.ts';
import { unauthorized } from '../errors.ts';
import { defineRoute, type RequestInfo, type Route } from '../routing/route.ts';
import { loginBody, tokenReply } from './account-schemas.ts';
import {
  clearedRefreshCookie,
  deviceCookieName,
  deviceCookieSeconds,
  hostCookie,
  refreshCookieName,
} from './session-cookies.ts';

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Somebody has just signed in. */
export interface SignedIn {
  readonly userId: string;
  readonly now: Date;
  /** Value of a request cookie, unverified. */
  readonly cookie: (name: string) => string | undefined;
}

/** What the routes of signing in need. */
export interface SignInRouteDependencies {
  /** @throws HttpProblem 401, 429, 503 */
  readonly signIn: (request: SignInRequest) => Promise<SessionTokens>;
  readonly sessions: Sessions;
  readonly devices: {
    known(cookie: string | undefined, email: string): string | undefined;
    issue(email: string): string;
  };
  /** Does what a sign-in brings with it, such as merging a guest's cart; returns headers for the answer. */
  readonly onSignedIn?: ((event: SignedIn) => Promise<Headers>) | undefined;
}

const facts = { method: 'POST', auth: 'none' } as const;
const setsCookie = { 'set-cookie': 'The refresh token.' };

function replyOf(tokens: SessionTokens) {
  return {
    accessToken: tokens.accessToken,
    tokenType: 'Bearer',
    expiresInSeconds: tokens.accessTokenSeconds,
    sessionExpiresInSeconds: tokens.sessionSeconds,
  } as const;
}

function refreshCookie({ refreshToken, sessionSeconds }: SessionTokens): string {
  return hostCookie(refreshCookieName, refreshToken, sessionSeconds);
}

/** What a sign-in brings with it must not take the sign-in back. */
async function companions(
  { onSignedIn }: SignInRouteDependencies,
  { now, cookie, log }: RequestInfo,
  userId: string,
): Promise<Headers> {
  if (onSignedIn === undefined) return {};
  try {
    return await onSignedIn({ userId, now, cookie });
  } catch (error) {
    log.warn({ err: error, userId }, 'what follows a sign-in failed');
    return {};
  }
}

function withCookies(headers: Headers, cookies: readonly string[]): Headers {
  const others = headers['set-cookie'] ?? [];
  return { ...headers, 'set-cookie': [...cookies, ...[others].flat()] };
}

function loginRoute(deps: SignInRouteDependencies): Route {
  const { signIn, sessions, devices } = deps;
  return defineRoute({
    ...facts,
    path: '/api/auth/login',
    summary: 'Sign in with email and password',
    limitClass: 'login',
    body: loginBody,
    responses: { 200: { description: 'Signed in.', body: tokenReply, headers: setsCookie } },
    async handler({ body }, request) {
      const { ip, now, userAgent, log } = request;
      const { email, password } = body;
      const device = devices.known(request.cookie(deviceCookieName), email);
      const tokens = await signIn({ email, password, ip, device, now, userAgent });
      const { userId, sessionId } = tokens;
      log.info({ event: 'signed-in', userId, sessionId }, 'signed in');
      // The session that this browser had before would stay behind, unseen.
      await sessions.endByToken(request.cookie(refreshCookieName) ?? '', now);
      const deviceCookie = hostCookie(deviceCookieName, devices.issue(email), deviceCookieSeconds);
      return {
        status: 200,
        headers: withCookies(await companions(deps, request, userId), [
          refreshCookie(tokens),
          deviceCookie,
        ]),
        body: replyOf(tokens),
      };
    },
  });
}

function refused(): Error {
  return unauthorized('sign in again', { 'set-cookie': clearedRefreshCookie });
}

function refreshRoute({ sessions }: SignInRouteDependencies): Route {
  return defineRoute({
    ...facts,
    path: '/api/auth/refresh',
    summary: 'Exchange the refresh cookie for a new one and an access token',
    limitClass: 'write',
    responses: { 200: { description: 'Goes on.', body: tokenReply, headers: setsCookie } },
    async handler(_, { cookie, now, log }) {
      const outcome = await sessions.refresh(cookie(refreshCookieName) ?? '', now);
      switch (outcome.kind) {
        case 'refreshed': {
          const { tokens } = outcome;
          return {
            status: 200,
            headers: { 'set-cookie': refreshCookie(tokens) },
            body: replyOf(tokens),
          };
        }
        case 'reused':
          log.warn(
            { event: 'refresh-token-reused', sessionId: outcome.sessionId },
            'an old refresh token came back: the session has ended',
          );
          throw refused();
        case 'invalid':
          throw refused();
      }
    },
  });
}

function logoutRoute({ sessions }: SignInRouteDependencies): Route {
  return defineRoute({
    ...facts,
    path: '/api/auth/logout',
    summary: 'End this session',
    // Whoever signs out after a pause comes with an access token that has expired; the cookie is enough.
    auth: 'if-valid',
    limitClass: 'write',
    responses: { 204: { description: 'Signed out, or never was.', headers: setsCookie } },
    async handler(_, { actor, cookie, now, log }) {
      await sessions.endByToken(cookie(refreshCookieName) ?? '', now);
      if (actor !== undefined) {
        const { userId, sessionId } = actor;
        await sessions.revoke({ userId, only: sessionId, reason: 'logout', now });
        log.info({ event: 'signed-out', userId, sessionId }, 'signed out');
      }
      return { status: 204, headers: { 'set-cookie': clearedRefreshCookie } };
    },
  });
}

function logoutAllRoute({ sessions }: SignInRouteDependencies): Route {
  return defineRoute({
    ...facts,
    path: '/api/auth/logout-all',
    summary: 'End every session of this account',
    auth: 'shopper',
    limitClass: 'write',
    responses: { 204: { description: 'Signed out everywhere.', headers: setsCookie } },
    async handler(_, { actor, now, log }) {
      const userId = actor?.userId ?? '';
      const ended = await sessions.revoke({ userId, reason: 'logout-all', now });
      log.info({ event: 'signed-out-everywhere', userId, ended }, 'signed out everywhere');
      return { status: 204, headers: { 'set-cookie': clearedRefreshCookie } };
    },
  });
}

/** Routes that begin, carry on and end sessions. */
export function signInRoutes(deps: SignInRouteDependencies): readonly Route[] {
  return [loginRoute(deps), refreshRoute(deps), logoutRoute(deps), logoutAllRoute(deps)];
}
