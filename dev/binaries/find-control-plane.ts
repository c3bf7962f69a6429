import { runCommand } from '../cluster/run-command.ts';
import { dockerRung } from './docker-rung.ts';
import { controlPlaneProgram } from './go-program.ts';
import { goBuildRung } from './go-build.ts';
import { realHost } from './host-probes.ts';
import type { HostProbes } from './host-probes.ts';
import { climb } from './ladder.ts';
import type { LadderResult, Rung } from './ladder.ts';
import { assetsRung, cacheRung, kubeconfigRung } from './local-rungs.ts';
import { releaseSources } from './release-files.ts';
import { releaseRung } from './release-rung.ts';

/** Climbs the whole ladder on this machine; `onMessage` hears of downloads and builds. */
export function findControlPlane(onMessage: (line: string) => void): Promise<LadderResult> {
  return climb(controlPlaneRungs(realHost(), onMessage));
}

/** The rungs, cheapest and most explicit first. */
export function controlPlaneRungs(
  host: HostProbes,
  onMessage: (line: string) => void,
): readonly Rung[] {
  const program = controlPlaneProgram();
  return [
    { name: 'explicit kubeconfig', attempt: async () => kubeconfigRung(host) },
    { name: 'KUBEBUILDER_ASSETS', attempt: async () => assetsRung(host) },
    { name: 'cache folder', attempt: async () => cacheRung(host, program) },
    {
      name: 'upstream releases',
      attempt: () => releaseRung(program, { host, onMessage, sources: releaseSources }),
    },
    { name: 'Go build', attempt: () => goBuildRung(program, { host, onMessage }) },
    { name: 'Docker', attempt: () => dockerRung(host, runCommand) },
  ];
}
