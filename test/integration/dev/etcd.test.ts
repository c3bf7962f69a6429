import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { expect, it } from 'vitest';
import { pkiPaths } from '../../../dev/cluster/pki.ts';
import { withOwnCluster } from '../../support/cluster.ts';

const cluster = withOwnCluster({ components: [], nodes: 0 });

/** An address of etcd, out of its own command line. */
function listensAt(flag: string): string {
  const args = ['-ww', '-o', 'args=', '-p', String(cluster().pids['etcd'])];
  const line = execFileSync('ps', args, { encoding: 'utf8' });
  return new RegExp(`--${flag}=(\\S+)`).exec(line)?.[1] ?? '';
}

interface Question {
  readonly url: string;
  readonly body?: string;
  readonly credentials?: { readonly cert: string; readonly key: string };
}

/** The status for somebody who trusts any server. */
function ask({ url, body, credentials }: Question): Promise<number | undefined> {
  const method = body === undefined ? 'GET' : 'POST';
  const options = { method, rejectUnauthorized: false, agent: false, ...credentials };
  return new Promise((resolve, reject) => {
    const call = request(url, options, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    call.on('error', reject).end(body);
  });
}

it('lets nobody but the API server at the data of a cluster', async () => {
  const clients = listensAt('listen-client-urls');
  const paths = pkiPaths(cluster().address.pkiFolder ?? '');
  const pem = (path: string): string => readFileSync(path, 'utf8');
  const apiServer = { cert: pem(paths.etcdClient), key: pem(paths.etcdClientKey) };
  expect(await ask({ url: `${clients}/version`, credentials: apiServer })).toBe(200);

  // What the cluster's own authority certifies is not enough.
  const stranger = { cert: pem(paths.serving), key: pem(paths.servingKey) };
  const range = { url: `${clients}/v3/kv/range`, body: '{"key":"AA==","range_end":"AA=="}' };
  for (const question of [
    range,
    { ...range, credentials: stranger },
    { url: `${clients}/version` },
    { url: `${listensAt('listen-peer-urls')}/members` },
  ]) {
    await expect(ask(question), question.url).rejects.toThrow(/alert|reset|hang up/);
  }
});
