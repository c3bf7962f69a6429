// Keys of access tokens that the operator rotates, under traffic on two replicas, each of which gets the file at its own time.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  nextRing,
  propagationSeconds,
  retirementSeconds,
} from '../../../../operator/jwt/key-ring.ts';
import { jwk, keySetText, readKeySet } from '../../../../operator/jwt/key-set.ts';
import { signingKeys } from '../../../../storefront-api/config.ts';
import type { RunningApi } from '../../../../storefront-api/start-api.ts';
import { eventually } from '../../../support/eventually.ts';
import { aConfig, fetchFrom, migratedDatabase, startedApi } from '../../../support/storefront.ts';
import { cookieOf, sendJson, signedInShopper } from '../../../support/shoppers.ts';

const keyReloadMs = 20;
const jwks = [jwk('first', Buffer.alloc(48, 1)), jwk('second', Buffer.alloc(48, 2))];
const [first] = jwks;

interface Token {
  readonly accessToken: string;
  readonly refreshCookie: string;
}

const kidOf = ({ accessToken }: Token): string =>
  (
    JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString()) as {
      kid: string;
    }
  ).kid;

describe('S10 keys that take over from each other', () => {
  let folder: string;
  let replicas: readonly RunningApi[] = [];
  const fileOf = (replica: number): string => join(folder, `jwks-${replica}.json`);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dhakacart-rotation-'));
    const url = await migratedDatabase();
    const text = JSON.stringify({ keys: [first] });
    replicas = await Promise.all(
      [0, 1].map(async (replica) => {
        await writeFile(fileOf(replica), text);
        const keys = { jwtKeysFile: fileOf(replica), signingKeys: signingKeys(text) };
        return startedApi(url, { config: aConfig(url, keys), keyReloadMs });
      }),
    );
  });
  afterAll(async () => {
    await Promise.all(replicas.map((api) => api.stop()));
    await rm(folder, { recursive: true });
  });

  const replica = (index: number): RunningApi => {
    const api = replicas[index % replicas.length];
    if (api === undefined) throw new Error('no replica');
    return api;
  };

  async function refreshed(api: RunningApi, { refreshCookie }: Token): Promise<Token> {
    const cookie = { headers: { cookie: refreshCookie } };
    const response = await sendJson(api, ['POST', '/api/auth/refresh'], cookie);
    expect(response.status).toBe(200);
    const { accessToken } = (await response.json()) as { accessToken: string };
    return { accessToken, refreshCookie: cookieOf(response, '__Host-refresh') };
  }

  const statusOf = async (api: RunningApi, { accessToken }: Token): Promise<number> => {
    const headers = { authorization: `Bearer ${accessToken}` };
    return (await fetchFrom(api, '/api/me', { headers })).status;
  };

  it('lose no session and refuse no token, and one of a key that is gone is refused', async () => {
    let newest: Token = await signedInShopper(replica(0));
    const tokens: Token[] = [newest];
    const refused: string[] = [];
    const end = new AbortController();
    let asked = 0;
    /** Asks both replicas with a token, as a browser might meet either. */
    const present = async (token: Token): Promise<void> => {
      for (const api of replicas) {
        asked += 1;
        if ((await statusOf(api, token)) !== 200) refused.push(kidOf(token));
      }
    };
    /** Each new token is presented, and so are old ones again and again. */
    const traffic = (async () => {
      for (let round = 0; !end.signal.aborted; round += 1) {
        newest = await refreshed(replica(round), newest);
        tokens.push(newest);
        for (const token of tokens.slice(-20)) await present(token);
      }
    })();

    const seen = readKeySet(JSON.stringify({ keys: [first] }), 0);
    let ring = seen.kind === 'read' ? seen.keys : [];
    const day = 86_400;
    let now = 30 * day;
    const wishes = { rotateEverySeconds: 30 * day, isRotationAsked: false, revokedKid: undefined };
    /** The kubelet of the second replica is later than the other; both are in time. */
    const step = async (afterSeconds: number): Promise<void> => {
      now += afterSeconds;
      ring = nextRing(ring, wishes, { now, kid: 'second' }).keys;
      for (const index of replicas.keys()) {
        await writeFile(fileOf(index), keySetText(ring, jwks));
        await new Promise((resolve) => setTimeout(resolve, 20 * keyReloadMs));
      }
    };

    await step(0);
    expect(kidOf(newest)).toBe('first');
    await step(propagationSeconds);
    await eventually(() => Promise.resolve(expect(kidOf(newest)).toBe('second')));
    expect(tokens.map(kidOf)).toContain('first');
    end.abort();
    await traffic;
    expect(asked).toBeGreaterThan(100);
    expect(refused).toEqual([]);

    await step(retirementSeconds);
    const old = tokens.find((token) => kidOf(token) === 'first') ?? newest;
    for (const api of replicas) {
      expect(await statusOf(api, old)).toBe(401);
      expect(await statusOf(api, newest)).toBe(200);
      newest = await refreshed(api, newest);
    }
  });
});
