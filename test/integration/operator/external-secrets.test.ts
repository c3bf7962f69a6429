// The test plays the controller of External Secrets: it writes the Secret and the state of the ExternalSecret. What the
// operator asks for is judged by the CRDs that the project publishes.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { mustRun, withNamespace, withOwnCluster } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { withOperator } from '../../support/operator.ts';
import { installPublishedCrds, removePublishedCrds } from '../../support/published-crds.ts';
import { condition, list, type LiveObject, read } from '../../support/stores.ts';

const sample = fileURLToPath(
  new URL('../../../crds/samples/external-secrets.yaml', import.meta.url),
);

/** What the contract gives the operator to notice. */
const noticeMs = 60_000;

const values: Readonly<Record<string, string>> = {
  'dhakacart/shop/dhaka/jwt': JSON.stringify({
    keys: [
      { kty: 'oct', alg: 'HS256', kid: '2026-01', k: Buffer.alloc(48, 1).toString('base64url') },
    ],
  }),
  'dhakacart/shop/dhaka/session': Buffer.alloc(48, 2).toString('base64'),
};

describe('secrets that External Secrets fetches', { timeout: 200_000 }, () => {
  const cluster = withOwnCluster();
  withOperator(cluster, { queue: { waitingDelayMs: 2_000 } });
  const namespace = withNamespace('fetched', cluster);
  const run = (args: readonly string[], input?: string): Promise<string> =>
    mustRun(cluster(), [...args, '-n', namespace()], input);
  const get = (object: string): Promise<LiveObject> => read(cluster(), [object, '-n', namespace()]);
  const judged = async (type: string) => condition(await get('dcs/dhaka'), type);
  const readyIs = (reason: string, message: RegExp): Promise<void> =>
    eventually(
      async () => {
        const found = await judged('SecretsReady');
        expect(found).toMatchObject({ reason });
        expect(found?.message).toMatch(message);
      },
      { timeoutMs: noticeMs },
    );

  /** With the name of the namespace that the sample was written for. */
  const remoteKey = ({ spec }: LiveObject): string =>
    String(spec.data[0].remoteRef.key).replace(`/${namespace()}/`, '/shop/');

  /** Puts a state on an ExternalSecret as its controller would. */
  async function report(name: string, ready: object): Promise<void> {
    const status = { conditions: [{ type: 'Ready', ...ready }] };
    const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
    await run(['patch', `externalsecret/${name}`, ...patch]);
  }

  /** Without a template the Secret gets the labels of its ExternalSecret, and its owner is that. */
  async function sync(name: string): Promise<void> {
    const asked = await get(`externalsecret/${name}`);
    const { apiVersion, kind, metadata, spec } = asked;
    const owner = { apiVersion, kind, name, uid: metadata.uid, controller: true };
    const manifest = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: spec.target.name, labels: metadata.labels, ownerReferences: [owner] },
      stringData: { [spec.data[0].secretKey]: values[remoteKey(asked)] },
    };
    await run(['apply', '--server-side', '-f', '-'], JSON.stringify(manifest));
    await report(name, { status: 'True', reason: 'SecretSynced', message: 'secret synced' });
  }

  it('wait for its installation, by name', async () => {
    const { metadata, ...store } = parse(readFileSync(sample, 'utf8')) as {
      metadata: { name: string };
      spec: object;
    };
    const manifest = { ...store, metadata: { name: metadata.name } };
    await run(['apply', '-f', '-'], JSON.stringify(manifest));
    await readyIs(
      'ExternalSecretsNotInstalled',
      /does not serve external-secrets.io\/v1; install External Secrets/,
    );
    expect(await judged('Stalled')).toMatchObject({ reason: 'ExternalSecretsNotInstalled' });
  });

  it('are asked for as soon as it is there, and say what their controller says', async () => {
    await installPublishedCrds(cluster(), 'external-secrets');
    await readyIs('ExternalSecretNotSynced', /ExternalSecret dhaka-extjwt: was not looked at yet/);
    // Its kind may be served a moment later than the other.
    const { spec } = await eventually(() => get('secretstore/dhaka-secretstore'));
    expect(spec.provider.aws).toMatchObject({ service: 'SecretsManager', region: 'ap-south-1' });
    const message = 'could not get secret data from provider';
    await report('dhaka-extsession', { status: 'False', reason: 'SecretSyncedError', message });
    await readyIs(
      'ExternalSecretNotSynced',
      /ExternalSecret dhaka-extsession: SecretSyncedError: could not get secret data from provider/,
    );
  });

  it('make the store Ready when they are there', async () => {
    await sync('dhaka-extjwt');
    await sync('dhaka-extsession');
    await run(['wait', '--for=condition=Ready', 'dcs/dhaka', '--timeout=60s']);
    expect(await judged('SecretsReady')).toMatchObject({ status: 'True' });
    const { secrets } = (await get('dcs/dhaka'))['status'];
    expect(secrets.slice(0, 2)).toMatchObject([
      { name: 'dhaka-extjwt', source: 'ExternalSecrets', keys: [{ kid: '2026-01' }] },
      { name: 'dhaka-extsession', source: 'ExternalSecrets' },
    ]);
    const volumes = (await get('deployment/dhaka-api'))['spec'].template.spec.volumes;
    expect(JSON.stringify(volumes)).toContain('"secretName":"dhaka-extsession"');
  });

  const versions = async (): Promise<readonly string[]> =>
    (await list(cluster(), 'externalsecrets,secretstores,deployments', ['-n', namespace()])).map(
      ({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`,
    );

  it('are written no more once they are as they should be', async () => {
    const before = await versions();
    const { resourceVersion } = (await get('dcs/dhaka')).metadata;
    await run(['annotate', 'dcs/dhaka', 'example.com/look=again']);
    await eventually(async () =>
      expect((await get('dcs/dhaka')).metadata.resourceVersion).not.toBe(resourceVersion),
    );
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(await versions()).toEqual(before);
  });

  it('are set back when somebody edits what is asked for', async () => {
    const patch = { spec: { refreshInterval: '5s' } };
    await run([
      'patch',
      'externalsecret/dhaka-extjwt',
      '--type=merge',
      '-p',
      JSON.stringify(patch),
    ]);
    await eventually(async () =>
      expect((await get('externalsecret/dhaka-extjwt'))['spec'].refreshInterval).toBe('15m0s'),
    );
  });

  it('tell of a fetch that fails later, while the shop goes on', async () => {
    const message = 'access denied';
    await report('dhaka-extjwt', { status: 'False', reason: 'SecretSyncedError', message });
    await readyIs('ExternalSecretNotSynced', /access denied; the values of before stay in force/);
    expect(await judged('Ready')).toMatchObject({ status: 'True' });
    await sync('dhaka-extjwt');
    await readyIs('SecretsPresent', /dhaka-extjwt/);
  });

  it('replace the pods when the session secret changes', async () => {
    const checksums = async (): Promise<unknown> =>
      (await get('deployment/dhaka-api'))['spec'].template.metadata.annotations;
    const before = await checksums();
    const secret = Buffer.from('another session secret of thirty-two bytes').toString('base64');
    await run([
      'patch',
      'secret/dhaka-extsession',
      '--type=merge',
      '-p',
      JSON.stringify({ data: { secret } }),
    ]);
    await eventually(async () => expect(await checksums()).not.toEqual(before));
  });

  it('survive the end of its API with a sentence, and heal when it is back', async () => {
    await removePublishedCrds(cluster(), 'external-secrets');
    await readyIs('ExternalSecretsNotInstalled', /install External Secrets/);
    expect(await judged('ApiReady')).toMatchObject({ status: 'True' });
    await installPublishedCrds(cluster(), 'external-secrets');
    await eventually(() => get('externalsecret/dhaka-extsession'), { timeoutMs: noticeMs });
    await sync('dhaka-extjwt');
    await sync('dhaka-extsession');
    await readyIs('SecretsPresent', /dhaka-extsession/);
  });

  it('are asked for no more when the mode changes', async () => {
    const secrets = { mode: 'Generated', externalSecrets: null };
    await run(['patch', 'dcs/dhaka', '--type=merge', '-p', JSON.stringify({ spec: { secrets } })]);
    // They stay until the API is rolled out without them.
    await eventually(
      async () => {
        const left = await list(cluster(), 'externalsecrets,secretstores', ['-n', namespace()]);
        expect(left).toEqual([]);
      },
      { timeoutMs: noticeMs },
    );
    await run(['wait', '--for=condition=Ready', 'dcs/dhaka', '--timeout=60s']);
    await readyIs('SecretsPresent', /Secrets dhaka-jwt, dhaka-session/);
  });
});
