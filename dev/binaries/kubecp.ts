import { runCommand } from '../cluster/run-command.ts';
import { CONTROL_PLANE_PROGRAMS } from './control-plane-binaries.ts';
import type {
  ControlPlaneBinaries,
  ControlPlaneProgram,
  ProgramCommand,
} from './control-plane-binaries.ts';

const STAGES_TIMEOUT_MS = 20_000;

/** The programs inside the one binary that `dev/control-plane` builds. */
export function kubecpBinaries(file: string): ControlPlaneBinaries {
  const entries = CONTROL_PLANE_PROGRAMS.map((name) => [name, { file, args: [name] }] as const);
  const commands: Partial<Record<ControlPlaneProgram, ProgramCommand>> =
    Object.fromEntries(entries);
  return { commands, kwokStages: () => printedStages(file) };
}

async function printedStages(file: string): Promise<string> {
  const args = ['kwok-stages'];
  const { code, stdout, stderr } = await runCommand({ file, args, timeoutMs: STAGES_TIMEOUT_MS });
  if (code !== 0) throw new Error(`${file} kwok-stages failed: ${stderr.trim()}`);
  return stdout;
}
