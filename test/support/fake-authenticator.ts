// Believes whatever a token says: `Bearer shopper:<user id>` or `Bearer staff:<user id>`.
import { unauthorized } from '../../storefront-api/errors.ts';
import type { Authenticator } from '../../storefront-api/middleware/authenticate.ts';

const pattern = /^Bearer (shopper|staff):([0-9a-f-]{36})$/;

/** The authenticator. */
export const fakeAuthenticator: Authenticator = {
  authenticate: ({ authorization }) => {
    if (authorization === '') return Promise.resolve(undefined);
    const [, role, userId] = pattern.exec(authorization) ?? [];
    if ((role !== 'shopper' && role !== 'staff') || userId === undefined) {
      return Promise.reject(unauthorized('this access token is not valid'));
    }
    return Promise.resolve({ userId, role, sessionId: userId });
  },
};
