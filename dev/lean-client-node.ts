// Leaves out of a bundle what the base class of the operator would bring and nobody calls: the generated clients of
// client-node, and gaxios with a second implementation of fetch and of URLs. The operator speaks raw JSON
// (operator/runtime/transport.ts) and overrides the methods that would use them; KubeConfig stays. docs/adr/0008 has the
// figures.
import { dirname, join, sep } from 'node:path';
import type { Plugin } from 'esbuild';

const clientNode = '@kubernetes/client-node';
const insideOf = (name: string): string => ['', 'node_modules', ...name.split('/'), ''].join(sep);

/**
 * What the base class is given instead. It constructs one `CoreV1Api` and never calls it; operator/store-operator.ts
 * overrides the methods that would use the rest, and operator-base-contract.test.ts pins which names those are.
 */
const forOperatorBase: Readonly<Record<string, string>> = {
  [clientNode]: `
    export { KubeConfig } from '${clientNode}';
    export class CoreV1Api {}
    const leftOut = (name) => () => { throw new Error(name + ' is not part of this bundle'); };
    export const loadYaml = leftOut('loadYaml');
    export const Watch = leftOut('Watch');
    export const ApiextensionsV1Api = leftOut('ApiextensionsV1Api');
  `,
  gaxios: `
    export const instance = {
      request: () => Promise.reject(new Error('gaxios is not part of this bundle')),
    };
  `,
};

/** The plugin. */
export const leanClientNode: Plugin = {
  name: 'lean-client-node',
  setup(build) {
    const namespace = 'lean-client-node';
    build.onResolve({ filter: /./ }, ({ importer, path }) =>
      importer.includes(insideOf('@dot-i/k8s-operator')) && path in forOperatorBase
        ? { path, namespace }
        : undefined,
    );
    build.onResolve({ filter: new RegExp(`^${clientNode}$`) }, async (asked) => {
      if (asked.pluginData === namespace) return undefined;
      const found = await build.resolve(asked.path, {
        kind: asked.kind,
        resolveDir: asked.resolveDir,
        pluginData: namespace,
      });
      return { ...found, sideEffects: false };
    });
    // Its modules declare classes and nothing else, which the package does not say.
    build.onResolve({ filter: /^\.{1,2}\// }, ({ importer, path }) =>
      importer.includes(insideOf(clientNode))
        ? { path: join(dirname(importer), path), sideEffects: false }
        : undefined,
    );
    build.onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: forOperatorBase[path] ?? '',
      resolveDir: process.cwd(),
    }));
  },
};
