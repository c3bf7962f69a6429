// A shop on a node of containers, behind the node's ingress, for test files of the end-to-end project. The node, the
// operator and the store are made once for a file, since that takes a minute.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, it } from 'vitest';
import { kubectl, seedCommand } from '../../dev/demo/demo-store.ts';
import { startShopNode } from '../../dev/demo/shop-platform.ts';
import { operatorNamespace, operatorRelease } from '../../dev/helm-command.ts';
import type { RealNode } from '../../dev/node/real-node.ts';
import { type Ask, asker, type SmokeTarget } from '../../dev/smoke-checks.ts';
import { mustRun } from './cluster.ts';
import { list, type LiveObject, read } from './stores.ts';

/** Name of the store. */
export const shopName = 'dhaka';
const host = 'shop.localhost';
const httpsPort = 443;
const startTimeoutMs = 480_000;

/** The first is what the shop opens with. */
export const releases = ['1.0.0', '1.1.0'] as const;

/** Two pods are the fewest that can be rolled and lost without anybody noticing; requests that fit on two cores. */
const autoscaling = { minReplicas: 2, maxReplicas: 2 };
// The autoscaler looks at the memory too: with a smaller request it would keep the pods of a load that is over.
const small = { requests: { cpu: '50m', memory: '256Mi' } };
const generous = { requests: 1_000_000 };

/** The spec with which each test begins. The limits let one address do what the tests do in a few minutes. */
export const shopSpec = {
  version: releases[0],
  hosts: [host],
  api: { autoscaling, resources: small },
  web: { autoscaling, resources: { requests: { cpu: '20m', memory: '32Mi' } } },
  database: { managed: { resources: { requests: { cpu: '100m', memory: '128Mi' } } } },
  security: { rateLimits: { browse: generous, write: generous, checkout: generous } },
};

/** An open shop. */
export interface RealShop {
  readonly node: RealNode;
  readonly namespace: string;
  /** Where it answers over TLS, and the certificate that it should have. */
  readonly target: SmokeTarget;
  readonly ask: Ask;
  /** kubectl in the shop's namespace; may take five minutes. */
  readonly run: (...args: readonly string[]) => Promise<string>;
  readonly get: (object: string) => Promise<LiveObject>;
  /** Objects of the store. */
  readonly owned: (kinds: string, component?: string) => Promise<readonly LiveObject[]>;
  /** Gives the store this spec, whatever it was before. */
  readonly specify: (spec: object) => Promise<void>;
  readonly waitUntilReady: () => Promise<void>;
  /** SIGKILL for the program of a pod's container. */
  readonly killProgram: (namespace: string, pod: string) => Promise<void>;
}

async function openShop(node: RealNode): Promise<RealShop> {
  const namespace = `shop-${randomBytes(4).toString('hex')}`;
  await mustRun(node, ['create', 'namespace', namespace]);
  const enforce = 'pod-security.kubernetes.io/enforce=restricted';
  await mustRun(node, ['label', 'namespace', namespace, enforce]);
  const store = {
    apiVersion: 'dhakacart.io/v1alpha1',
    kind: 'DhakaCartStore',
    metadata: { name: shopName, namespace },
    spec: shopSpec,
  };
  await mustRun(node, ['create', '-f', '-'], JSON.stringify(store));
  const run = (...args: readonly string[]): Promise<string> =>
    kubectl(node, ['-n', namespace, ...args]);
  const waitUntilReady = async (): Promise<void> =>
    void (await run('wait', '--for=condition=Ready', `dcs/${shopName}`, '--timeout=300s'));
  await waitUntilReady();
  await run('exec', `deployment/${shopName}-api`, '--', ...seedCommand);
  const port = await node.openDoor(node.nodeAddress, httpsPort);
  const certificate = ['get', 'secret', `${shopName}-tls`, '-o', 'jsonpath={.data.tls\\.crt}'];
  const ca = Buffer.from(await run(...certificate), 'base64').toString();
  const target = { base: new URL(`https://${host}:${port}/`), ca };
  return {
    node,
    namespace,
    target,
    ask: asker(target),
    run,
    waitUntilReady,
    get: (object) => read(node, [object, '-n', namespace]),
    owned: (kinds, component) => {
      const ofPart = component === undefined ? '' : `,app.kubernetes.io/component=${component}`;
      const selector = `app.kubernetes.io/instance=${shopName}${ofPart}`;
      return list(node, kinds, ['-n', namespace, '-l', selector]);
    },
    specify: async (spec) => {
      const patch = JSON.stringify([{ op: 'replace', path: '/spec', value: spec }]);
      await run('patch', `dcs/${shopName}`, '--type=json', '-p', patch);
    },
    killProgram: (where, pod) => killProgram(node, where, pod),
  };
}

async function killProgram(node: RealNode, namespace: string, pod: string): Promise<void> {
  const { status } = await read(node, ['pod', pod, '-n', namespace]);
  const id = String(status.containerStatuses[0].containerID).replace('containerd://', '');
  const kill = `kill -KILL $(grep -l ${id} /proc/[0-9]*/cgroup | cut -d/ -f3)`;
  const { code, stderr } = await node.runInside('sh', ['-c', kill]);
  if (code !== 0) throw new Error(`cannot kill the program of ${pod}: ${stderr}`);
}

const operatorPods = `app.kubernetes.io/name=${operatorRelease}`;
const accountLines = 80;

/** What a person would look at first; never throws. */
async function account(node: RealNode): Promise<string> {
  const looks = [
    ['describe', 'dcs', '--all-namespaces'],
    ['get', 'pods', '--all-namespaces', '-o', 'wide'],
    ['get', 'events', '--all-namespaces', '--sort-by=.lastTimestamp'],
    ['logs', '-n', operatorNamespace, '--prefix', '--tail=40', `--selector=${operatorPods}`],
    ['logs', '-n', 'ingress', 'deployment/traefik', '--tail=20'],
  ];
  const parts = await Promise.all(
    looks.map(async (args) => {
      const { stdout, stderr } = await node.kubectl(args);
      const lines = `${stdout}${stderr}`.trim().split('\n').slice(-accountLines);
      return `$ kubectl ${args.join(' ')}\n${lines.join('\n')}`;
    }),
  );
  return parts.join('\n\n');
}

async function withAccount<Result>(node: RealNode, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (error) {
    // The error itself is kept: its stack and its differences are shown beside the message.
    if (error instanceof Error) error.message += `\n\n${await account(node)}`;
    throw error;
  }
}

/** Gives the open shop inside of tests. */
export type ShopInTests = () => RealShop;

/** A shop for the tests of the current `describe`; each begins with a Ready store of `shopSpec`. */
export function withRealShop(): ShopInTests {
  let node: RealNode | undefined;
  let shop: RealShop | undefined;
  beforeAll(async () => {
    const started = await startShopNode({ storefrontVersions: releases });
    node = started;
    shop = await withAccount(started, () => openShop(started));
  }, startTimeoutMs);
  afterAll(() => node?.stop());
  const current = (): RealShop => {
    if (shop === undefined) throw new Error('the shop exists inside of tests and hooks only');
    return shop;
  };
  beforeEach(() =>
    withAccount(current().node, async () => {
      await current().specify(shopSpec);
      await current().waitUntilReady();
    }),
  );
  return current;
}

/** `it` for the shop: a failure tells how the shop, its pods and the operator were. */
export function shopTest(
  name: string,
  shop: ShopInTests,
  action: (shop: RealShop) => Promise<void>,
): void {
  it(name, () => withAccount(shop().node, () => action(shop())));
}
