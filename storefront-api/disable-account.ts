// How an account is closed to whoever has its password, and opened again: by hand, like the accounts of the staff (create-staff.ts).
import { emailArgument } from './email-argument.ts';
import { ConfigError } from './errors.ts';
import {
  type AccessChange,
  accountAccessRepository,
} from './repositories/account-access-repository.ts';
import { Database, type DatabaseSettings } from './repositories/database.ts';

/** Whose account, and what it is to be. */
export interface AccessRequest {
  readonly email: string;
  readonly isDisabled: boolean;
  readonly now: Date;
}

/**
 * Disables an account, which ends its sessions and voids its links in mails, or enables it. Orders and cart stay.
 * @throws ConfigError when nobody has the address
 * @throws DatabaseUnavailable
 */
export async function changeAccess(
  settings: DatabaseSettings,
  { email: typed, isDisabled, now }: AccessRequest,
): Promise<AccessChange> {
  const email = emailArgument(typed);
  const database = new Database(settings);
  try {
    const accounts = accountAccessRepository(database);
    const change = isDisabled
      ? await accounts.disable(email, now)
      : await accounts.enable(email, now);
    if (change !== undefined) return change;
    throw new ConfigError(`--email: ${email} has no account`);
  } finally {
    await database.end();
  }
}
