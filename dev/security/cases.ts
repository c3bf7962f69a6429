// The security cases of the shop, by number and in one sentence each. Tests carry the number in their names; `write-table.ts`
// joins the two into docs/security.md. References: A = OWASP ASVS 5.0 requirement, API = OWASP API Security Top 10 2023.

/** One case. */
export interface SecurityCase {
  readonly id: string;
  readonly title: string;
  readonly reference: string;
  /** Why no test of this project carries the number (yet): what is missing, or where the duty lies. */
  readonly untested?: string;
}

/** A group of cases. */
export interface SecurityArea {
  readonly name: string;
  readonly cases: readonly SecurityCase[];
}

function area(
  name: string,
  rows: readonly (readonly [string, string, string, string?])[],
): SecurityArea {
  return {
    name,
    cases: rows.map(([id, title, reference, untested]) => ({
      id,
      title,
      reference,
      ...(untested !== undefined && { untested }),
    })),
  };
}

/** Every case, in order. */
export const securityAreas: readonly SecurityArea[] = [
  area('Tokens and sessions', [
    ['S01', 'A token that says `alg: none`, in any spelling, is refused', 'A9.1.2'],
    ['S02', 'A token signed with a public key as if it were a secret is refused', 'A9.1.2'],
    ['S03', 'A signature that is missing, cut or changed by one bit is refused', 'A9.1.1'],
    [
      'S04',
      'Tokens outside of their time, without an end or with times of a wrong type are refused',
      'A9.2.1',
    ],
    ['S05', 'Tokens of another issuer or for another audience are refused', 'A9.2.3'],
    ['S06', 'A refresh token is no access token, nor the reverse', 'A9.2.2'],
    [
      'S07',
      'A key id that is a path, SQL, a prototype or huge finds nothing and costs no I/O',
      'A9.1.3',
    ],
    ['S08', 'Keys and addresses of keys inside of a token are not looked at', 'A9.1.3'],
    ['S09', 'Header extensions that are not understood make a token invalid', 'RFC 7515 4.1.11'],
    ['S10', 'Old keys verify while they are in the ring, and not after', 'A9.1.1'],
    ['S11', 'The process does not start with a secret that is too short', 'A13.2.3'],
    ['S12', 'A sign-out holds on every replica within five seconds', 'A7.4.1'],
    ['S13', 'A changed or reset password ends the other sessions', 'A7.4.3'],
    ['S14', 'A disabled account loses access at once', 'A7.4.2'],
    ['S15', 'Staff can end the sessions of an account', 'A7.4.5'],
    [
      'S16',
      'A refresh token that comes back later ends its session and is logged',
      'RFC 9700 4.14',
    ],
    [
      'S17',
      'Refreshes with one token at once, or after a lost answer, get one successor',
      'RFC 9700 4.14',
    ],
    ['S18', 'Sessions end after their absolute life and after idleness', 'A7.3'],
    ['S19', 'No token appears in an address, a log line or an error', 'A14.2.1'],
    ['S20', 'The refresh cookie cannot be read, sent elsewhere or set by another host', 'A3.3'],
    ['S21', 'A sign-in makes a new session', 'A7.2.4'],
  ]),
  area('Passwords and accounts', [
    ['S22', 'Passwords are kept as argon2id of at least 19 MiB and two passes', 'A11.4.2'],
    ['S23', 'An older hash is renewed at sign-in', 'A11.4.2'],
    [
      'S24',
      'Long passwords, spaces, Bangla and emoji are accepted and never cut',
      'A6.2.8, A6.2.9',
    ],
    [
      'S25',
      'Passwords under eight characters are refused; nothing else is demanded of their make-up',
      'A6.2.1, A6.2.5',
    ],
    ['S26', 'Common passwords and words of the context are refused', 'A6.2.4, A6.2.11'],
    ['S27', 'A password that agrees in its first 72 bytes is another password', 'A6.2.9'],
    ['S28', 'The normal form of a password is decided once and stable', 'NIST SP 800-63B 5.1.1.2'],
    [
      'S29',
      'An unknown address and a wrong password cannot be told apart, by answer or by time',
      'A6.3.8',
    ],
    ['S30', 'Registering and resetting do not tell who has an account', 'A6.3.8'],
    ['S31', 'Mails of a reset go to the stored address only', 'CVE-2019-19844'],
    [
      'S32',
      'Reset tokens are random, hashed, short-lived, single-use, and end with a change of the password',
      'A6.5',
    ],
    ['S33', 'A change of the password needs the present one', 'A7.5.1'],
    ['S34', 'There is no default account', 'A6.3.2'],
    ['S35', 'Spellings of one address are one account, by a documented rule', 'A6.2'],
  ]),
  area('Brute force and abuse', [
    ['S36', 'The sixth sign-in within 15 minutes is refused and says when to come back', 'A6.3.1'],
    ['S37', 'Limits are shared by all replicas', 'A6.3.1'],
    ['S38', 'Guesses at one account from many addresses are limited', 'A6.3.1'],
    ['S39', 'Guesses at many accounts from one address are limited', 'A6.3.1'],
    ['S40', 'Nobody can lock the owner of an account out', 'A6.1.1'],
    ['S41', 'A success clears only the counter of its own pair', 'A6.3.1'],
    ['S42', 'Limits of sign-ins hold while the shared store is down', 'A6.3.1'],
    ['S43', 'Made-up forwarding headers do not change who is counted', 'A4.1.3, A15.3.4'],
    ['S44', 'IPv6 is counted by its /64, and an IPv4 address is one in both spellings', 'A6.3.1'],
    ['S45', 'Each class of requests has its own limit; health is exempt', 'A6.3.1'],
    ['S46', 'Reset and verification are limited like sign-ins', 'API2'],
    ['S47', 'A flood of password checks does not stop the other routes', 'A15.2.2'],
    [
      'S48',
      'Changes of carts and checkouts are limited for each client, whatever cart it names',
      'API6',
    ],
  ]),
  area('Authorisation', [
    ['S49', "Another shopper's order, cart or address is not found", 'A8.2.2, API1'],
    ['S50', 'A shopper may call no route of the staff', 'API5'],
    ['S51', 'Fields that nobody may set are refused', 'A15.3.3, API3'],
    ['S52', 'Answers hold declared fields only', 'A15.3.1'],
    ['S53', 'Headers and parameters do not change the method', 'A4.1.4'],
    ['S54', 'Methods that a route does not have are refused', 'A4.1.4, A13.4.4'],
    ['S55', 'HEAD and OPTIONS tell no more than GET', 'A4.1.4'],
    ['S56', 'A changed role holds from the next request', 'A8.3.2'],
  ]),
  area('Input', [
    ['S57', 'No text reaches the database as SQL', 'A1.2.4'],
    ['S58', 'Orders of lists come from a closed set', 'A1.2.4'],
    ['S59', 'Cursors are opaque and signed', 'A1.2'],
    ['S60', 'The NUL character is refused everywhere', 'A1.2'],
    ['S61', 'Text that is not well-formed Unicode is refused', 'A1.2'],
    ['S62', 'Numbers are whole, bounded, and spelt in one way', 'A1.4.2'],
    ['S63', 'Quantities are bounded, and sums cannot overflow', 'A1.4.2'],
    ['S64', 'A query parameter stands once', 'A15.3.7'],
    ['S65', 'A key of a JSON object stands once', 'RFC 8259 4'],
    ['S66', 'Prototypes cannot be polluted', 'A15.3.6'],
    ['S67', 'Bodies are bounded in size and depth, whatever they claim', 'A4.3'],
    ['S68', 'Only JSON in UTF-8 is read', 'A4.1.1'],
    ['S69', 'No pattern takes long, whatever the text', 'A1.3.12'],
    ['S70', 'No path leads out of what is served', 'A5.3.2'],
    ['S71', 'No value can begin a new header', 'A4.2'],
    ['S72', 'Values are decoded once', 'A1.1.1'],
    ['S73', 'Odd languages and clients are served like any other', 'A1.2'],
    ['S74', 'No bytes make the API fail: every answer is a success or names the mistake', 'A16.5'],
  ]),
  area('Browser', [
    [
      'S75',
      'Stored text is shown as text',
      'A3.2.2',
      'the page shows it; the API returns it unchanged, as JSON (S76)',
    ],
    ['S76', 'JSON is declared as such and is not sniffed', 'A3.2'],
    [
      'S77',
      'The content policy allows nothing inline',
      'A3.4.3',
      "the page's policy comes with the page; the API's own answers allow nothing at all (S80)",
    ],
    ['S78', 'Only listed origins may read answers', 'A3.4.2'],
    ['S79', 'Requests that another site makes a browser send are refused', 'A3.5.1'],
    [
      'S80',
      'Every answer carries the security headers, and none names the software',
      'A3.4.1, A13.4.6',
    ],
    ['S81', 'What is personal is stored in no cache', 'A14.3.2'],
    ['S82', 'Nothing that is not part of the key changes a cached answer', 'A14.2.5'],
    [
      'S83',
      'No parameter leads a browser to another site',
      'A3.7.2',
      'the API has no redirect and no parameter that names an address',
    ],
  ]),
  area('Transport and process', [
    ['S84', 'Requests with two readings are refused', 'A4.2.1'],
    ['S85', 'Slow senders and readers are cut off while others are served', 'A4.2'],
    ['S86', 'Idle connections are bounded', 'A4.2'],
    ['S87', 'A thousand requests on one connection are answered in order', 'A4.2'],
    ['S88', 'The database is spoken to over verified TLS', 'A12.3'],
    ['S89', 'Errors are problems of RFC 9457 and tell nothing of the inside', 'A16.5.1'],
    [
      'S90',
      'A failure that nobody handled is logged, and the process ends after its drain',
      'A16.5.4',
    ],
    ['S91', 'The log cannot be forged and holds no secret', 'A16.2.5, A16.4.1'],
    ['S92', 'Sign-ins, refusals and limits are logged with the request', 'A16.3'],
    ['S93', 'Health tells nothing, and metrics stay on the inner port', 'A13.4.5'],
    ['S94', 'The role of the API owns nothing and has time limits', 'A13.2.2'],
  ]),
  area('Business logic', [
    [
      'S95',
      'Nothing is sold twice, no order is made twice, and a key is used once',
      'A2.3.3, A2.3.4, A15.4.2',
    ],
    ['S96', 'Prices, currencies and steps cannot be chosen by the shopper', 'A2.3.1'],
  ]),
];
