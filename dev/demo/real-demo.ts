// The demo with containers: the operator runs in the cluster, the shop's pods are real, and one can buy something.
import { shellLines } from '../shell-lines.ts';
import { smoke } from '../smoke-checks.ts';
import type { StepPrinter } from '../step-printer.ts';
import type { ClusterAccess } from '../cluster/cluster.ts';
import { childTree } from './child-tree.ts';
import { kubectl, sampleFor, seedCommand, storeName, waitUntilReady } from './demo-store.ts';
import type { Demo } from './demo.ts';
import type { PlatformOptions, ShopPlatform } from './shop-platform.ts';

/** Every browser finds it on this machine, without a change to any file (RFC 6761 section 6.3). */
const host = 'shop.localhost';

/** All load comes from one address, which may otherwise ask a thousand times in a quarter of an hour. */
const noBrowseLimit = JSON.stringify({
  spec: { security: { rateLimits: { browse: { requests: 1_000_000 } } } },
});

async function openShop(cluster: ClusterAccess, steps: StepPrinter): Promise<void> {
  const enforce = 'pod-security.kubernetes.io/enforce=restricted';
  await kubectl(cluster, ['label', 'namespace', 'default', enforce]);
  await kubectl(cluster, ['apply', '-f', '-'], sampleFor(host));
  steps.done(`kubectl apply -f crds/samples/minimal.yaml (for the host ${host})`);
  await waitUntilReady(cluster);
  steps.done(`store ${storeName} is Ready`);
  await kubectl(cluster, ['exec', `deployment/${storeName}-api`, '--', ...seedCommand]);
  steps.done('a catalogue to try things with');
}

async function certificateOf(cluster: ClusterAccess): Promise<string> {
  const path = 'jsonpath={.data.tls\\.crt}';
  const text = await kubectl(cluster, ['get', 'secret', `${storeName}-tls`, '-o', path]);
  return Buffer.from(text, 'base64').toString();
}

async function buy(cluster: ClusterAccess, base: URL, steps: StepPrinter): Promise<void> {
  const failed = await smoke(
    { base, ca: await certificateOf(cluster) },
    { mayBuy: true, onLine: (line) => steps.note(line) },
  );
  if (failed > 0) throw new Error(`${failed} checks of the shop failed: see above`);
  steps.done('npm run smoke: something was bought through the ingress');
}

async function showStore(cluster: ClusterAccess): Promise<void> {
  process.stdout.write(`\n${await kubectl(cluster, ['get', 'dcs'])}\n`);
  process.stdout.write(`${(await childTree(cluster, storeName)).join('\n')}\n\n`);
}

function advice({ address }: ShopPlatform, url: URL): string {
  return `The shop: ${url.href}
(its certificate is signed by itself, so the browser asks once whether you trust it)

Try next, in another terminal:

  ${shellLines(address).join('\n  ')}
  kubectl patch dcs ${storeName} --type=merge -p '${noBrowseLimit}'
  npm run load -- --url ${url.href} --seconds 120; kubectl get hpa --watch   # more pods under load
  kubectl delete pod -l app.kubernetes.io/component=api                      # the shop goes on
  kubectl patch dcs ${storeName} --type=merge -p '{"spec":{"api":{"image":"ghcr.io/dhakacart/nothing:1"}}}'
  kubectl describe dcs ${storeName}                                          # says what is wrong, and where
  kubectl patch dcs ${storeName} --type=merge -p '{"spec":{"api":{"image":""}}}'

Ctrl-C ends everything and leaves nothing behind.
`;
}

/** Starts it on the platform, buys something and shows the store. */
export async function realDemo(
  startPlatform: (options: PlatformOptions) => Promise<ShopPlatform>,
  steps: StepPrinter,
): Promise<Demo> {
  const platform = await startPlatform({
    onStep: (name) => steps.done(name),
    onMessage: (line) => steps.note(line),
  });
  try {
    await openShop(platform, steps);
    const url = new URL(`https://${host}:${await platform.openHttps()}/`);
    await buy(platform, url, steps);
    await showStore(platform);
    return { advice: advice(platform, url), stop: () => platform.stop() };
  } catch (error) {
    await platform.stop();
    throw error;
  }
}
