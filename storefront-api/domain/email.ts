// One rule for what makes two addresses the same account: ASCII lower case, nothing else. `a+b@x` and `a@x` are two
// accounts and dots count, since only the receiving server knows better; addresses beyond ASCII are refused, since look-alike
// letters have led reset mails to strangers (CVE-2019-19844).

/** Longest address in characters, RFC 5321 section 4.5.3.1.3 as corrected by erratum 1690. */
export const maxEmailLength = 254;

/** The form in which an address is stored and looked up. Pure, idempotent. */
export function canonicalEmail(address: string): string {
  return address.toLowerCase();
}
