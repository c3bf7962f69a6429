import { expect } from 'vitest';
import { type RealShop, shopName, type ShopInTests, shopTest } from '../../support/real-shop.ts';
import { eventually } from '../../support/eventually.ts';
import { read } from '../../support/stores.ts';

/** A pod that is none of the store's, in the store's namespace; the image of the API brings a Node to ask with. */
const stranger = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'stranger', labels: { app: 'stranger' } },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'stranger',
        image: 'ghcr.io/dhakacart/storefront-api:1.0.0',
        command: ['/nodejs/bin/node', '-e', 'setInterval(() => undefined, 1000)'],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  },
});

/** Tries each door in turn: `open`, or why it is not. */
const knock = `
  const { connect } = require('node:net');
  const door = (address) => new Promise((resolve) => {
    const [host, port] = address.split(' ');
    const socket = connect({ host, port: Number(port), timeout: 3000 });
    const end = (word) => { socket.destroy(); resolve([address, word]); };
    socket.once('connect', () => end('open')).once('error', () => end('closed')).once('timeout', () => end('closed'));
  });
  Promise.all(process.argv.slice(1).map(door)).then((all) => console.log(JSON.stringify(Object.fromEntries(all))));`;

async function addressOf({ owned }: RealShop, component: string): Promise<string> {
  const pods = await owned('pods', component);
  const running = pods.find((pod) => pod['status'].phase === 'Running');
  return String(running?.['status'].podIP);
}

/** Which of these doors are open to a pod. */
async function doors(
  { run }: RealShop,
  from: string,
  named: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const node = ['exec', from, '--', '/nodejs/bin/node', '-e', knock];
  const found = JSON.parse(await run(...node, ...Object.values(named))) as Record<string, string>;
  return Object.fromEntries(Object.entries(named).map(([name, at]) => [name, found[at] ?? '']));
}

/** Who reaches whom, packet by packet. */
export function network(shop: ShopInTests): void {
  shopTest('lets nobody to its database and its metrics but whom it needs', shop, async (open) => {
    const { node, namespace, run } = open;
    const created = await node.kubectl(['-n', namespace, 'create', '-f', '-'], { input: stranger });
    expect(created.stderr).toBe('');
    await run('wait', '--for=condition=Ready', 'pod/stranger', '--timeout=60s');
    const [api, web, database] = await Promise.all(
      ['api', 'web', 'database'].map((component) => addressOf(open, component)),
    );
    const kubernetes = await read(node, ['service', 'kubernetes', '-n', 'default']);
    const everywhere = {
      api: `${api} 8080`,
      metrics: `${api} 9464`,
      page: `${web} 8080`,
      database: `${database} 5432`,
      apiServer: `${String(kubernetes['spec'].clusterIP)} 443`,
    };
    // A new pod is known to the network within a moment.
    await eventually(async () =>
      expect(await doors(open, 'pod/stranger', everywhere)).toEqual({
        api: 'open',
        metrics: 'closed',
        page: 'open',
        database: 'closed',
        apiServer: 'open',
      }),
    );
    expect(await doors(open, `deployment/${shopName}-api`, everywhere)).toMatchObject({
      page: 'closed',
      database: 'open',
      apiServer: 'closed',
    });
    await run('delete', 'pod', 'stranger', '--wait=false');
  });
}
