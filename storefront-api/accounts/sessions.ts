// The life of a session: opened by a sign-in, carried on by refresh tokens that work once, ended by the owner, by a new password,
// by its age, by idleness, or because one of its old tokens came back.
//
// Two refreshes with one token: browsers with two tabs do this, and clients whose answer was lost. For half a minute both get
// the same successor, unless that one has been used already; after that the old token is a copy in other hands and the
// session ends (RFC 9700 section 4.14.2).
import { randomUUID, timingSafeEqual } from 'node:crypto';
import { deviceName } from '../domain/device-name.ts';
import type {
  LiveSession,
  Revocation,
  SessionRepository,
} from '../repositories/session-repository.ts';
import type { AccessTokens } from './access-tokens.ts';
import {
  newRefreshToken,
  nextRefreshToken,
  presentedRefreshToken,
  type PresentedRefreshToken,
  type RefreshTokenKeys,
} from './refresh-tokens.ts';

/**
 * How long a token may be used again, in milliseconds. Several times what a 503 tells clients to wait: the first attempt may
 * have been committed. Others allow as much: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RefreshTokenRotationType.html
 */
export const refreshGraceMs = 30_000;

/** Lives in seconds. */
export interface SessionLives {
  readonly absoluteSeconds: number;
  readonly accessTokenSeconds: number;
  readonly idleSeconds: number;
}

/** What sessions stand on. */
export interface SessionsDependencies {
  readonly repository: SessionRepository;
  readonly tokens: AccessTokens;
  readonly keys: RefreshTokenKeys;
  readonly lives: SessionLives;
  /** Told which sessions ended here, so that this replica forgets them at once. */
  readonly onEnded: (sessionIds: readonly string[]) => void;
}

/** A sign-in that was proven. */
export interface ProvenSignIn {
  readonly userId: string;
  readonly passwordVersion: number;
  readonly userAgent: string;
  readonly now: Date;
}

/** What a client gets to go on with. */
export interface SessionTokens {
  readonly userId: string;
  readonly sessionId: string;
  readonly accessToken: string;
  readonly accessTokenSeconds: number;
  readonly refreshToken: string;
  /** Until the session ends, however busy it is. */
  readonly sessionSeconds: number;
}

/** What became of a refresh token. */
export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly tokens: SessionTokens }
  | { readonly kind: 'reused'; readonly sessionId: string }
  | { readonly kind: 'invalid' };

function sameHash(a: Buffer, b: Buffer | null): boolean {
  return b !== null && timingSafeEqual(a, b);
}

/** Opens, carries on and ends sessions. */
export class Sessions {
  readonly #deps: SessionsDependencies;

  constructor(deps: SessionsDependencies) {
    this.#deps = deps;
  }

  /** undefined: the account was disabled or got another password meanwhile. */
  async open(signIn: ProvenSignIn): Promise<SessionTokens | undefined> {
    const { repository, keys, lives } = this.#deps;
    const { userId, passwordVersion, userAgent, now } = signIn;
    const id = randomUUID();
    const refresh = newRefreshToken(id, keys);
    const session = await repository.open({
      id,
      userId,
      passwordVersion,
      refreshHash: refresh.hash,
      device: deviceName(userAgent),
      now,
      expiresAt: new Date(now.getTime() + lives.absoluteSeconds * 1000),
    });
    return session && this.#tokensOf(session, { id, refreshToken: refresh.token, now });
  }

  /** Exchanges a refresh token; the old one is void afterwards, except to ask for the same successor again. */
  async refresh(text: string, now: Date): Promise<RefreshOutcome> {
    const { repository, keys } = this.#deps;
    const presented = presentedRefreshToken(text, keys);
    if (presented === undefined) return { kind: 'invalid' };
    const { sessionId } = presented;
    const next = nextRefreshToken(presented, keys);
    const session = await repository.rotate({
      sessionId,
      presentedHash: presented.hash,
      nextHash: next.hash,
      now,
      idleSince: this.#idleSince(now),
      graceSince: new Date(now.getTime() - refreshGraceMs),
    });
    if (session === undefined) return this.#refused(presented, now);
    const tokens = this.#tokensOf(session, { id: sessionId, refreshToken: next.token, now });
    return { kind: 'refreshed', tokens };
  }

  /** Ends the session of a refresh token, if it is the one in force or the one before. */
  async endByToken(text: string, now: Date): Promise<void> {
    const { repository, keys, onEnded } = this.#deps;
    const presented = presentedRefreshToken(text, keys);
    if (presented === undefined) return;
    const id = await repository.endByToken(presented.sessionId, presented.hash, now);
    if (id !== undefined) onEnded([id]);
  }

  /** Ends one or all sessions of an account; returns how many. */
  async revoke(revocation: Revocation): Promise<number> {
    const ended = await this.#deps.repository.revoke(revocation);
    this.#deps.onEnded(ended);
    return ended.length;
  }

  /** Sessions that still hold, the newest first. */
  list(userId: string, now: Date): ReturnType<SessionRepository['list']> {
    return this.#deps.repository.list(userId, now, this.#idleSince(now));
  }

  #idleSince(now: Date): Date {
    return new Date(now.getTime() - this.#deps.lives.idleSeconds * 1000);
  }

  async #refused(presented: PresentedRefreshToken, now: Date): Promise<RefreshOutcome> {
    const { repository, onEnded } = this.#deps;
    const { sessionId, hash, isGenuine } = presented;
    const state = await repository.tokenState(sessionId, now);
    if (state === undefined || !state.isLive) return { kind: 'invalid' };
    const isOld =
      sameHash(hash, state.previousHash) || (isGenuine && !sameHash(hash, state.currentHash));
    if (!isOld) return { kind: 'invalid' };
    await repository.endForReuse(sessionId, now);
    onEnded([sessionId]);
    return { kind: 'reused', sessionId };
  }

  #tokensOf(
    { userId, expiresAt }: LiveSession,
    { id, refreshToken, now }: { readonly id: string; readonly refreshToken: string; now: Date },
  ): SessionTokens {
    const { tokens, lives } = this.#deps;
    const sessionSeconds = Math.floor((expiresAt.getTime() - now.getTime()) / 1000);
    const accessTokenSeconds = Math.min(lives.accessTokenSeconds, sessionSeconds);
    const accessToken = tokens.issue({
      userId,
      sessionId: id,
      now,
      expiresAt: new Date(now.getTime() + accessTokenSeconds * 1000),
    });
    return { userId, sessionId: id, accessToken, accessTokenSeconds, refreshToken, sessionSeconds };
  }
}
