// `spec.security`: what the operator hands to the API as configuration. The defaults of rate limits and sessions are
// the ones of the project this one replaces (100 per 15 minutes, 5 logins per 15 minutes, sessions of 24 hours);
// browsing has a wider class of its own, since mobile carriers put many shoppers behind one address.
import { z } from 'zod';
import { httpsOriginPattern, patternedString, uniqueList } from './formats.ts';
import { ruled, type Rule } from './rules.ts';

const rateLimit = (requests: number, what: string) =>
  z
    .object({
      requests: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(requests)
        .describe('Requests allowed in one window.'),
      windowSeconds: z
        .int()
        .min(1)
        .max(86_400)
        .default(900)
        .describe('Length of the window in seconds.'),
    })
    .prefault({})
    .describe(what);

// Browsers leave the scheme's own port out (RFC 6454 section 6.2), so such an origin would never match.
const withoutDefaultPort: Rule<string> = {
  cel: "!self.endsWith(':443')",
  holds: (origin) => !origin.endsWith(':443'),
  message: 'must not name port 443, which browsers leave out of an origin: remove :443',
};

const origin = ruled(
  patternedString(
    272,
    httpsOriginPattern,
    'must be an origin such as https://app.example.com or https://app.example.com:8443, lower case, without path',
  ),
  withoutDefaultPort,
);

interface Sessions {
  readonly absoluteSeconds: number;
  readonly accessTokenSeconds: number;
  readonly idleSeconds: number;
}

const notLonger = (shorter: keyof Sessions, longer: keyof Sessions): Rule<Sessions> => ({
  cel: `self.${shorter} <= self.${longer}`,
  holds: (sessions) => sessions[shorter] <= sessions[longer],
  message: `must not exceed ${longer}: lower ${shorter} or raise ${longer}`,
  field: shorter,
});

/** No access token lives longer, whatever a store says. */
export const maxAccessTokenSeconds = 86_400;

const sessions = ruled(
  z.object({
    absoluteSeconds: z
      .int()
      .min(300)
      .max(2_592_000)
      .default(86_400)
      .describe('Longest life of a session, however busy it is.'),
    accessTokenSeconds: z
      .int()
      .min(60)
      .max(maxAccessTokenSeconds)
      .default(900)
      .describe('Life of an access token; a stolen one works this long.'),
    idleSeconds: z
      .int()
      .min(60)
      .max(2_592_000)
      .default(43_200)
      .describe('Ends a session that was not used for this long.'),
  }),
  notLonger('accessTokenSeconds', 'idleSeconds'),
  notLonger('idleSeconds', 'absoluteSeconds'),
)
  .prefault({})
  .describe('How long a shopper stays signed in.');

/** Schema of `spec.security`. */
export const securitySpec = z
  .object({
    cors: z
      .object({
        allowedOrigins: uniqueList(origin, 50)
          .default([])
          .describe(
            'Origins of other sites whose pages may call the API: https://host or https://host:port, no path. ' +
              "The store's own hosts are always allowed.",
          ),
      })
      .prefault({})
      .describe('Cross-origin access to the API.'),
    rateLimits: z
      .object({
        browse: rateLimit(1000, 'Reading the catalogue.'),
        write: rateLimit(100, 'Changing carts, addresses and accounts.'),
        login: rateLimit(5, 'Attempts to sign in or to register.'),
        reset: rateLimit(5, 'Requests to reset a password or to verify an address.'),
        checkout: rateLimit(20, 'Placing orders.'),
      })
      .prefault({})
      .describe('Requests per client address and class.'),
    sessions,
    trustedProxyHops: z
      .int()
      .min(0)
      .max(10)
      .default(1)
      .describe('Proxies in front of the API whose X-Forwarded-For entries are believed.'),
  })
  .prefault({})
  .describe('Limits and origins that the API enforces.');
