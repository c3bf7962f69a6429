/** The programs a control plane of processes is made of; kubectl is its client. */
export const CONTROL_PLANE_PROGRAMS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kwok',
  'kubectl',
] as const;

/** One of those programs. */
export type ControlPlaneProgram = (typeof CONTROL_PLANE_PROGRAMS)[number];

/** How to run a program: a file and the arguments that come before its own. */
export interface ProgramCommand {
  readonly file: string;
  readonly args: readonly string[];
}

/** The programs that were found. Some may be missing, then the parts that need them do not start. */
export interface ControlPlaneBinaries {
  readonly commands: Readonly<Partial<Record<ControlPlaneProgram, ProgramCommand>>>;
  /** The Stage rules kwok needs as its configuration, YAML. */
  readonly kwokStages?: () => Promise<string>;
}

/** The programs that are not there. Pure. */
export function missingPrograms(binaries: ControlPlaneBinaries): ControlPlaneProgram[] {
  return CONTROL_PLANE_PROGRAMS.filter((program) => binaries.commands[program] === undefined);
}
