import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTROL_PLANE_PROGRAMS, missingPrograms } from './control-plane-binaries.ts';
import type { ControlPlaneBinaries, ProgramCommand } from './control-plane-binaries.ts';
import { cachedProgramPath } from './go-program.ts';
import type { GoProgram } from './go-program.ts';
import type { HostProbes } from './host-probes.ts';
import { kubecpBinaries } from './kubecp.ts';
import type { RungOutcome } from './ladder.ts';

const REQUIRED_ASSETS = ['etcd', 'kube-apiserver', 'kubectl'] as const;

/** The file with kwok's rules in a folder of separate programs, as kwok's releases name it. */
export const STAGES_FILE = 'stage-fast.yaml';

/** A running cluster somebody names explicitly. KUBECONFIG is not read: it may be production. */
export function kubeconfigRung(host: HostProbes): RungOutcome {
  const path = host.env['DHAKACART_KUBECONFIG'];
  if (path === undefined || path === '') return { skipped: 'DHAKACART_KUBECONFIG is not set' };
  if (!host.exists(path))
    return { skipped: `DHAKACART_KUBECONFIG names ${path}, which is not there` };
  const because = `the running cluster of ${path}, because DHAKACART_KUBECONFIG names it`;
  return { found: { kind: 'kubeconfig', path }, because };
}

/** The folder that envtest-based projects use. */
export function assetsRung(host: HostProbes): RungOutcome {
  const folder = host.env['KUBEBUILDER_ASSETS'];
  if (folder === undefined || folder === '') return { skipped: 'KUBEBUILDER_ASSETS is not set' };
  const absent = REQUIRED_ASSETS.filter((name) => !host.exists(join(folder, name)));
  if (absent.length > 0) {
    return { skipped: `KUBEBUILDER_ASSETS names ${folder}, which lacks ${absent.join(', ')}` };
  }
  const binaries = folderBinaries(folder, host);
  const missing = missingPrograms(binaries);
  const without = missing.length === 0 ? '' : ` (without ${missing.join(', ')}: not there)`;
  const because = `the programs in ${folder}, because KUBEBUILDER_ASSETS names it${without}`;
  return { found: { kind: 'binaries', binaries }, because };
}

/** What an earlier build left behind. */
export function cacheRung(host: HostProbes, program: GoProgram): RungOutcome {
  const file = cachedProgramPath(program, host);
  if (!host.exists(file)) return { skipped: `nothing at ${file} yet` };
  const because = `${program.title} built earlier, from the cache folder (${file})`;
  return { found: { kind: 'binaries', binaries: kubecpBinaries(file) }, because };
}

/** Separate programs in one folder; kwok counts only together with its rules. */
export function folderBinaries(
  folder: string,
  host: Pick<HostProbes, 'exists'>,
): ControlPlaneBinaries {
  const stages = join(folder, STAGES_FILE);
  const hasStages = host.exists(stages);
  const present = CONTROL_PLANE_PROGRAMS.filter(
    (name) => host.exists(join(folder, name)) && (name !== 'kwok' || hasStages),
  );
  const entries = present.map((name): [string, ProgramCommand] => [
    name,
    { file: join(folder, name), args: [] },
  ]);
  const commands = Object.fromEntries(entries);
  return hasStages ? { commands, kwokStages: () => readFile(stages, 'utf8') } : { commands };
}
