/** What a cluster asks of its supervisor, over Node's IPC channel. */
export type SupervisorRequest =
  | { readonly type: 'start'; readonly process: ProcessSpecification }
  | { readonly type: 'kill'; readonly name: string; readonly signal: NodeJS.Signals }
  | { readonly type: 'stop' };

/** What the supervisor tells its cluster. */
export type SupervisorReport =
  | { readonly type: 'started'; readonly name: string; readonly pid: number }
  | { readonly type: 'exited'; readonly name: string; readonly outcome: string };

/** One process to run; both output streams are appended to `logPath`. */
export interface ProcessSpecification {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly logPath: string;
}
