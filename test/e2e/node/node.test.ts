import { once } from 'node:events';
import { request } from 'node:https';
import { connect } from 'node:net';
import { beforeAll, expect, it } from 'vitest';
import { createAuthority, issueCertificate } from '../../../dev/cluster/certificate.ts';
import { NODE_PARTS } from '../../../dev/node/real-node.ts';
import { mustRun, withNamespace } from '../../support/cluster.ts';
import { eventually } from '../../support/eventually.ts';
import { describeNode, probeArchive, withNode } from '../../support/real-node.ts';
import { networkMatrix } from './network-matrix.ts';
import { autoscaler, friendsOnly, ingress, tlsSecret, webServer, writer } from './probe-pods.ts';

const host = 'shop.example.test';

describeNode('a node of containers', () => {
  const node = withNode();
  const namespace = withNamespace('node', node);

  const kubectl = (...args: string[]): Promise<string> =>
    mustRun(node(), ['-n', namespace(), ...args]);
  const create = (...items: object[]): Promise<string> => {
    const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
    return mustRun(node(), ['-n', namespace(), 'create', '-f', '-'], list);
  };
  const rolledOut = (kind: string, name: string): Promise<string> =>
    kubectl('rollout', 'status', `${kind}/${name}`, '--timeout=60s');
  /** What a pod gets, in its own words; the exit code is in them. */
  const ask = async (pod: string, ...args: string[]): Promise<string> => {
    const line = ['-n', namespace(), 'exec', pod, '--', '/probe', ...args];
    const { stdout, stderr } = await node().kubectl(line);
    return `${stdout}${stderr}`;
  };

  beforeAll(async () => {
    await node().importImage(await probeArchive());
    await create(...webServer('web'), ...webServer('stranger'), ...webServer('friend'));
    await kubectl('label', 'deployment', '--all', 'made-by=test');
    const patch = '{"spec":{"template":{"metadata":{"labels":{"friend":"yes"}}}}}';
    await kubectl('patch', 'deployment', 'friend', '-p', patch);
    for (const name of ['web', 'stranger', 'friend']) await rolledOut('deployment', name);
  });

  it('runs an imported image, and its pod answers through a door', async () => {
    const address = await kubectl(
      'get',
      'pod',
      '-l',
      'app=web',
      '-o',
      'jsonpath={.items[0].status.podIP}',
    );
    const port = await node().openDoor(address, 8_080);
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect(await answer.text()).toMatch(/^hello from web-/);
    await node().closeDoor(port);
    await expect(connected(port)).rejects.toThrow('ECONNREFUSED'); // fetch may still hold a connection
  });

  it('resolves names of Services for pods, and Services reach pods', async () => {
    const name = `web.${namespace()}.svc.cluster.local`;
    await eventually(async () =>
      expect(await ask('deploy/friend', 'resolve', name)).toMatch(/198\.18\.128\./),
    );
    // The rules of a new Service take a moment.
    await eventually(async () =>
      expect(await ask('deploy/friend', 'get', 'http://web/')).toMatch(/^200 hello from web-/),
    );
    expect(await ask('deploy/web', 'get', 'http://web/')).toMatch(/^200/); // through the bridge and back
    expect(await ask('deploy/friend', 'resolve', 'example.com')).toContain('failed');
  });

  it('keeps a NetworkPolicy', async () => {
    expect(await ask('deploy/stranger', 'get', 'http://web/')).toMatch(/^200/);
    await create(friendsOnly('web'));
    await eventually(async () =>
      expect(await ask('deploy/stranger', 'get', 'http://web/')).toContain('failed'),
    );
    expect(await ask('deploy/friend', 'get', 'http://web/')).toMatch(/^200/);
    const ready = await kubectl('get', 'deploy', 'web', '-o', 'jsonpath={.status.readyReplicas}');
    expect(ready).toBe('1'); // probes come from the node, which the policy does not keep away
    await kubectl('delete', 'networkpolicy', 'friends-only');
    await eventually(async () =>
      expect(await ask('deploy/stranger', 'get', 'http://web/')).toMatch(/^200/),
    );
  });

  networkMatrix(node);

  it('measures pods, for people and for autoscalers', async () => {
    await create(autoscaler('web'));
    await eventually(async () => expect(await kubectl('top', 'pod')).toContain('web-'), {
      timeoutMs: 60_000,
    });
    await eventually(
      async () => {
        const current = [
          'jsonpath={.status.currentMetrics[0].resource.current.averageUtilization}',
        ];
        expect(await kubectl('get', 'hpa', 'web', '-o', ...current)).toMatch(/^\d+$/);
      },
      { timeoutMs: 60_000 },
    );
    await kubectl('delete', 'hpa', 'web');
  });

  it('gives a claim a volume that a pod without root writes to, and takes it back', async () => {
    await create(writer('database', 'kept'));
    await rolledOut('statefulset', 'database');
    expect(await ask('database-0', 'write', '/data/again', 'written')).toContain(
      '10001 wrote written',
    );
    const volume = await kubectl(
      'get',
      'pvc',
      'data-database-0',
      '-o',
      'jsonpath={.spec.volumeName}',
    );
    await kubectl('delete', 'pod', 'database-0');
    await rolledOut('statefulset', 'database');
    await kubectl('delete', 'statefulset', 'database');
    await eventually(async () => {
      const { stderr } = await node().kubectl(['get', 'pv', volume]);
      expect(stderr).toContain('NotFound');
    });
  });

  it('answers for an Ingress with its certificate, through a door', async () => {
    const authority = createAuthority('test');
    const subject = { commonName: host };
    const pair = issueCertificate(authority, { subject, usage: 'server', hosts: [host] });
    await create(tlsSecret('web', pair), ingress('web', host));
    const port = await node().openDoor(node().nodeAddress, 443);
    await eventually(async () => {
      const { status, text } = await securely(port, authority.certificate);
      expect(`${status} ${text}`).toMatch(/^200 hello from web-/);
    });
    const plain = await node().openDoor(node().nodeAddress, 80);
    const headers = { host };
    const answer = await fetch(`http://127.0.0.1:${plain}/`, { headers, redirect: 'manual' });
    expect(answer.status).toBe(301);
    expect(answer.headers.get('location')).toBe('https://127.0.0.1/');
  });

  it('goes on when its parts are killed and come again', async () => {
    const before = await kubectl('get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}');
    const service = await kubectl('get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}');
    const door = await node().openDoor(service, 80);
    for (const part of NODE_PARTS) {
      const { pids } = node();
      await node().restartPart(part);
      expect(node().pids[part]).not.toBe(pids[part]);
      expect((await fetch(`http://127.0.0.1:${door}/`)).status).toBe(200);
    }
    await node().restart('kube-apiserver');
    await node().restart('etcd');
    expect((await fetch(`http://127.0.0.1:${door}/`)).status).toBe(200);
    // The kubelet looks at its pods anew before it lets anybody in.
    await eventually(async () =>
      expect(await ask('deploy/friend', 'get', 'http://web/')).toMatch(/^200/),
    );
    expect(await kubectl('get', 'pods', '-o', 'jsonpath={.items[*].metadata.uid}')).toBe(before);
  });
});

async function connected(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
}

function securely(port: number, ca: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      ca,
      servername: host,
      headers: { host },
      agent: false,
    };
    request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    })
      .on('error', reject)
      .end();
  });
}
