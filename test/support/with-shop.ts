// A seeded shop for the tests of a file that are about what is sold and ordered: nobody is limited, and an `Authorization` of
// `Bearer role:id` is believed.
import { afterAll, beforeAll } from 'vitest';
import { unlimited } from '../../storefront-api/middleware/rate-limit.ts';
import type { RunningApi } from '../../storefront-api/start-api.ts';
import { fakeAuthenticator } from './fake-authenticator.ts';
import { aConfig, asAdministrator, seededDatabase, settingsOf, startedApi } from './storefront.ts';

/** The shop of the current file; it is there from the first `beforeAll` on. */
export interface Shop {
  readonly api: RunningApi;
  readonly url: string;
  /** One statement as the administrator. */
  readonly sql: (text: string) => Promise<readonly unknown[]>;
}

/**
 * Starts the shop before the tests of the file and ends it after them.
 * @param poolSize connections to the database
 */
export function withShop({ poolSize = 4 } = {}): Shop {
  let running: { readonly api: RunningApi; readonly url: string } | undefined;
  const started = (): { readonly api: RunningApi; readonly url: string } => {
    if (running === undefined) throw new Error('the shop is not there yet');
    return running;
  };
  beforeAll(async () => {
    const url = await seededDatabase();
    const config = aConfig(url, { database: { ...settingsOf(url), poolSize } });
    const api = await startedApi(url, {
      config,
      authenticator: fakeAuthenticator,
      limiter: unlimited,
    });
    running = { api, url };
  });
  afterAll(() => running?.api.stop());
  return {
    get api() {
      return started().api;
    },
    get url() {
      return started().url;
    },
    sql: (text) => asAdministrator(started().url, text),
  };
}
