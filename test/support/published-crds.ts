import type { ClusterAccess } from '../../dev/cluster/cluster.ts';
import { type CrdProject, publishedCrds } from '../../dev/published-crds.ts';
import { mustRun } from './cluster.ts';

function asArguments(files: readonly string[]): string[] {
  return files.flatMap((file) => ['-f', file]);
}

/** Installs the CRDs of a project and waits until the API server serves them. Sharing tests must not remove them. */
export async function installPublishedCrds(
  cluster: ClusterAccess,
  project: CrdProject,
): Promise<void> {
  const files = asArguments(await publishedCrds(project));
  // Client-side apply would keep a copy in an annotation, which some of them are too large for.
  await mustRun(cluster, ['apply', '--server-side', '--force-conflicts', ...files]);
  await mustRun(cluster, ['wait', '--for=condition=Established', '--timeout=60s', ...files]);
}

/** Removes the CRDs of a project, and with them every object of theirs. */
export async function removePublishedCrds(
  cluster: ClusterAccess,
  project: CrdProject,
): Promise<void> {
  await mustRun(cluster, ['delete', '--timeout=60s', ...asArguments(await publishedCrds(project))]);
}
