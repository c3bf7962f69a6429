// Which passwords an account may have (OWASP ASVS 5.0, 6.2): 8 characters or more of any script, no rules of composition,
// but none that stand at the head of every list of guesses, and none that are the shop's or the owner's own name.
import { commonPasswords } from './common-passwords.ts';

/** Shortest and longest password in Unicode characters; ASVS 6.2.1 and 6.2.9 (at least 64 must be accepted). */
export const passwordLength = { min: 8, max: 256 } as const;

/** Shorter words occur in good passwords by chance. */
const minContextWordLength = 3;

/** Whose password it is to be. */
export interface PasswordContext {
  readonly email: string;
  readonly storeName: string;
}

/**
 * The form that is hashed: NFKC, as NIST SP 800-63B section 5.1.1.2 has it, so that one password is the same from every
 * keyboard (a Bangla vowel sign may be typed as one character or two). Pure, idempotent; never shortens to a prefix.
 */
export function normalizedPassword(password: string): string {
  return password.normalize('NFKC');
}

function contextWords({ email, storeName }: PasswordContext): readonly string[] {
  const [local = '', domain = ''] = email.toLowerCase().split('@');
  const words = ['dhakacart', storeName.toLowerCase(), local, domain, ...local.split(/[^a-z0-9]+/)];
  return words
    .filter((word) => word.length >= minContextWordLength)
    .toSorted((a, b) => b.length - a.length);
}

function lengthOf(text: string): number {
  return Array.from(text).length;
}

/** What is wrong with a new password, in words for its owner; undefined: nothing. Pure. */
export function passwordFault(password: string, context: PasswordContext): string | undefined {
  const text = normalizedPassword(password);
  const length = lengthOf(text);
  if (length < passwordLength.min) return `must have at least ${passwordLength.min} characters`;
  if (length > passwordLength.max) return `must have at most ${passwordLength.max} characters`;
  const lowered = text.toLowerCase();
  if (commonPasswords.has(lowered)) return 'is one of the most common passwords';
  const words = contextWords(context).filter((word) => lowered.includes(word));
  const rest = words.reduce((left, word) => left.replaceAll(word, ''), lowered);
  if (words.length > 0 && lengthOf(rest) < passwordLength.min) {
    return `must have ${passwordLength.min} characters besides the name of the shop and your email address`;
  }
  return undefined;
}
