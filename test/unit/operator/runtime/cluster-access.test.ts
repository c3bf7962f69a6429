import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { createAuthority, issueCertificate } from '../../../../dev/cluster/certificate.ts';
import { clusterAccess, loadKubeConfig } from '../../../../operator/runtime/cluster-access.ts';
import { systemClock } from '../../../../operator/runtime/clock.ts';
import { defaultSettings } from '../../../../operator/runtime/settings.ts';
import { Transport } from '../../../../operator/runtime/transport.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const authority = createAuthority('a cluster');
const serving = issueCertificate(authority, {
  subject: { commonName: 'apiserver' },
  usage: 'server',
  hosts: ['127.0.0.1'],
});

describe('access to a cluster', () => {
  let folder = '';
  let address = '';
  const waiting: (() => void)[] = [];
  /** Says which client asked, and where; `/hold` does so when it is let go. */
  const server = createServer(
    {
      cert: serving.certificate,
      key: serving.key,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    },
    (request, response) => {
      const user = (request.socket as TLSSocket).getPeerCertificate().subject.CN;
      const answer = (): unknown => response.end(JSON.stringify({ user, path: request.url }));
      if (request.url?.endsWith('/hold') === true) waiting.push(answer);
      else answer();
    },
  );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'dhakacart-access-'));
    await writeFile(join(folder, 'ca.crt'), authority.certificate);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  async function writeClient(commonName: string): Promise<void> {
    const pair = issueCertificate(authority, { subject: { commonName }, usage: 'client' });
    await writeFile(join(folder, 'client.crt'), pair.certificate);
    await writeFile(join(folder, 'client.key'), pair.key);
  }

  const clientCertificate = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };

  async function kubeconfig(serverUrl: string, user: object = clientCertificate): Promise<string> {
    const file = join(folder, 'kubeconfig');
    const cluster = { server: serverUrl, 'certificate-authority': 'ca.crt' };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'x',
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    };
    await writeFile(file, stringify(config));
    return file;
  }

  async function aTransport(path: string, clock = new FakeClock()) {
    const access = clusterAccess(loadKubeConfig(await kubeconfig(address + path)), clock);
    const settings = defaultSettings.transport;
    const transport = new Transport({
      access,
      settings,
      clock: systemClock,
      userAgent: 'operator',
    });
    return { transport, clock };
  }

  it('takes certificates up that were renewed on disk, and lets requests under way end', async () => {
    await writeClient('before');
    const { transport, clock } = await aTransport('');
    const held = transport.request({ method: 'GET', path: '/hold' });
    await expect.poll(() => waiting.length).toBe(1);

    await writeClient('after');
    await clock.advance(5_000);

    await expect(transport.request({ method: 'GET', path: '/x' })).resolves.toMatchObject({
      user: 'after',
    });
    waiting.splice(0).forEach((answer) => answer());
    await expect(held).resolves.toMatchObject({ user: 'before' });
    await transport.close();
  });

  it('asks a plugin anew after a 401, which gives a token without an end', async () => {
    const runs = join(folder, 'runs');
    const plugin = `
      require('node:fs').appendFileSync(${JSON.stringify(runs)}, '.');
      const token = require('node:fs').readFileSync(${JSON.stringify(runs)}, 'utf8').length;
      console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 't' + token } }));`;
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', plugin],
      interactiveMode: 'Never',
    };
    const clock = new FakeClock();
    const access = clusterAccess(loadKubeConfig(await kubeconfig(address, { exec })), clock);
    const token = async (): Promise<string | undefined> =>
      (await access.credentials()).headers['Authorization'];
    expect(await token()).toBe('Bearer t1');
    await clock.advance(5_000);
    expect(await token()).toBe('Bearer t1');
    access.forget();
    expect(await token()).toBe('Bearer t2');
  });

  it.each(['/k8s/clusters/c-1', '/k8s/clusters/c-1/'])(
    'may be below a path, %s, as proxies for many clusters have it',
    async (path) => {
      await writeClient('anybody');
      const { transport } = await aTransport(path);
      await expect(
        transport.request({ method: 'GET', path: '/api/v1/pods', query: { limit: '1' } }),
      ).resolves.toMatchObject({ path: '/k8s/clusters/c-1/api/v1/pods?limit=1' });
      await transport.close();
    },
  );

  it('is refused with a sentence when the server is no URL', async () => {
    const file = await kubeconfig('nowhere');
    expect(() => loadKubeConfig(file)).toThrow('server "nowhere" is not a URL');
  });
});
