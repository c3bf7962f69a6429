import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installOperatorRole } from '../../../dev/operator-role.ts';
import type { RunningOperator } from '../../../operator/app.ts';
import { withSettings, defaultSettings } from '../../../operator/runtime/settings.ts';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { startOperatorAs } from '../../support/operator.ts';
import {
  childResources,
  condition,
  list,
  type LiveObject,
  read,
  readyStore,
  storeManifest,
} from '../../support/stores.ts';

interface Key {
  readonly kid: string;
  readonly k: string;
  readonly iat?: number;
  readonly nbf?: number;
  readonly exp?: number;
}

const day = 86_400;
const now = (): number => Math.floor(Date.now() / 1000);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const sessionSecret = 'session-canary-session-canary-session-canary';
const ownerKey = (kid: string): Key & { readonly kty: string } => ({
  kid,
  k: Buffer.from(`jwt-canary-jwt-canary-jwt-canary-${kid}`).toString('base64url'),
  kty: 'oct',
});

describe('the secrets of a store', { timeout: 120_000 }, () => {
  const cluster = withOwnCluster();
  const namespace = withNamespace('secrets', cluster);
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line) => void lines.push(line) });
  const operators: RunningOperator[] = [];
  const startOperator = async (): Promise<void> => {
    const settings = withSettings(defaultSettings, { queue: { waitingDelayMs: 1_000 } });
    const kubeconfig = await installOperatorRole(cluster());
    // Both work at once: only the Secret itself keeps them from rotating twice.
    const flags = ['--leader-elect=false'];
    operators.push(await startOperatorAs(kubeconfig, { settings, log, flags }));
  };
  beforeAll(async () => {
    await startOperator();
    await startOperator();
  }, 400_000);
  afterAll(async () => {
    await Promise.all(operators.map((operator) => operator.stop()));
  });

  const run = (args: readonly string[], input?: string): Promise<string> =>
    mustRun(cluster(), [...args, '-n', namespace()], input);
  const get = (object: string): Promise<LiveObject> => read(cluster(), [object, '-n', namespace()]);
  const merge = (object: string, patch: object): Promise<string> =>
    run(['patch', object, '--type=merge', '-p', JSON.stringify(patch)]);
  const secretsReady = async (store: string) =>
    condition(await get(`dcs/${store}`), 'SecretsReady');
  const template = async (store: string): Promise<unknown> =>
    (await get(`deployment/${store}-api`))['spec'].template;

  async function keysOf(secret: string): Promise<readonly Key[]> {
    const { data } = await get(`secret/${secret}`);
    return (JSON.parse(Buffer.from(data['jwks.json'], 'base64').toString()) as { keys: Key[] })
      .keys;
  }

  const store = (secret: string, data: Readonly<Record<string, string>>): Promise<string> => {
    const manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: secret },
      stringData: data,
    };
    // Client-side apply would keep the values in an annotation.
    return run(['apply', '--server-side', '-f', '-'], JSON.stringify(manifest));
  };

  /** Lets time pass for one key: what it says of its times moves into the past. */
  async function age(secret: string, kid: string, seconds: number): Promise<void> {
    const keys = (await keysOf(secret)).map((key) => {
      if (key.kid !== kid) return key;
      const { iat = now(), nbf = now(), exp } = key;
      return {
        ...key,
        iat: iat - seconds,
        nbf: nbf - seconds,
        ...(exp !== undefined && { exp: exp - seconds }),
      };
    });
    await merge(`secret/${secret}`, { data: { 'jwks.json': base64(JSON.stringify({ keys })) } });
  }

  const kidsAre = (secret: string, expected: (kids: readonly string[]) => void): Promise<void> =>
    eventually(async () => expected((await keysOf(secret)).map(({ kid }) => kid)));
  const statesOf = async (name: string): Promise<readonly string[]> =>
    (await get(`dcs/${name}`))['status'].secrets
      .find((one: { name: string }) => one.name === `${name}-jwt`)
      .keys.map(({ kid, state }: { kid: string; state: string }) => `${kid} ${state}`);

  it('rotate by age, step by step, while no pod is replaced', async () => {
    await readyStore(cluster(), namespace(), 'aged');
    const before = await template('aged');
    const [first] = await keysOf('aged-jwt');
    const old = first?.kid ?? '';

    await age('aged-jwt', old, 31 * day);
    await kidsAre('aged-jwt', (kids) => expect(kids).toEqual([old, expect.any(String)]));
    const next = (await keysOf('aged-jwt'))[1]?.kid ?? '';
    expect(await statesOf('aged')).toEqual([`${old} Active`, `${next} Pending`]);

    await age('aged-jwt', next, 400);
    await kidsAre('aged-jwt', (kids) => expect(kids).toEqual([next, old]));
    await eventually(async () =>
      expect(await statesOf('aged')).toEqual([`${next} Active`, `${old} Retiring`]),
    );
    const [active, retiring] = await keysOf('aged-jwt');
    expect(retiring?.k).toBe(first?.k);
    expect(active?.k).not.toBe(first?.k);
    expect(retiring?.exp).toBeGreaterThan(now() + day);

    await age('aged-jwt', old, 2 * day);
    await kidsAre('aged-jwt', (kids) => expect(kids).toEqual([next]));
    expect(await template('aged')).toEqual(before);
    await eventually(async () => {
      const events = await list(cluster(), 'events.events.k8s.io', ['-n', namespace()]);
      const notes = events
        .filter(({ reason }) => reason === 'JwtKeysRotated')
        .map(({ note }) => String(note));
      expect(notes).toContainEqual(
        `keys of access tokens in Secret aged-jwt: ${next} signs now, ${old} verifies on`,
      );
    });
  });

  it('rotate once for each new value of the annotation, and drop the key that is named', async () => {
    await readyStore(cluster(), namespace(), 'asked');
    const old = (await keysOf('asked-jwt'))[0]?.kid ?? '';
    await run(['annotate', 'dcs/asked', 'dhakacart.io/rotate-jwt=first']);
    await kidsAre('asked-jwt', (kids) => expect(kids).toHaveLength(2));
    const next = (await keysOf('asked-jwt'))[1]?.kid ?? '';

    await run(['annotate', 'dcs/asked', `dhakacart.io/revoke-jwt=${old}`]);
    await kidsAre('asked-jwt', (kids) => expect(kids).toEqual([next]));
    await run(['annotate', 'dcs/asked', `dhakacart.io/revoke-jwt=${next}`, '--overwrite']);
    await kidsAre('asked-jwt', (kids) => {
      expect(kids).toHaveLength(1);
      expect([old, next]).not.toContain(kids[0]);
    });

    await run(['annotate', 'dcs/asked', 'dhakacart.io/rotate-jwt=second', '--overwrite']);
    await kidsAre('asked-jwt', (kids) => expect(kids).toHaveLength(2));
    // The wish is written down, so that another look does not begin again.
    const settled = (await get('secret/asked-jwt')).metadata.resourceVersion;
    await run(['annotate', 'dcs/asked', 'example.com/look=again']);
    await eventually(async () => expect((await statesOf('asked')).length).toBe(2));
    expect((await get('secret/asked-jwt')).metadata.resourceVersion).toBe(settled);
  });

  it('of the owner are waited for by name, and heal when they appear', async () => {
    const spec = {
      secrets: {
        mode: 'Existing',
        existing: { jwtSecretName: 'own-keys', sessionSecretName: 'own-session' },
      },
    };
    await run(['apply', '-f', '-'], storeManifest('owned', namespace(), spec));
    await eventually(async () => {
      const found = await get('dcs/owned');
      expect(condition(found, 'Stalled')).toMatchObject({ reason: 'MissingReference' });
      expect(condition(found, 'SecretsReady')?.message).toContain(
        `Secret own-keys does not exist in namespace ${namespace()}`,
      );
    });

    await store('own-keys', { 'jwks.json': '{"keys":[]}' });
    await store('own-session', { value: sessionSecret });
    await eventually(async () =>
      expect(await secretsReady('owned')).toMatchObject({
        reason: 'SecretUnusable',
        message: expect.stringMatching(
          /key jwks.json of Secret own-keys has no key; .*key secret of Secret own-session is missing/,
        ) as string,
      }),
    );

    await store('own-keys', { 'jwks.json': JSON.stringify({ keys: [ownerKey('a')] }) });
    await store('own-session', { secret: sessionSecret });
    await run(['wait', '--for=condition=Ready', 'dcs/owned', '--timeout=60s']);
    expect(await secretsReady('owned')).toMatchObject({ status: 'True' });
    const volumes = (await get('deployment/owned-api'))['spec'].template.spec.volumes;
    expect(JSON.stringify(volumes)).toContain('"secretName":"own-keys"');
    await expect(get('secret/owned-jwt')).rejects.toThrow('not found');
  });

  it('of the owner replace the pods when the session secret changes, and not for a key', async () => {
    const before = await template('owned');
    const look = (value: string) =>
      run(['annotate', 'dcs/owned', `example.com/look=${value}`, '--overwrite']);
    await store('own-keys', {
      'jwks.json': JSON.stringify({ keys: [ownerKey('b'), ownerKey('a')] }),
    });
    await look('keys');
    await eventually(async () => {
      const { secrets } = (await get('dcs/owned'))['status'];
      expect(secrets[0].keys).toMatchObject([{ kid: 'b' }, { kid: 'a' }]);
    });
    expect(await template('owned')).toEqual(before);

    await store('own-session', { secret: `${sessionSecret}-2` });
    await look('session');
    await eventually(async () => expect(await template('owned')).not.toEqual(before));
  });

  it('come back when the mode does', async () => {
    const drawn = await keysOf('aged-jwt');
    const existing = { jwtSecretName: 'own-keys', sessionSecretName: 'own-session' };
    await merge('dcs/aged', { spec: { secrets: { mode: 'Existing', existing } } });
    await eventually(async () =>
      expect(JSON.stringify(await template('aged'))).toContain('own-keys'),
    );
    await merge('dcs/aged', { spec: { secrets: { mode: 'Generated', existing: null } } });
    await eventually(async () =>
      expect(JSON.stringify(await template('aged'))).not.toContain('own-keys'),
    );
    expect(await keysOf('aged-jwt')).toEqual(drawn);
  });

  it('that cannot be read any more are drawn anew when they are deleted', async () => {
    await merge('secret/aged-jwt', { data: { 'jwks.json': base64('{"keys":') } });
    await eventually(async () =>
      expect((await secretsReady('aged'))?.message).toContain(
        `key jwks.json of Secret aged-jwt is not JSON; delete it, and it is drawn anew: kubectl delete secret aged-jwt -n ${namespace()}`,
      ),
    );
    expect(condition(await get('dcs/aged'), 'Ready')).toMatchObject({ status: 'True' });
    await run(['delete', 'secret/aged-jwt']);
    await eventually(async () =>
      expect(await secretsReady('aged')).toMatchObject({ status: 'True' }),
    );
    expect(await keysOf('aged-jwt')).toHaveLength(1);
  });

  it('show no value anywhere but in Secrets', async () => {
    const secrets = await list(cluster(), 'secrets', ['-n', namespace()]);
    const values = secrets.flatMap(({ metadata, data }) =>
      Object.entries((data ?? {}) as Record<string, string>)
        .filter(([key]) => ['secret', 'password', 'jwks.json', 'value'].includes(key))
        .map(([key, text]) => ({
          name: `${metadata.name} ${key}`,
          text: Buffer.from(text, 'base64').toString(),
        })),
    );
    const canaries = values.flatMap(({ text }) =>
      text.startsWith('{')
        ? (JSON.parse(text) as { keys: Key[] }).keys.map(({ k }) => k)
        : [text, base64(text)],
    );
    const kinds = `${childResources.replace('secrets,', '')},dcs,pods,replicasets,events.events.k8s.io`;
    const shown = [
      JSON.stringify(await list(cluster(), kinds, ['-n', namespace()])),
      JSON.stringify(secrets.map(({ metadata }) => metadata)),
      lines.join(''),
    ];

    expect(canaries.length).toBeGreaterThan(12);
    expect(lines.length).toBeGreaterThan(0);
    for (const canary of canaries)
      for (const text of shown) expect(text.includes(canary.slice(0, 20))).toBe(false);
  });
});
