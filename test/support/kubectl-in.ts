// kubectl as the tests of one namespace use it.
import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { mustRun } from './cluster.ts';
import { type LiveObject, read, storeManifest } from './stores.ts';

/** kubectl in a namespace; what belongs to the cluster is reached as well. */
export interface NamespacedKubectl {
  /** One object, as `deployment/shop-api`. */
  readonly get: (object: string) => Promise<LiveObject>;
  /** Any command; resolves to what it printed. */
  readonly run: (...args: readonly string[]) => Promise<string>;
  readonly apply: (manifest: object) => Promise<string>;
  readonly applyStore: (name: string, spec?: object) => Promise<string>;
  /** A merge patch: https://www.rfc-editor.org/rfc/rfc7386. */
  readonly merge: (object: string, patch: object, ...args: readonly string[]) => Promise<string>;
}

/** kubectl in a namespace of a cluster that are both known while tests run. */
export function kubectlIn(
  cluster: () => ClusterAccess,
  namespace: () => string,
): NamespacedKubectl {
  const scoped = (args: readonly string[], input?: string): Promise<string> =>
    mustRun(cluster(), [...args, '-n', namespace()], input);
  const applyText = (text: string): Promise<string> => scoped(['apply', '-f', '-'], text);
  return {
    get: (object) => read(cluster(), [object, '-n', namespace()]),
    run: (...args) => scoped(args),
    apply: (manifest) => applyText(JSON.stringify(manifest)),
    applyStore: (name, spec) => applyText(storeManifest(name, namespace(), spec)),
    merge: (object, patch, ...args) =>
      scoped(['patch', object, '--type=merge', '-p', JSON.stringify(patch), ...args]),
  };
}
