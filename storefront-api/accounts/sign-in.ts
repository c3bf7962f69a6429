// Signing in. Whatever is wrong (no such address, wrong password, disabled, not yet verified), the answer is one and the same, and
// takes the time of one password hash (OWASP ASVS 5.0, 6.3.8).
import { LimitExceeded, unauthorized } from '../errors.ts';
import type { SignInAttempt, SignInLimits } from '../limits/sign-in-limits.ts';
import type { AccountRepository, Credential } from '../repositories/account-repository.ts';
import type { PasswordHasher } from './password-hasher.ts';
import type { Sessions, SessionTokens } from './sessions.ts';

/** How an attempt ended; label of a metric. */
export type SignInOutcome = 'ok' | 'refused' | 'limited' | 'failed';

/** What signing in stands on. */
export interface SignInDependencies {
  readonly accounts: AccountRepository;
  readonly hasher: PasswordHasher;
  readonly limits: SignInLimits;
  readonly sessions: Sessions;
  /** Accounts whose address is not verified cannot sign in. */
  readonly requireVerifiedEmail: boolean;
  readonly onSignIn: (outcome: SignInOutcome) => void;
}

/** Somebody who says who they are. */
export interface SignInRequest extends SignInAttempt {
  readonly password: string;
  readonly userAgent: string;
}

/**
 * Counts a guess at an account's password.
 * @throws HttpProblem 429
 */
export async function admitGuess(limits: SignInLimits, attempt: SignInAttempt): Promise<void> {
  const verdict = await limits.admit(attempt);
  if (!verdict.isAllowed) throw new LimitExceeded('too many attempts, wait a little', verdict);
}

async function strengthen(
  { accounts, hasher }: SignInDependencies,
  credential: Credential,
  password: string,
): Promise<void> {
  if (!hasher.isOutdated(credential.passwordHash)) return;
  await accounts.rehash(credential, await hasher.hash(password));
}

async function sessionFor(
  deps: SignInDependencies,
  request: SignInRequest,
): Promise<SessionTokens | undefined> {
  const { accounts, hasher, limits, sessions, requireVerifiedEmail } = deps;
  const { email, password, userAgent, now } = request;
  const credential = await accounts.credentialOf(email);
  const isRight = await hasher.isPassword(password, credential?.passwordHash);
  if (credential === undefined || !isRight || credential.isDisabled) return undefined;
  if (requireVerifiedEmail && !credential.isEmailVerified) return undefined;
  const { userId, passwordVersion } = credential;
  const tokens = await sessions.open({ userId, passwordVersion, userAgent, now });
  if (tokens === undefined) return undefined;
  await limits.succeeded(request);
  await strengthen(deps, credential, password);
  return tokens;
}

/**
 * Signs in.
 * @throws HttpProblem 401, 429, 503
 */
export async function signIn(
  deps: SignInDependencies,
  request: SignInRequest,
): Promise<SessionTokens> {
  try {
    await admitGuess(deps.limits, request);
  } catch (error) {
    deps.onSignIn('limited');
    throw error;
  }
  const tokens = await sessionFor(deps, request).catch((error: unknown) => {
    deps.onSignIn('failed');
    throw error;
  });
  deps.onSignIn(tokens === undefined ? 'refused' : 'ok');
  if (tokens === undefined) throw unauthorized('the email address or the password is wrong');
  return tokens;
}
