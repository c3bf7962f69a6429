// CRDs of the projects that a store can use when the cluster has them, as those projects publish them. They are read from
// their Go modules when a test wants them, so that what the operator renders is validated by the schemas of the others.
import { join } from 'node:path';
import { downloadedModule, type PublishedModule } from './binaries/go-module.ts';
import { controlPlaneProgram } from './binaries/go-program.ts';
import { findGo, toolchainSearch } from './binaries/go-toolchain.ts';
import { realHost } from './binaries/host-probes.ts';

interface Publication extends PublishedModule {
  /** Where the files are in the module, up to the plural. */
  readonly prefix: string;
  readonly plurals: readonly string[];
}

const publications = {
  'cert-manager': {
    path: 'github.com/cert-manager/cert-manager@v1.21.2',
    sum: 'h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=',
    prefix: 'deploy/crds/cert-manager.io_',
    plurals: ['certificates', 'issuers', 'clusterissuers', 'certificaterequests'],
  },
  'gateway-api': {
    path: 'sigs.k8s.io/gateway-api@v1.6.1',
    sum: 'h1:mock6phZbI6rvZerwrVNk7hVNymQgHo+6sJ81Ia7ftY=',
    prefix: 'config/crd/standard/gateway.networking.k8s.io_',
    plurals: ['gatewayclasses', 'gateways', 'httproutes', 'listenersets', 'referencegrants'],
  },
  // The newest that the module proxy has: its major version 2 is no Go module by its path.
  'external-secrets': {
    path: 'github.com/external-secrets/external-secrets@v1.3.2',
    sum: 'h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=',
    prefix: 'config/crds/bases/external-secrets.io_',
    plurals: ['externalsecrets', 'secretstores', 'clustersecretstores'],
  },
  'prometheus-operator': {
    path: 'github.com/prometheus-operator/prometheus-operator@v0.93.1',
    sum: 'h1:4Juk8v93RdG1DSGD/mGp+SeQKPmnlLIj2iq3blLZgFY=',
    prefix: 'example/prometheus-operator-crd/monitoring.coreos.com_',
    plurals: ['servicemonitors', 'podmonitors', 'prometheusrules', 'probes'],
  },
} as const satisfies Record<string, Publication>;

/** A project whose CRDs can be had. */
export type CrdProject = keyof typeof publications;

/**
 * Paths of the files with the CRDs of a project, one a file.
 * @throws Error when there is no Go to fetch the module with, or it cannot be downloaded
 */
export async function publishedCrds(project: CrdProject): Promise<readonly string[]> {
  const onMessage = (line: string): void => void process.stderr.write(`${line}\n`);
  const go = await findGo(toolchainSearch(realHost(), controlPlaneProgram(), onMessage));
  if ('why' in go) {
    throw new Error(
      `no CRDs of ${project}: ${go.why}. Install Go (https://go.dev/dl), or pip, which can bring it`,
    );
  }
  const { prefix, plurals, ...module } = publications[project];
  const folder = await downloadedModule(go.file, module);
  return plurals.map((plural) => join(folder, `${prefix}${plural}.yaml`));
}
