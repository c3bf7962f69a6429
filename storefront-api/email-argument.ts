import { canonicalEmail, maxEmailLength } from './domain/email.ts';
import { ConfigError } from './errors.ts';

/** What the database accepts: visible ASCII around one @. */
const emailPattern = /^[!-?A-~]+@[!-?A-~]+$/;

/**
 * The canonical form of `--email`.
 * @throws ConfigError when it is no address
 */
export function emailArgument(typed: string): string {
  const email = canonicalEmail(typed);
  if (emailPattern.test(email) && email.length <= maxEmailLength) return email;
  throw new ConfigError(`--email: "${typed}" is not an email address`);
}
