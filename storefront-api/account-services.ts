// Puts together everything about accounts: who is calling, how often they may, and what the routes of accounts stand on.
import { readFile } from 'node:fs/promises';
import { accessTokens } from './accounts/access-tokens.ts';
import { knownDevice, newDevice } from './accounts/device-cookie.ts';
import { KeyRing } from './accounts/key-ring.ts';
import { PasswordHasher } from './accounts/password-hasher.ts';
import { Registration } from './accounts/registration.ts';
import { SessionAuthenticator } from './accounts/session-authenticator.ts';
import { Sessions } from './accounts/sessions.ts';
import { signIn } from './accounts/sign-in.ts';
import { type ApiConfig, signingKeys } from './config.ts';
import { classLimiter } from './limits/class-limiter.ts';
import { SharedCounters } from './limits/shared-counters.ts';
import { SignInLimits } from './limits/sign-in-limits.ts';
import type { Logger } from './log.ts';
import type { MailConfig } from './mail/mail-config.ts';
import { loggingDelivery, type MailDelivery, sendDueMails } from './mail/mail-delivery.ts';
import { smtpDelivery } from './mail/smtp-delivery.ts';
import { type AccountMetrics, accountMetrics, type ApiMetrics } from './metrics.ts';
import type { Authenticator } from './middleware/authenticate.ts';
import type { RateLimiter } from './middleware/rate-limit.ts';
import { type AccountRepository, accountRepository } from './repositories/account-repository.ts';
import { type AddressRepository, addressRepository } from './repositories/address-repository.ts';
import type { Database } from './repositories/database.ts';
import { outboxRepository } from './repositories/outbox-repository.ts';
import { passwordChangeRepository } from './repositories/password-change.ts';
import { counterStatements } from './repositories/rate-limit-store.ts';
import { sessionRepository } from './repositories/session-repository.ts';
import { sweep } from './repositories/sweeper.ts';
import type { RepeatedTask } from './repeating-work.ts';
import type { SignInRouteDependencies } from './routes/sign-in.ts';
import { deriver, signer } from './signing.ts';

const keyReloadMs = 10_000;
const mailPauseMs = 1_000;
const sweepPauseMs = 60_000;

/** What the services stand on. */
export interface AccountServiceDependencies {
  readonly config: ApiConfig;
  readonly database: Database;
  readonly log: Logger;
  readonly metrics: ApiMetrics;
  readonly clock: () => Date;
  /** Time between two looks at the file of keys; by default 10 s. */
  readonly keyReloadMs?: number | undefined;
}

/** What the rest of the API gets. */
export interface AccountServices {
  readonly authenticator: Authenticator;
  readonly limiter: RateLimiter;
  readonly accounts: AccountRepository;
  readonly addresses: AddressRepository;
  readonly sessions: Sessions;
  readonly registration: Registration;
  readonly signIn: SignInRouteDependencies['signIn'];
  readonly devices: SignInRouteDependencies['devices'];
  readonly background: readonly RepeatedTask[];
}

/** Reads the key file again; keys that cannot be used leave the old ones in force. */
export async function reloadKeys(ring: KeyRing, file: string, log: Logger): Promise<void> {
  try {
    ring.replace(signingKeys(await readFile(file, 'utf8')));
  } catch (error) {
    log.error({ reason: (error as Error).message }, 'JWT_KEYS_FILE was not taken: the keys stay');
  }
}

function sharedCounters(
  { database, log }: AccountServiceDependencies,
  numbers: AccountMetrics,
): SharedCounters {
  return new SharedCounters({
    send: counterStatements(database),
    onStoreFailure: (error) => {
      numbers.limitStoreFailed();
      log.debug({ err: error }, 'a limit was counted in memory');
    },
  });
}

function mailDelivery(mail: MailConfig, shop: string, log: Logger): MailDelivery {
  return mail.delivery === 'smtp'
    ? smtpDelivery(mail.smtp, shop)
    : loggingDelivery(log, mail.delivery === 'log-with-token');
}

function backgroundOf(deps: AccountServiceDependencies, ring: KeyRing): readonly RepeatedTask[] {
  const { config, database, log, clock } = deps;
  const { jwtKeysFile, mail, shop } = config;
  const tasks: RepeatedTask[] = [
    {
      name: 'sweep',
      everyMs: sweepPauseMs,
      work: async () => {
        const removed = await sweep(database, clock());
        log.debug({ removed }, 'old rows are gone');
      },
    },
  ];
  if (jwtKeysFile !== '') {
    const work = () => reloadKeys(ring, jwtKeysFile, log);
    tasks.push({ name: 'key reload', everyMs: deps.keyReloadMs ?? keyReloadMs, work });
  }
  if (mail.delivery !== 'none') {
    const outbox = outboxRepository(database);
    const delivery = mailDelivery(mail, shop.hosts[0] ?? '', log);
    const work = (signal: AbortSignal) => sendDueMails(outbox, delivery, { clock, signal });
    tasks.push({ name: 'mails', everyMs: mailPauseMs, work });
  }
  return tasks;
}

/** Makes the services. Does no I/O. */
export function accountServices(deps: AccountServiceDependencies): AccountServices {
  const { config, database, metrics } = deps;
  const { storeName, rateLimits, sessions: lives } = config.shop;
  const numbers = accountMetrics(metrics.registry);
  const ring = new KeyRing(config.signingKeys);
  const tokens = accessTokens(ring, storeName);
  const [accounts, repository] = [accountRepository(database), sessionRepository(database)];
  const authenticator = new SessionAuthenticator({ tokens, sessions: repository });
  const onEnded = (ids: readonly string[]): void => authenticator.forget(ids);
  const keys = {
    sign: signer(config.sessionSecret, 'refresh-token'),
    derive: deriver(config.sessionSecret, 'refresh-token-successor'),
  };
  const sessions = new Sessions({ repository, tokens, keys, lives, onEnded });
  const counters = sharedCounters(deps, numbers);
  const limits = new SignInLimits(counters, rateLimits.login);
  const hasher = new PasswordHasher();
  const { requireVerifiedEmail } = config;
  const onSignIn = numbers.signIn;
  const signInDeps = { accounts, hasher, limits, sessions, requireVerifiedEmail, onSignIn };
  const signDevice = signer(config.sessionSecret, 'device');
  return {
    authenticator,
    limiter: classLimiter({ allowances: rateLimits, counters, onDecision: numbers.limitDecision }),
    accounts,
    addresses: addressRepository(database),
    sessions,
    registration: new Registration({
      accounts,
      passwords: passwordChangeRepository(database),
      hasher,
      limits,
      counters,
      mails: rateLimits.reset,
      storeName,
      onEnded,
    }),
    signIn: (request) => signIn(signInDeps, request),
    devices: {
      known: (cookie, email) => knownDevice(cookie, email, signDevice),
      issue: (email) => newDevice(email, signDevice),
    },
    background: backgroundOf(deps, ring),
  };
}
