import type { CommandResult } from '../cluster/cluster.ts';
import type { CommandSpecification } from '../cluster/run-command.ts';
import type { HostProbes } from './host-probes.ts';
import type { RungOutcome } from './ladder.ts';

const dockerTimeoutMs = 10_000;
const advice = 'install and start Docker together with kubectl: K3s runs in it';

/** The last resort: K3s in Docker, if Docker runs and kubectl is there to talk to it. */
export async function dockerRung(
  host: HostProbes,
  run: (command: CommandSpecification) => Promise<CommandResult>,
): Promise<RungOutcome> {
  const docker = host.which('docker');
  if (docker === undefined) return { skipped: 'docker is not installed', advice };
  const { code } = await run({ file: docker, args: ['info'], timeoutMs: dockerTimeoutMs });
  if (code !== 0) return { skipped: 'docker is installed, but its daemon does not answer', advice };
  if (host.which('kubectl') === undefined) {
    return { skipped: 'docker runs, but kubectl is not installed', advice };
  }
  return { found: { kind: 'k3s' }, because: 'K3s in Docker, because nothing else was found' };
}
