// The way that staff accounts come to exist: by hand, by whoever may run the program with the database's credentials. There is
// no default account and no route that makes one (OWASP ASVS 5.0, 6.3.2).
import { PasswordHasher } from './accounts/password-hasher.ts';
import { passwordFault } from './domain/password-policy.ts';
import { emailArgument } from './email-argument.ts';
import { ConfigError } from './errors.ts';
import { accountRepository } from './repositories/account-repository.ts';
import { Database, type DatabaseSettings } from './repositories/database.ts';

/** Somebody of the staff. */
export interface StaffRequest {
  readonly email: string;
  readonly password: string;
  readonly now: Date;
}

/**
 * Makes an account that may do what the staff may.
 * @throws ConfigError when the address or the password cannot be used, or the address is taken
 * @throws DatabaseUnavailable
 */
export async function createStaff(
  settings: DatabaseSettings,
  { email: typed, password, now }: StaffRequest,
): Promise<void> {
  const email = emailArgument(typed);
  const fault = passwordFault(password, { email, storeName: '' });
  if (fault !== undefined) throw new ConfigError(`the password ${fault}`);
  const passwordHash = await new PasswordHasher().hash(password);
  const database = new Database(settings);
  try {
    if (await accountRepository(database).createStaff({ email, passwordHash, now })) return;
    throw new ConfigError(`--email: ${email} has an account already`);
  } finally {
    await database.end();
  }
}
