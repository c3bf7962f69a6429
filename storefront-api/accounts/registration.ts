// Registering and recovering an account. What is answered never depends on whether the address is known: its owner learns that by
// mail. Tokens in mails have 256 bits, are kept as hashes, work once and not for long (OWASP ASVS 5.0, 6.5 and 6.4.3).
import { createHash } from 'node:crypto';
import { resetLifeMinutes, verificationLifeHours } from '../domain/link-life.ts';
import type { Locale } from '../domain/locale.ts';
import { passwordFault, type PasswordContext } from '../domain/password-policy.ts';
import { type FieldError, invalidRequest } from '../errors.ts';
import type { Allowance, Counters } from '../limits/counters.ts';
import type { SignInAttempt, SignInLimits } from '../limits/sign-in-limits.ts';
import type { AccountRepository, MailedToken } from '../repositories/account-repository.ts';
import type { PasswordChangeRepository } from '../repositories/password-change.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { newSecret, secretHash } from './refresh-tokens.ts';
import { admitGuess } from './sign-in.ts';

/** Life of a link to choose a new password. */
export const resetLifeMs = resetLifeMinutes * 60_000;

/** Life of a link to verify an address. */
export const verificationLifeMs = verificationLifeHours * 3_600_000;

/** What these stand on. */
export interface RegistrationDependencies {
  readonly accounts: AccountRepository;
  readonly passwords: PasswordChangeRepository;
  readonly hasher: PasswordHasher;
  readonly limits: SignInLimits;
  readonly counters: Counters;
  /** Mails of one kind to one address. */
  readonly mails: Allowance;
  readonly storeName: string;
  readonly onEnded: (sessionIds: readonly string[]) => void;
}

/** Somebody who registers. */
export interface RegistrationRequest {
  readonly email: string;
  readonly password: string;
  readonly name: string;
  readonly locale: Locale;
  readonly now: Date;
}

/** Somebody who got a mail. */
export interface ResetRequest {
  readonly token: string;
  readonly newPassword: string;
  readonly now: Date;
}

/** Somebody who knows the password. */
export interface PasswordChangeRequest extends Omit<SignInAttempt, 'email' | 'device'> {
  readonly userId: string;
  readonly sessionId: string;
  readonly currentPassword: string;
  readonly newPassword: string;
}

function wrongField(path: string, message: string): never {
  const error: FieldError = { in: 'body', path, message };
  throw invalidRequest('the request is not valid', [error]);
}

function checkPassword(path: string, password: string, context: PasswordContext): void {
  const fault = passwordFault(password, context);
  if (fault !== undefined) wrongField(path, fault);
}

function mailedToken(now: Date, lifeMs: number): MailedToken {
  return { ...newSecret(), now, expiresAt: new Date(now.getTime() + lifeMs) };
}

/** Registers, verifies, resets and changes. */
export class Registration {
  readonly #deps: RegistrationDependencies;

  constructor(deps: RegistrationDependencies) {
    this.#deps = deps;
  }

  /** @throws HttpProblem 400 for a password that is too easy, 503 */
  async register(request: RegistrationRequest): Promise<void> {
    const { accounts, hasher, storeName } = this.#deps;
    const { email, password, name, locale, now } = request;
    checkPassword('password', password, { email, storeName });
    const passwordHash = await hasher.hash(password);
    if (!(await this.#mayMail('register', email, now))) return;
    const verification = mailedToken(now, verificationLifeMs);
    await accounts.register({ email, name, locale, passwordHash, verification });
  }

  /** Mails a link, if there is such an account. */
  async requestReset(email: string, now: Date): Promise<void> {
    if (!(await this.#mayMail('reset', email, now))) return;
    await this.#deps.accounts.requestReset(email, mailedToken(now, resetLifeMs));
  }

  /**
   * A new password by a token from a mail; every session ends. Returns whose.
   * @throws HttpProblem 400
   */
  async reset({ token, newPassword, now }: ResetRequest): Promise<string> {
    const { passwords, hasher, storeName, onEnded } = this.#deps;
    const tokenHash = secretHash(token);
    const owner = await passwords.resetOwner(tokenHash, now);
    if (owner === undefined) wrongField('token', 'is unknown, used or too old');
    checkPassword('newPassword', newPassword, { email: owner.email, storeName });
    const passwordHash = await hasher.hash(newPassword);
    const changed = await passwords.reset({ tokenHash, passwordHash, now });
    if (changed === undefined) wrongField('token', 'is unknown, used or too old');
    onEnded(changed.endedSessions);
    return changed.userId;
  }

  /**
   * Verifies an address by a token from a mail. Returns whose.
   * @throws HttpProblem 400
   */
  async verify(token: string, now: Date): Promise<string> {
    const userId = await this.#deps.passwords.verifyEmail(secretHash(token), now);
    return userId ?? wrongField('token', 'is unknown, used or too old');
  }

  /**
   * A new password by the present one; all other sessions end.
   * @throws HttpProblem 400, 429
   */
  async changePassword(request: PasswordChangeRequest): Promise<void> {
    const { accounts, passwords, hasher, limits, storeName, onEnded } = this.#deps;
    const { userId, sessionId, currentPassword, newPassword, ip, now } = request;
    const credential = await accounts.credentialById(userId);
    const email = credential?.email ?? '';
    const attempt = { email, ip, device: sessionId, now };
    await admitGuess(limits, attempt);
    if (!(await hasher.isPassword(currentPassword, credential?.passwordHash)))
      wrongField('currentPassword', 'is not the password of this account');
    await limits.succeeded(attempt);
    checkPassword('newPassword', newPassword, { email, storeName });
    const passwordHash = await hasher.hash(newPassword);
    const passwordVersion = credential?.passwordVersion ?? 0;
    const keep = sessionId;
    const changed = await passwords.change({ userId, passwordVersion, passwordHash, now, keep });
    if (changed === undefined) wrongField('currentPassword', 'has just been changed');
    onEnded(changed.endedSessions);
  }

  /** Each kind is counted by itself: asking for resets of an address that nobody has must not keep it from registering. */
  async #mayMail(kind: 'register' | 'reset', email: string, now: Date): Promise<boolean> {
    const key = createHash('sha256').update(email).digest('base64url');
    const event = { name: `mail-${kind}`, key, allowance: this.#deps.mails, now };
    return (await this.#deps.counters.consume(event)).isAllowed;
  }
}
