// Who is calling: the token says which session, the session's row says whose it is, whether it still holds and what the
// account may do now. A shopper's row is believed for two seconds, so a logout, a disabled account or a new role is
// effective on every replica within that time, and at once on the replica that made the change. A row of the staff is read
// for each request. While the database is away a row that is not known is a 503: nobody is believed on the token alone.
import { LRUCache } from 'lru-cache';
import type { Actor } from '../domain/actor.ts';
import { unauthorized } from '../errors.ts';
import type { Authenticator, Credentials } from '../middleware/authenticate.ts';
import type { SessionRepository } from '../repositories/session-repository.ts';
import type { AccessTokens } from './access-tokens.ts';

/** How long a row is believed, in milliseconds. */
export const sessionBeliefMs = 2_000;

/** Most rows remembered; one takes about 300 bytes. */
const maxRemembered = 20_000;

/** RFC 6750 section 2.1. */
const bearerPattern = /^Bearer ([\w.~+/-]+=*)$/i;

interface Remembered {
  readonly actor: Actor | undefined;
  readonly readAtMs: number;
}

/** What it stands on. */
export interface AuthenticatorDependencies {
  readonly tokens: AccessTokens;
  readonly sessions: Pick<SessionRepository, 'actorOf'>;
}

/** Authenticates by access tokens. */
export class SessionAuthenticator implements Authenticator {
  readonly #remembered = new LRUCache<string, Remembered>({ max: maxRemembered });
  readonly #reads = new Map<string, Promise<Actor | undefined>>();
  readonly #tokens: AccessTokens;
  readonly #sessions: AuthenticatorDependencies['sessions'];

  constructor({ tokens, sessions }: AuthenticatorDependencies) {
    this.#tokens = tokens;
    this.#sessions = sessions;
  }

  /** @throws HttpProblem 401, DatabaseUnavailable */
  async authenticate({ authorization, now }: Credentials): Promise<Actor | undefined> {
    if (authorization === '') return undefined;
    const token = bearerPattern.exec(authorization)?.[1];
    const claims = token === undefined ? undefined : this.#tokens.verify(token, now);
    const actor = claims && (await this.#actorOf(claims.sessionId, now));
    if (actor === undefined || actor.userId !== claims?.userId) {
      throw unauthorized('this access token is not valid');
    }
    return actor;
  }

  /** These sessions have ended or changed: their rows are read anew. */
  forget(sessionIds: readonly string[]): void {
    for (const id of sessionIds) {
      this.#remembered.delete(id);
      this.#reads.delete(id); // what is being read may be older than the change
    }
  }

  async #actorOf(sessionId: string, now: Date): Promise<Actor | undefined> {
    const known = this.#remembered.get(sessionId);
    const ageMs = known === undefined ? Infinity : Math.abs(now.getTime() - known.readAtMs);
    if (known !== undefined && ageMs < sessionBeliefMs) return known.actor;
    return this.#reads.get(sessionId) ?? this.#read(sessionId, now);
  }

  /** Requests that come while it is read wait for the same answer. */
  #read(sessionId: string, now: Date): Promise<Actor | undefined> {
    const read = this.#sessions.actorOf(sessionId, now).then(
      (actor) => {
        if (this.#reads.get(sessionId) !== read) return actor;
        this.#reads.delete(sessionId);
        if (actor?.role === 'staff') this.#remembered.delete(sessionId);
        else this.#remembered.set(sessionId, { actor, readAtMs: now.getTime() });
        return actor;
      },
      (error: unknown) => {
        if (this.#reads.get(sessionId) === read) this.#reads.delete(sessionId);
        throw error;
      },
    );
    this.#reads.set(sessionId, read);
    return read;
  }
}
