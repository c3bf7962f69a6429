import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: { server: string } }[];
}

/**
 * Writes a copy of a kubeconfig that goes through a proxy on 127.0.0.1, next to the original, and
 * returns its path. The same authority and address hold, so TLS is verified as before.
 */
export function kubeconfigThrough(
  kubeconfigPath: string,
  proxy: { readonly port: number },
): string {
  const config = parse(readFileSync(kubeconfigPath, 'utf8')) as Kubeconfig;
  for (const { cluster } of config.clusters) cluster.server = `https://127.0.0.1:${proxy.port}`;
  const path = `${kubeconfigPath}.through-${proxy.port}`;
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
