// What PostgreSQL keeps of a password. Computed here, so that the password itself stands in no statement, and with that in
// no log of the server (`log_statement`) and in no view of running statements.
// RFC 5802 section 3 (SCRAM), RFC 7677 (SHA-256); the form of the text: https://www.postgresql.org/docs/current/catalog-pg-authid.html
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

/** Length of a salt; PostgreSQL draws as many, `SCRAM_DEFAULT_SALT_LEN` in its source. */
export const scramSaltBytes = 16;

/** Least number of iterations that RFC 7677 section 4 allows, and PostgreSQL's default. */
const iterations = 4096;

const keyBytes = 32;

/**
 * SASLprep (RFC 4013) leaves exactly these characters as they are, and clients differ in what they do with others.
 */
const unpreparedText = /^[ -~]+$/;

/** May the password be used without normalisation? */
export function isPlainPassword(password: string): boolean {
  return unpreparedText.test(password);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/**
 * The verifier of a password, as `CREATE ROLE ... PASSWORD` takes it. It tells whether a password is right and does not
 * tell the password; one that was drawn from 384 random bits cannot be guessed from it either. Pure.
 * @param password printable ASCII, see `isPlainPassword`
 */
export function scramVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password, salt, iterations, keyBytes, 'sha256');
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
  const serverKey = hmac(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
